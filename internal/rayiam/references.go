package rayiam

import (
	"fmt"
	"slices"
	"strings"
)

// A PolicyReference is a managed policy that has to exist, with the path of the
// property that names it.
type PolicyReference struct {
	ARN     string
	Path    string // Head.ManagedPolicyArns[0], or Head.ManagedPolicyArns (default)
	Default bool   // one of the default policies, not from the template
	Role    string // the role of the policy; empty for the boundary, which is for all roles
}

// defaultMark ends the path of a default policy.
const defaultMark = " (default)"

// PolicyReferences returns the declared managed policies and the boundary, in the order of the
// properties. The same policy may occur several times.
func (d Declaration) PolicyReferences() []PolicyReference {
	var refs []PolicyReference
	if boundary := d.properties.PermissionsBoundary; boundary != "" {
		refs = append(refs, PolicyReference{ARN: boundary, Path: "PermissionsBoundary"})
	}
	for _, node := range d.nodes {
		path := node.property + ".ManagedPolicyArns"
		for i, arn := range node.ManagedPolicyARNs {
			refs = append(refs, PolicyReference{ARN: arn, Path: fmt.Sprintf("%s[%d]", path, i), Role: node.name})
		}
		for _, arn := range node.defaultPolicies {
			refs = append(refs, PolicyReference{ARN: arn, Path: path + defaultMark, Default: true, Role: node.name})
		}
	}
	return refs
}

// attachedByAWS reports whether a reference is to a managed policy of AWS that is attached to
// a role. A role that carries the policy shows that it exists.
func (r PolicyReference) attachedByAWS() bool {
	return r.Role != "" && strings.Contains(r.ARN, ":iam::aws:policy/")
}

// ToAsk returns, sorted, the ARNs of the policies whose existence must be checked while IAM is
// observed. It leaves out a policy of AWS that was declared before, according to old, for each
// role that declares it now: the observed roles then show whether it still exists.
func ToAsk(refs, old []PolicyReference) []string {
	before := map[[2]string]bool{}
	for _, ref := range old {
		before[[2]string{ref.Role, ref.ARN}] = true
	}
	return arnsOf(refs, func(ref PolicyReference) bool {
		return !ref.attachedByAWS() || !before[[2]string{ref.Role, ref.ARN}]
	})
}

// Unattached returns the ARNs of the policies, sorted, that o does not show to exist.
func Unattached(refs []PolicyReference, o Observed) []string {
	return arnsOf(refs, func(ref PolicyReference) bool {
		return !ref.attachedByAWS() || !containsFold(o.Roles[ref.Role].ManagedPolicyARNs, ref.ARN)
	})
}

func arnsOf(refs []PolicyReference, which func(PolicyReference) bool) []string {
	var arns []string
	for _, ref := range refs {
		if which(ref) {
			arns = append(arns, ref.ARN)
		}
	}
	return unique(arns)
}

// NeedsAny reports whether IAM refuses a step of the plan if these policies do not exist.
func (p Plan) NeedsAny(missing map[string]bool) bool {
	return slices.ContainsFunc(slices.Concat(p.Phases...), func(s Step) bool { return missing[s.Needs()] })
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
