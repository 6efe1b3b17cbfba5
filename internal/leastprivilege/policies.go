package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Policy is an inline policy of a role.
type Policy struct {
	Name     string // the policy's name without the NamePrefix and a hyphen
	Document string // JSON
}

// Head returns the head's inline policies: the autoscaler's, with CloudWatch another one, and
// the policies of a worker.
func Head(o Options, s Scope) []Policy {
	policies := []Policy{{"autoscaler-policy", autoscalerPolicy(o, s)}}
	if o.CloudWatch {
		policies = append(policies, Policy{"cloudwatch-policy", cloudWatchPolicy(o, s)})
	}
	return append(policies, Worker(o, s)...)
}

// Worker returns the inline policies of a worker group, which are none if no option needs one.
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

// some returns the statements that have a resource: IAM rejects a statement with an empty
// list.
func some(statements ...policydoc.Statement) []policydoc.Statement {
	return slices.DeleteFunc(statements, func(st policydoc.Statement) bool { return len(st.Resource) == 0 })
}
