package rayiam

import (
	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// builtInPolicies returns the inline policies that the head and each worker group, in
// their order, carry besides the declared ones.
func builtInPolicies(p Properties, stack Stack) (head []InlinePolicy, workers [][]InlinePolicy) {
	var roles, profiles []string
	for _, g := range p.WorkerGroups {
		name := WorkerName(p.NamePrefix, g.Name)
		roles = append(roles, stack.roleARN(p.Path, name))
		profiles = append(profiles, stack.instanceProfileARN(p.Path, name))
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

// trustPolicy lets EC2 assume the role.
func trustPolicy(stack Stack) string {
	return policydoc.New(policydoc.Statement{
		Effect:    "Allow",
		Principal: map[string]policydoc.Values{"Service": {stack.ec2Service()}},
		Action:    []string{"sts:AssumeRole"},
	})
}

// passRolePolicy lets the head launch machines with the workers' roles: only EC2
// machines, and only with these roles.
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
