package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Policy is an inline policy of a role.
type Policy struct {
	Name     string // what follows the NamePrefix and a hyphen in its name
	Document string // JSON
}

// Head returns the policies of the head: what a worker has, and what the autoscaler
// needs.
func Head(o Options, s Scope) []Policy {
	policies := []Policy{{"autoscaler-policy", autoscalerPolicy(o, s)}}
	if o.CloudWatch {
		policies = append(policies, Policy{"cloudwatch-policy", cloudWatchPolicy(o, s)})
	}
	return append(policies, Worker(o, s)...)
}

// Worker returns the policies of a worker group.
func Worker(o Options, s Scope) []Policy {
	var policies []Policy
	for _, policy := range []struct {
		name       string
		statements []policydoc.Statement
	}{
		{"data-policy", dataStatements(o, s)},
		{"agent-policy", agentStatements(o, s)},
	} {
		if len(policy.statements) > 0 {
			policies = append(policies, Policy{policy.name, policydoc.New(policy.statements...)})
		}
	}
	return policies
}

// some returns the statements that have a resource: one of an empty list would be
// malformed.
func some(statements ...policydoc.Statement) []policydoc.Statement {
	return slices.DeleteFunc(statements, func(st policydoc.Statement) bool { return len(st.Resource) == 0 })
}
