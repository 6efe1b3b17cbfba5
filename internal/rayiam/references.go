package rayiam

import (
	"fmt"
	"strings"
)

// A PolicyReference is a managed policy that has to exist, with the path of the
// property that names it.
type PolicyReference struct {
	ARN     string
	Path    string // Head.ManagedPolicyArns[0]
	Default bool   // one of the default policies, not from the template
}

// PolicyReferences returns the managed policies and the boundary that are asked
// for, in the order of the properties. One policy may be there several times.
func (d Declaration) PolicyReferences() []PolicyReference {
	var refs []PolicyReference
	if boundary := d.properties.PermissionsBoundary; boundary != "" {
		refs = append(refs, PolicyReference{ARN: boundary, Path: "PermissionsBoundary"})
	}
	for _, node := range d.nodes {
		path := node.property + ".ManagedPolicyArns"
		for i, arn := range node.ManagedPolicyARNs {
			refs = append(refs, PolicyReference{ARN: arn, Path: fmt.Sprintf("%s[%d]", path, i)})
		}
		for _, arn := range node.defaultPolicies {
			refs = append(refs, PolicyReference{ARN: arn, Path: path + " (default)", Default: true})
		}
	}
	return refs
}

// MissingPolicies returns a fault for every reference to a policy that IAM does
// not have.
func MissingPolicies(refs []PolicyReference, missing map[string]bool) Faults {
	var faults Faults
	for _, ref := range refs {
		if missing[ref.ARN] {
			faults = append(faults, Fault{ref.Path, Quote(ref.ARN), "IAM has no such policy: create it first, or correct the ARN" + partitionHint(ref)})
		}
	}
	return faults
}

// partitionHint helps where a default does not exist: AWS does not offer every
// managed policy in every partition.
func partitionHint(ref PolicyReference) string {
	if !ref.Default {
		return ""
	}
	return fmt.Sprintf(" (it is one of the default policies; set %s to policies that exist here)", strings.TrimSuffix(ref.Path, " (default)"))
}
