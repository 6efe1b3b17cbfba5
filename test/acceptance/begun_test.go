package acceptance

import (
	"net/http"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestUpdate_GroupsBegunAreRolledBack holds that nothing is left of a worker group which a
// failed Update had begun, in this attempt or in one that was cut off, though CloudFormation
// does not roll back and sends a Delete with the old properties.
// Reference 5.18.
func TestUpdate_GroupsBegunAreRolledBack(t *testing.T) {
	t.Parallel()
	grown := quick.With(properties{"WorkerGroups": groups("worker", "gpu")})
	denied := func(c iamproxy.Call) bool {
		return c.Action == "AttachRolePolicy" && c.Form.Get("RoleName") == "ray-gpu"
	}
	for name, cutOff := range map[string]bool{"in one attempt": false, "in an attempt that was cut off": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(quick)
			e := s.Event("Update", grown)
			if cutOff {
				killed := l.Function
				l.Proxy.SetFault(iamproxy.On(denied, iamproxy.Then(true, killed.Kill)))
				if outcome := killed.Invoke(e.JSON(), s.Timeout); !outcome.Died {
					t.Errorf("the process was not killed: %+v", outcome)
				}
				l.has("role ray-gpu: ")
				s.Use(l.Start())
				e.ResponseURL = l.URLs.URL(time.Minute) // Lambda retries later
				l.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", s.PhysicalID)
			}
			l.Proxy.SetFault(iamproxy.On(denied, iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
			l.Failed(s.Send(e), "attaching policy", "AccessDenied", "the worker groups that this Update had begun to add were removed again")
			l.hasNot("role ray-gpu:", "profile ray-gpu:")
			l.Proxy.SetFault(nil)
			l.OK(s.Delete())
			l.unchanged(before, "a life without rollbacks")
		})
	}
}

// TestUpdate_GroupOfALaterRequestIsKept holds that a failed Update which CloudFormation no
// longer waits for leaves alone the groups that a later request may have declared.
// Reference 5.18.
func TestUpdate_GroupOfALaterRequestIsKept(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	s.Age = late
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
	grown := quick.With(properties{"WorkerGroups": groups("worker", "gpu")})
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return c.Action == "AttachRolePolicy" && c.Form.Get("RoleName") == "ray-gpu"
	}, iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
	l.Failed(s.Send(s.Event("Update", grown)), "AccessDenied")
	l.has("role ray-gpu: ")
}
