package rayiam

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// builtinHeadPolicies returns the inline policies that the head carries besides
// its declared ones.
func builtinHeadPolicies(p Properties, stack Stack) []InlinePolicy {
	policies := []InlinePolicy{{Name: passRolePolicyName(p.NamePrefix), Document: passRolePolicy(p, stack)}}
	return append(policies, generated(p, leastPrivilegePolicies(p, stack).Head)...)
}

// builtinWorkerPolicies returns the inline policies that every worker group
// carries besides its declared ones.
func builtinWorkerPolicies(p Properties, stack Stack) []InlinePolicy {
	return generated(p, leastPrivilegePolicies(p, stack).Worker)
}

// leastPrivilegePolicies returns what LeastPrivilege generates, and nothing without it.
func leastPrivilegePolicies(p Properties, stack Stack) leastprivilege.Policies {
	if p.LeastPrivilege == nil {
		return leastprivilege.Policies{}
	}
	var profiles []string
	for _, g := range p.WorkerGroups {
		profiles = append(profiles, stack.instanceProfileARN(p.Path, WorkerName(p.NamePrefix, g.Name)))
	}
	return leastprivilege.Build(*p.LeastPrivilege, leastprivilege.Scope{
		Partition: stack.Partition, Region: stack.Region, Account: stack.Account, WorkerProfileARNs: profiles,
	})
}

// generated returns policies under the names that they have in IAM.
func generated(p Properties, policies []leastprivilege.Policy) []InlinePolicy {
	var named []InlinePolicy
	for _, policy := range policies {
		named = append(named, InlinePolicy{Name: p.NamePrefix + "-" + policy.Name, Document: policy.Document})
	}
	return named
}

// passRolePolicy lets the head launch machines with the workers' roles, and only
// EC2 machines, and only with these roles.
func passRolePolicy(p Properties, stack Stack) string {
	var roles []string
	for _, g := range p.WorkerGroups {
		roles = append(roles, stack.roleARN(p.Path, WorkerName(p.NamePrefix, g.Name)))
	}
	slices.Sort(roles)
	return policydoc.New(policydoc.Statement{
		Effect:   "Allow",
		Action:   []string{"iam:PassRole"},
		Resource: roles,
		Condition: map[string]map[string]policydoc.Values{
			"StringEquals": {"iam:PassedToService": stack.ec2PassedTo()},
		},
	})
}
