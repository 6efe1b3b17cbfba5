package acceptance

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestSpeed_Calls checks how many calls a request of the default properties makes. A Create
// writes 15 times; before that it reads the four names, and a process that is new the five
// default policies. An Update that changes five attachments records that in a tag.
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

// withdraw has IAM take one managed policy for absent.
func (l *lab) withdraw(policy string) {
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return (c.Action == "GetPolicy" || c.Action == "AttachRolePolicy") && c.Form.Get("PolicyArn") == policy
	}, iamproxy.Answer(http.StatusNotFound, "NoSuchEntity")))
}

// TestPolicies_DefaultIsMissing proves that a new process refuses what needs a policy that
// AWS does not offer, and writes nothing.
// Reference 2.7, 5.2.
func TestPolicies_DefaultIsMissing(t *testing.T) {
	l := newLab(t)
	l.withdraw(awsPolicy + "AmazonFSxFullAccess")
	answer, _ := l.Stack().Create(quick)
	l.Failed(answer, "Head.ManagedPolicyArns (default)", "WorkerGroups[0].ManagedPolicyArns (default)", "AmazonFSxFullAccess", "nothing was changed")
	l.writesNothing("a Create without its default policy")
}

// TestPolicies_WithdrawnWhileRemembered proves that IAM's refusal counts, and not what a
// process remembers: a Create fails at once, its Delete leaves nothing, and the process
// asks again.
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
	l.writesNothing("a Create after the memory was wrong")
}

// TestPolicies_DetachedByHand proves that an Update which has to attach a policy anew asks
// for it first.
// Reference 2.7, 5.2, 5.5.
func TestPolicies_DetachedByHand(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.Stop()
	s.Use(l.Running()) // it remembers nothing
	l.DetachPolicy("ray-head", awsPolicy+"AmazonFSxFullAccess")
	l.Proxy.Reset()
	l.withdraw(awsPolicy + "AmazonFSxFullAccess")
	l.Failed(s.Send(s.Event("Update", quick)), "Head.ManagedPolicyArns (default)", "nothing was changed")
	l.writesNothing("an Update that cannot bring back a policy")
	l.Proxy.SetFault(nil)
	l.updated(s, quick)
	l.isComplete(s, quick)
}
