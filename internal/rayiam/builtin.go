package rayiam

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// builtInPolicies returns the inline policies that the head and each worker group, in their
// order, have in addition to the declared ones.
func builtInPolicies(p Properties, stack Stack) (head []InlinePolicy, workers [][]InlinePolicy) {
	var roles, profiles []string
	for _, g := range p.WorkerGroups {
		name := WorkerName(p.NamePrefix, g.Name)
		roles = append(roles, stack.roleARN(p.Path, name))
		profiles = append(profiles, stack.InstanceProfileARN(p.Path, name))
	}
	head = []InlinePolicy{{Name: passRolePolicyName(p.NamePrefix), Document: passRolePolicy(stack, roles)}}
	if p.LeastPrivilege == nil {
		return head, make([][]InlinePolicy, len(p.WorkerGroups))
	}
	scope := leastprivilege.Scope{
		Partition:         stack.Partition,
		Region:            stack.Region,
		Account:           stack.Account,
		WorkerProfileARNs: profiles,
	}
	for _, g := range p.WorkerGroups {
		options := *p.LeastPrivilege
		if g.S3Buckets != nil {
			options.S3Buckets = g.S3Buckets
		}
		workers = append(workers, inline(p.NamePrefix, leastprivilege.Worker(options, scope)))
	}
	return append(head, inline(p.NamePrefix, leastprivilege.Head(*p.LeastPrivilege, scope))...), workers
}

// inline returns generated policies under the names that they have in IAM.
func inline(namePrefix string, generated []leastprivilege.Policy) []InlinePolicy {
	var policies []InlinePolicy
	for _, policy := range generated {
		policies = append(policies, InlinePolicy{Name: namePrefix + "-" + policy.Name, Document: policy.Document})
	}
	return policies
}

// TrustPolicy returns the trust policy of every role of a set, as JSON: EC2 may assume the
// role.
func TrustPolicy(stack Stack) string {
	return policydoc.New(policydoc.Statement{
		Effect:    "Allow",
		Principal: map[string]policydoc.Values{"Service": {stack.ec2Service()}},
		Action:    []string{"sts:AssumeRole"},
	})
}

// passRolePolicy lets the head pass the workers' roles to EC2, and no other roles and to no
// other service.
func passRolePolicy(stack Stack, workerRoleARNs []string) string {
	return policydoc.New(policydoc.Statement{
		Effect:   "Allow",
		Action:   []string{"iam:PassRole"},
		Resource: sorted(workerRoleARNs),
		Condition: map[string]map[string]policydoc.Values{
			"StringEquals": {"iam:PassedToService": stack.ec2PassedTo()},
		},
	})
}

// DeclaredNames returns the names of the head and the worker groups of the set that a head
// belongs to, from its inline policies: the policy allows passing the roles of the worker
// groups. The names are the template's names only if nobody has changed the inline policies.
// It returns false if the policy is missing, or not in the form that passRolePolicy writes.
func DeclaredNames(namePrefix string, inline map[string]string) ([]string, bool) {
	document, err := policydoc.Parse(inline[passRolePolicyName(namePrefix)])
	if err != nil {
		return nil, false
	}
	statements, _ := document["Statement"].([]any)
	if len(statements) != 1 {
		return nil, false
	}
	statement, _ := statements[0].(map[string]any)
	resources, isList := statement["Resource"].([]any)
	if !isList {
		resources = []any{statement["Resource"]}
	}
	names := []string{HeadName(namePrefix)}
	for _, resource := range resources {
		arn, _ := resource.(string)
		name := arn[strings.LastIndex(arn, "/")+1:]
		if !strings.HasPrefix(name, namePrefix+"-") {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}
