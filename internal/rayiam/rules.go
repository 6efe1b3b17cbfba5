package rayiam

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// IAM's limits, from https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	maxRoleName     = 64    // characters
	maxInlinePolicy = 10240 // characters of all inline documents of one role, white space aside
	maxTags         = 50
)

// Check returns the faults that the schema cannot find: properties that contradict each other,
// and values that the stack or the administrator's bounds forbid. Empty values are skipped: the
// schema has refused them, or they have a default.
func (d Declaration) Check(bounds Bounds) Faults {
	p := d.properties
	var faults Faults
	faults = append(faults, checkNames(p, bounds)...)
	faults = append(faults, checkBoundary(p, d.stack, bounds)...)
	for _, node := range d.nodes {
		faults = append(faults, d.checkNode(node, bounds)...)
	}
	faults = append(faults, d.checkLeastPrivilege(bounds)...)
	faults = append(faults, d.checkDefaultPolicies(bounds)...)
	if p.AdoptExisting && bounds.NoAdoption {
		faults = append(faults, Fault{"AdoptExisting", "true", adoptionNotAllowed})
	}
	return append(faults, checkTags(p)...)
}

func checkNames(p Properties, bounds Bounds) Faults {
	var faults Faults
	if !strings.HasPrefix(p.NamePrefix, bounds.NamePrefix) {
		faults = append(faults, Fault{"NamePrefix", Quote(p.NamePrefix), prefixNotAllowed(bounds.NamePrefix)})
	}
	if bounds.Path != "" && p.Path != "" && p.Path != bounds.Path {
		faults = append(faults, Fault{"Path", Quote(p.Path), onlyAllowed(bounds.Path)})
	}
	seen := map[string]int{}
	for i, g := range p.WorkerGroups {
		path := fmt.Sprintf("WorkerGroups[%d].Name", i)
		if name := WorkerName(p.NamePrefix, g.Name); len(name) > maxRoleName {
			faults = append(faults, Fault{path, Quote(g.Name), roleNameTooLong(name)})
		}
		fold := strings.ToLower(g.Name)
		if first, ok := seen[fold]; ok && g.Name != "" {
			faults = append(faults, Fault{path, Quote(g.Name), groupNameTaken(first)})
			continue
		}
		seen[fold] = i
	}
	return faults
}

func checkBoundary(p Properties, stack Stack, bounds Bounds) Faults {
	if p.PermissionsBoundary == "" {
		return nil
	}
	if b := bounds.PermissionsBoundary; b != "" && p.PermissionsBoundary != b {
		return Faults{{"PermissionsBoundary", Quote(p.PermissionsBoundary), onlyAllowed(b)}}
	}
	return checkPolicyARN("PermissionsBoundary", p.PermissionsBoundary, stack)
}

var policyARN = regexp.MustCompile(`^arn:(aws[a-z0-9-]*):iam::([0-9]{12}|aws):policy/`)

// checkPolicyARN finds a policy of another partition or another account, to which IAM would
// only answer NoSuchEntity or a denial. The schema checks the form.
func checkPolicyARN(path, arn string, stack Stack) Faults {
	m := policyARN.FindStringSubmatch(arn)
	switch {
	case m == nil:
		return nil
	case m[1] != stack.Partition:
		return Faults{{path, Quote(arn), otherPartition(stack.Partition)}}
	case m[2] != "aws" && m[2] != stack.Account:
		return Faults{{path, Quote(arn), otherAccount(stack.Account)}}
	}
	return nil
}

// checkNode checks the properties that the head and a worker group have in common.
func (d Declaration) checkNode(node declaredNode, bounds Bounds) Faults {
	var faults Faults
	for i, arn := range node.ManagedPolicyARNs {
		at := fmt.Sprintf("%s.ManagedPolicyArns[%d]", node.property, i)
		faults = append(faults, checkPolicyARN(at, arn, d.stack)...)
		if !bounds.allowsPolicy(arn) {
			faults = append(faults, notAllowed(at, arn, bounds))
		}
	}
	if len(node.Policies) == 0 {
		return faults
	}
	path, boundary := node.property+".Policies", d.properties.PermissionsBoundary
	switch {
	case boundary == "":
		faults = append(faults, Fault{path, "", inlineNeedsBoundary})
	case bounds.PermissionsBoundary == "" && !bounds.allowsPolicy(boundary):
		// The template chose this boundary: under a wide one, an inline policy could permit
		// what no managed policy may.
		faults = append(faults, Fault{path, "", boundaryNotAllowed(bounds.AllowedPolicyARNs)})
	}
	return append(faults, checkInlinePolicies(path, node.Policies, node.builtIn)...)
}

func checkInlinePolicies(path string, policies, builtIn []InlinePolicy) Faults {
	var faults Faults
	size, taken := sizeOf(builtIn)+sizeOf(policies), map[string]string{}
	for _, ip := range builtIn {
		taken[strings.ToLower(ip.Name)] = "the built-in policy"
	}
	for i, ip := range policies {
		fold := strings.ToLower(ip.Name)
		if other, ok := taken[fold]; ok && ip.Name != "" {
			faults = append(faults, Fault{fmt.Sprintf("%s[%d].PolicyName", path, i), Quote(ip.Name), policyNameTaken(other)})
			continue
		}
		taken[fold] = fmt.Sprintf("%s[%d]", path, i)
	}
	if size > maxInlinePolicy && sizeOf(builtIn) <= maxInlinePolicy {
		faults = append(faults, Fault{path, "", inlineTooLarge(size)})
	}
	return faults
}

// sizeOf counts characters as IAM does: without the white space between tokens.
func sizeOf(policies []InlinePolicy) int {
	size := 0
	for _, ip := range policies {
		size += utf8.RuneCountInString(policydoc.Compact(ip.Document))
	}
	return size
}

// checkDefaultPolicies checks the default policies of each node that gets them against the
// administrator's patterns.
func (d Declaration) checkDefaultPolicies(bounds Bounds) Faults {
	var faults Faults
	for _, ref := range d.PolicyReferences() {
		if ref.Default && !bounds.allowsPolicy(ref.ARN) {
			faults = append(faults, notAllowed(ref.Path, ref.ARN, bounds))
		}
	}
	return faults
}

func notAllowed(path, arn string, bounds Bounds) Fault {
	return Fault{path, Quote(arn), policyNotAllowed(bounds.AllowedPolicyARNs)}
}

func checkTags(p Properties) Faults {
	var faults Faults
	seen := map[string]int{}
	for i, tag := range p.Tags {
		fold := strings.ToLower(tag.Key)
		if first, ok := seen[fold]; ok && tag.Key != "" {
			faults = append(faults, Fault{fmt.Sprintf("Tags[%d].Key", i), Quote(tag.Key), tagKeyTaken(first)})
			continue
		}
		seen[fold] = i
	}
	if own := 3; p.AdoptExisting && len(p.Tags) > maxTags-own {
		faults = append(faults, Fault{"Tags", "", tooManyTags(len(p.Tags), own)})
	}
	return faults
}
