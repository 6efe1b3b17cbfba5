package acceptance

import (
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestVerify proves that, if the administrator sets VerifyRequests, an Update and a Delete
// change nothing of a resource that CloudFormation is not working on. They also change
// nothing of a set that the resource does not have, while CloudFormation is not working on
// the stack. They do their work otherwise, and if CloudFormation cannot be asked.
// Reference 11.11.
func TestVerify(t *testing.T) {
	t.Parallel()
	tagged := quick.With(properties{"Tags": tags("team", "x")})
	for name, tt := range map[string]struct {
		status  string // empty: CloudFormation has no such resource
		another bool   // whether CloudFormation has another physical id
		stack   string // the stack's status; empty: CloudFormation has no such stack
		done    bool
	}{
		"in progress":                       {"_IN_PROGRESS", false, "", true},
		"complete":                          {"_COMPLETE", false, "UPDATE_IN_PROGRESS", false},
		"failed":                            {"_FAILED", false, "UPDATE_IN_PROGRESS", false},
		"another set":                       {"_COMPLETE", true, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", true},
		"another set, the stack is at rest": {"_COMPLETE", true, "UPDATE_COMPLETE", false},
		"no resource":                       {"", false, "UPDATE_ROLLBACK_IN_PROGRESS", true},
		"no resource, the stack is at rest": {"", false, "UPDATE_COMPLETE", false},
		"no stack":                          {"", false, "", false},
		"cannot be asked":                   {"silent", false, "", true},
	} {
		for _, request := range []string{"Update", "Delete"} {
			t.Run(name+", "+request, func(t *testing.T) {
				l := newLab(t)
				s := l.created(quick)
				before := l.Snapshot()
				s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
				switch id := s.PhysicalID; {
				case tt.status == "silent":
					l.Resources.Silence()
				case tt.another:
					l.Resources.Set(s.ID, s.LogicalID, "UPDATE"+tt.status, "other-0123456789ab")
				case tt.status != "":
					l.Resources.Set(s.ID, s.LogicalID, "UPDATE"+tt.status, id)
				}
				l.Resources.SetStack(s.ID, tt.stack)
				answer := s.Send(s.Event(request, tagged))
				if tt.done {
					l.OK(answer)
					return
				}
				l.Failed(answer, "nothing was changed", "CloudFormation is not working on this ", "comes too late")
				l.unchanged(before, "an event that nobody expects")
			})
		}
	}
}

// TestVerify_Forged proves that no physical id and no request type gets around the check: a
// forged event changes nothing of the set of a resource that CloudFormation is not working
// on.
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
		"a Create": func(s *cloudformation.Stack) cloudformation.Event {
			e := s.Event("Create", tagged)
			e.PhysicalResourceID = ""
			return e
		},
		"a replacement by the set": func(s *cloudformation.Stack) cloudformation.Event {
			e := s.Event("Update", tagged)
			e.PhysicalResourceID, e.OldResourceProperties = "x", other
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

// TestVerify_Create proves that a Create does its work if CloudFormation is working on the
// resource, and if it does not show the resource yet.
// Reference 11.11.
func TestVerify_Create(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"CREATE_IN_PROGRESS", ""} { // the empty status: the stack is being created
		t.Run(status, func(t *testing.T) {
			l := newLab(t)
			s := l.Stack()
			s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
			l.Resources.SetStack(s.ID, "CREATE_IN_PROGRESS")
			if status != "" {
				l.Resources.Set(s.ID, s.LogicalID, status, "")
			}
			l.OK(s.Send(s.Event("Create", quick)))
			if l.Resources.Asked() == 0 {
				t.Error("CloudFormation was not asked")
			}
		})
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
