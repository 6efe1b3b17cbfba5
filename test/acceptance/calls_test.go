package acceptance

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestSpeed_Calls checks how many calls to IAM a request with the default properties makes.
// A Create makes 15 writes. Before them it reads the four names, and in a new process also
// the five default policies. An Update that changes five attachments makes one more write,
// for the tag that records them.
// Reference 10.7.
func TestSpeed_Calls(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	changed := quick.With(properties{"Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "AmazonEC2FullAccess", awsPolicy + "ReadOnlyAccess"}}})
	for _, step := range []struct {
		name string
		do   func() cloudformation.Answer
		want int
	}{
		{"Create in a new process", func() cloudformation.Answer { a, _ := s.Create(quick); return a }, 24},
		{"Update that changes nothing", func() cloudformation.Answer { a, _ := s.Update(quick); return a }, 9},
		{"Update that changes policies", func() cloudformation.Answer { a, _ := s.Update(changed); return a }, 9 + 1 + 6},
		{"Update back", func() cloudformation.Answer { a, _ := s.Update(quick); return a }, 9 + 6},
		{"Delete", func() cloudformation.Answer { return s.Delete() }, 25},
		{"Create in a process that knows the policies", func() cloudformation.Answer { s = l.Stack(); a, _ := s.Create(quick); return a }, 19},
		{"Update that changes nothing, in a new process", func() cloudformation.Answer {
			l.Stop()
			s.Use(l.Running())
			a, _ := s.Update(quick)
			return a
		}, 9},
	} {
		l.Proxy.Reset()
		l.OK(step.do())
		if got := actions(l.Proxy.Calls()); len(got) != step.want {
			t.Errorf("%s: %d calls, want %d: %v", step.name, len(got), step.want, got)
		}
	}
}

func actions(calls []iamproxy.Call) (actions []string) {
	for _, c := range calls {
		actions = append(actions, c.Action)
	}
	slices.Sort(actions)
	return actions
}

// withdraw makes IAM answer that one managed policy does not exist.
func (l *lab) withdraw(policy string) {
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return (c.Action == "GetPolicy" || c.Action == "AttachRolePolicy") && c.Form.Get("PolicyArn") == policy
	}, iamproxy.Answer(http.StatusNotFound, "NoSuchEntity")))
}

// TestPolicies_DefaultIsMissing proves that a new process refuses a request that needs a
// policy which AWS does not offer, and writes nothing.
// Reference 2.7, 5.2.
func TestPolicies_DefaultIsMissing(t *testing.T) {
	l := newLab(t)
	l.withdraw(awsPolicy + "AmazonFSxFullAccess")
	answer, _ := l.Stack().Create(quick)
	l.Failed(answer, "Head.ManagedPolicyArns (default)", "WorkerGroups[0].ManagedPolicyArns (default)", "AmazonFSxFullAccess", "nothing was changed")
	l.writesNothing("a Create without its default policy")
}

// TestPolicies_WithdrawnWhileRemembered proves that a process which remembers a policy that
// AWS has withdrawn since notices it by IAM's error: the Create fails at once, its Delete
// leaves nothing, and the process asks for the policy again.
// Reference 10.7.
func TestPolicies_WithdrawnWhileRemembered(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	l.OK(l.created(quick).Delete())
	l.withdraw(awsPolicy + "AmazonFSxFullAccess")
	s := l.Stack()
	answer := s.Send(s.Event("Create", quick))
	l.Failed(answer, "attaching policy "+awsPolicy+"AmazonFSxFullAccess", "NoSuchEntity")
	s.PhysicalID, s.Properties = answer.PhysicalResourceID, quick
	l.OK(s.Delete())
	l.unchanged(before, "a Create whose policy was withdrawn, and its Delete")
	l.Proxy.Reset()
	again, _ := l.Stack().Create(quick)
	l.Failed(again, "Head.ManagedPolicyArns (default)", "nothing was changed")
	l.writesNothing("a Create after a policy was withdrawn")
}

// TestPolicies_DetachedByHand proves that an Update which attaches a detached policy again
// first checks that the policy exists.
// Reference 2.7, 5.2, 5.5.
func TestPolicies_DetachedByHand(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.Stop()
	s.Use(l.Running()) // a new process, which remembers no policies
	l.DetachPolicy("ray-head", awsPolicy+"AmazonFSxFullAccess")
	l.Proxy.Reset()
	l.withdraw(awsPolicy + "AmazonFSxFullAccess")
	l.Failed(s.Send(s.Event("Update", quick)), "Head.ManagedPolicyArns (default)", "nothing was changed")
	l.writesNothing("an Update that cannot bring back a policy")
	l.Proxy.SetFault(nil)
	l.updated(s, quick)
	l.isComplete(s, quick)
}
