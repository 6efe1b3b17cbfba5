package acceptance

import (
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestVerify holds that, where the administrator wants it, an Update and a Delete change
// nothing of a resource that CloudFormation is not working on, and that they do their work
// where it is, where the resource has another set, and where it cannot be asked.
// Reference 11.11.
func TestVerify(t *testing.T) {
	t.Parallel()
	tagged := quick.With(properties{"Tags": tags("team", "x")})
	for name, tt := range map[string]struct {
		status  string // empty where CloudFormation does not know
		another bool   // whether CloudFormation has another id
		done    bool
	}{
		"in progress":     {"_IN_PROGRESS", false, true},
		"complete":        {"_COMPLETE", false, false},
		"failed":          {"_FAILED", false, false},
		"another set":     {"_COMPLETE", true, true},
		"cannot be asked": {"", false, true},
	} {
		for _, request := range []string{"Update", "Delete"} {
			t.Run(name+", "+request, func(t *testing.T) {
				l := newLab(t)
				s := l.created(quick)
				before := l.Snapshot()
				s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
				if id := s.PhysicalID; tt.status != "" {
					if tt.another {
						id = "other-0123456789ab"
					}
					l.Resources.Set(s.ID, s.LogicalID, "UPDATE"+tt.status, id)
				}
				answer := s.Send(s.Event(request, tagged))
				if tt.done {
					l.OK(answer)
					return
				}
				l.Failed(answer, "nothing was changed", "CloudFormation is not working on this resource", "UPDATE"+tt.status)
				l.unchanged(before, "an event that nobody expects")
			})
		}
	}
}

// TestVerify_Forged holds that no physical id and no request type is a way around: an event
// changes nothing of the set that a resource has, and that CloudFormation is not working on.
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
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			before := l.Snapshot()
			s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
			l.Resources.Set(s.ID, s.LogicalID, "CREATE_COMPLETE", s.PhysicalID)
			l.Failed(s.Send(forge(s)), "nothing was changed", "CloudFormation is not working on this resource", "CREATE_COMPLETE")
			l.unchanged(before, "an event that nobody expects")
		})
	}
}

// TestVerify_Create holds that a Create does its work where CloudFormation is at work, and
// where it knows no such resource.
// Reference 11.11.
func TestVerify_Create(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"CREATE_IN_PROGRESS", ""} {
		t.Run(status, func(t *testing.T) {
			l := newLab(t)
			s := l.Stack()
			s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
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

// TestVerify_CostsNoRoundTrip holds that CloudFormation is asked while IAM is observed.
// Reference 11.11.
func TestVerify_CostsNoRoundTrip(t *testing.T) {
	l := newLab(t)
	l.Proxy.SetPatience(400 * time.Millisecond)
	s := l.created(quick)
	l.Resources.Set(s.ID, s.LogicalID, "DELETE_IN_PROGRESS", s.PhysicalID)
	s.Use(l.Start("RAYIAM_VERIFY_REQUESTS=true"))
	l.Proxy.Reset()
	l.OK(s.Delete())
	if got := iamproxy.CriticalPath(l.Proxy.Calls()); got > 3 || l.Resources.Asked() == 0 {
		t.Errorf("%d round trips and %d questions, want 3 and some", got, l.Resources.Asked())
	}
}
