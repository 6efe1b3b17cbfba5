package rayiam

import (
	"fmt"
	"strings"
)

// A PolicyReference is a managed policy that has to exist, with the property
// that asks for it.
type PolicyReference struct {
	ARN     string
	Path    string // Head.ManagedPolicyArns[0]
	Default bool   // from the recipe's list, not from the template
}

// PolicyReferences returns the managed policies and the boundary that p asks
// for, in the order of the properties. One policy may be there several times.
func PolicyReferences(p Properties, stack Stack) []PolicyReference {
	var refs []PolicyReference
	if p.PermissionsBoundary != "" {
		refs = append(refs, PolicyReference{ARN: p.PermissionsBoundary, Path: "PermissionsBoundary"})
	}
	node := func(path string, np NodeProperties, recipe []string) {
		path += ".ManagedPolicyArns"
		for i, arn := range np.ManagedPolicyARNs {
			refs = append(refs, PolicyReference{ARN: arn, Path: fmt.Sprintf("%s[%d]", path, i)})
		}
		if np.ManagedPolicyARNs == nil {
			for _, name := range p.recipe(recipe) {
				refs = append(refs, PolicyReference{ARN: stack.awsPolicyARN(name), Path: path + " (default)", Default: true})
			}
		}
	}
	node("Head", p.Head, headPolicies)
	for i, g := range p.WorkerGroups {
		node(fmt.Sprintf("WorkerGroups[%d]", i), g.NodeProperties, workerPolicies)
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
	return fmt.Sprintf(" (it is of the recipe's list; set %s to policies that exist here)", strings.TrimSuffix(ref.Path, " (default)"))
}
