// Package rayiam is the core of the provider: what a template declares
// (Properties), what that means in IAM (Desired), what IAM has (Observed), and
// the steps from one to the other (Plan).
//
// Everything here is a pure function of its arguments. The package knows no
// network, no clock and no CloudFormation event; beyond the standard library it
// imports only leastprivilege and policydoc, which know nothing of it. It decides
// what may be changed: only what carries the ray-iam:owner tag of the resource, which
// is its physical id, is ever changed or deleted.
package rayiam
