package rayiam

import (
	"fmt"
	"strings"
)

// A PolicyReference is a managed policy that has to exist, with the path of the
// property that names it.
type PolicyReference struct {
	ARN     string
	Path    string // Head.ManagedPolicyArns[0], or Head.ManagedPolicyArns (default)
	Default bool   // one of the default policies, not from the template
}

// defaultMark ends the path of a default policy.
const defaultMark = " (default)"

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
			refs = append(refs, PolicyReference{ARN: arn, Path: path + defaultMark, Default: true})
		}
	}
	return refs
}

// MissingPolicies returns a fault for every reference to a policy that IAM does
// not have.
func MissingPolicies(refs []PolicyReference, missing map[string]bool) Faults {
	var faults Faults
	for _, ref := range refs {
		if !missing[ref.ARN] {
			continue
		}
		rule := policyNotFound
		if ref.Default {
			rule = defaultNotFound(strings.TrimSuffix(ref.Path, defaultMark))
		}
		faults = append(faults, Fault{ref.Path, Quote(ref.ARN), rule})
	}
	return faults
}
