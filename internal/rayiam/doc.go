// Package rayiam is the core of the provider: the properties of a template (Properties), the
// desired state of IAM (Desired), the observed state of IAM (Observed), and the steps from the
// observed to the desired state (Plan).
//
// Every function depends only on its arguments. The package uses no network, no clock and no
// CloudFormation event. Beyond the standard library it imports only leastprivilege and
// policydoc, which do not depend on it. It decides what may be changed: only a role or
// instance profile whose tag ray-iam:owner is the physical id of the resource is ever changed
// or deleted.
package rayiam
