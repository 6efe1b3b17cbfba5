package acceptance

import (
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestVerify proves that, if the administrator sets VerifyRequests, an Update changes nothing of
// a resource that CloudFormation is not working on, and that requests do their work otherwise,
// and if CloudFormation cannot be asked. The tests of package supersede have every state of the
// resource and of its stack.
// Reference 11.11.
func TestVerify(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		request, status string
		silent, done    bool
	}{
		"at rest, Update":         {"Update", "UPDATE_COMPLETE", false, false},
		"in progress, Delete":     {"Delete", "DELETE_IN_PROGRESS", false, true},
		"cannot be asked, Update": {"Update", "", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			before := l.Snapshot()
			s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
			l.Resources.Set(s.ID, s.LogicalID, tt.status, s.PhysicalID)
			if tt.silent {
				l.Resources.Silence()
			}
			answer := s.Send(s.Event(tt.request, quick.With(properties{"Tags": tags("team", "x")})))
			if tt.done {
				l.OK(answer)
				return
			}
			l.Failed(answer, "nothing was changed", "CloudFormation is not working on this ", "comes too late")
			l.unchanged(before, "an event that nobody expects")
		})
	}
}

// TestVerify_Forged proves that no physical id gets around the check: a forged event changes
// nothing of the set of a resource that CloudFormation is not working on, whichever set of the
// event it is. The tests of package supersede have the other request types.
// Reference 11.11.
func TestVerify_Forged(t *testing.T) {
	t.Parallel()
	tagged := quick.With(properties{"Tags": tags("team", "x")})
	other := quick.With(properties{"NamePrefix": "ray2"})
	for name, forge := range map[string]func(*cloudformation.Stack) cloudformation.Event{
		"an Update with another id": func(s *cloudformation.Stack) cloudformation.Event {
			e := s.Event("Update", tagged)
			e.PhysicalResourceID = "x"
			return e
		},
		"the rollback of a replacement by the set": func(s *cloudformation.Stack) cloudformation.Event {
			e := s.Event("Update", other)
			e.PhysicalResourceID, e.OldResourceProperties = rayiam.PhysicalID("ray2", s.ID, s.LogicalID), quick
			return e
		},
		"a Delete with an invented id": func(s *cloudformation.Stack) cloudformation.Event {
			e := s.Event("Delete", quick)
			e.PhysicalResourceID = "x"
			return e
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			before := l.Snapshot()
			s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
			l.Resources.SetStack(s.ID, "UPDATE_COMPLETE")
			l.Resources.Set(s.ID, s.LogicalID, "CREATE_COMPLETE", s.PhysicalID)
			if e := forge(s); e.RequestType == "Delete" { // a Delete succeeds, and leaves the resource's set alone
				l.OK(s.Send(e))
			} else {
				l.Failed(s.Send(e), "nothing was changed", "CloudFormation is not working on this resource", "CREATE_COMPLETE")
			}
			l.unchanged(before, "an event that nobody expects")
			l.Resources.Set(s.ID, s.LogicalID, "DELETE_SKIPPED", "retained") // the stack has another set now, and has retained this one
			l.Failed(s.Send(forge(s)), "nothing was changed", "CloudFormation is not working on this stack", "UPDATE_COMPLETE")
			l.unchanged(before, "an event about a retained set")
		})
	}
}

// TestVerify_Create proves that a Create does its work if CloudFormation does not show the
// resource yet, and is working on the stack.
// Reference 11.11.
func TestVerify_Create(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
	l.Resources.SetStack(s.ID, "CREATE_IN_PROGRESS")
	l.OK(s.Send(s.Event("Create", quick)))
	if l.Resources.Asked() == 0 {
		t.Error("CloudFormation was not asked")
	}
}

// TestVerify_CostsNoRoundTrip proves that CloudFormation is asked while IAM is observed, so
// that the check adds no round trip.
// Reference 11.11.
func TestVerify_CostsNoRoundTrip(t *testing.T) {
	l := newLab(t)
	l.Proxy.SetPatience(2 * time.Second)
	s := l.created(quick)
	l.Resources.Set(s.ID, s.LogicalID, "DELETE_IN_PROGRESS", s.PhysicalID)
	s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
	l.Proxy.Reset()
	l.OK(s.Delete())
	if got := iamproxy.CriticalPath(l.Proxy.Calls()); got > 3 || l.Resources.Asked() == 0 {
		t.Errorf("%d round trips to IAM and %d calls to CloudFormation, want 3 and at least one", got, l.Resources.Asked())
	}
}
