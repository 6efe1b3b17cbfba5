package acceptance

import (
	"net/http"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestWaiting_RetriesEndWithTheDeadline proves that a request is answered in time if
// temporary errors do not end, with the call and IAM's words, and that the following Delete
// removes what the request had made. TestApply has the other temporary errors.
// Reference 6.1, 7.3.
func TestWaiting_RetriesEndWithTheDeadline(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("AddRoleToInstanceProfile"), iamproxy.Answer(http.StatusInternalServerError, "ServiceFailure")))
	s := l.Stack()
	s.Timeout = 15 * time.Second
	create, rollback := s.Create(quick)
	l.Failed(create, "adding role ray-", "ServiceFailure")
	l.OK(rollback)
	l.unchanged(before, "a Create that ran out of time, and its Delete")
}

// TestWaiting_DoneThoughItFailed proves that the function notices a write that IAM has
// made, although IAM answered with an error or not at all.
// Reference 6.5.
func TestWaiting_DoneThoughItFailed(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	fault := iamproxy.Effect{After: iamproxy.Answer(http.StatusInternalServerError, "ServiceFailure").Instead}
	seen := map[string]bool{}
	l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		if form := c.Form.Encode(); c.Writes() && !seen[form] {
			seen[form] = true
			return fault
		}
		return iamproxy.Effect{}
	})
	s := l.created(quick)
	l.updated(s, quick.With(properties{"WorkerGroups": rig.Groups("gpu")}))
	l.OK(s.Delete())
	l.unchanged(before, "Create, Update and Delete whose every write seemed to fail")
}

// TestWaiting_RoleBackInItsProfileIsWaitedFor proves that an existing profile that gets its
// role back is read and waited for like a new one, and that no other profile is.
// Reference 6.6.
func TestWaiting_RoleBackInItsProfileIsWaitedFor(t *testing.T) {
	l := newLab(t)
	patient := properties{"PropagationWaitSeconds": 2}
	s := l.created(patient)
	l.RemoveRole("ray-worker", "ray-worker")
	l.Proxy.Reset()
	start := time.Now()
	l.updated(s, patient.With(properties{"Revision": "2"}))
	if took := time.Since(start); took < 2*time.Second {
		t.Errorf("repaired in %s, want a wait of 2s", took)
	}
	calls := l.Proxy.Calls()
	if last := calls[len(calls)-1]; last.Action != "GetInstanceProfile" || last.Form.Get("InstanceProfileName") != "ray-worker" {
		t.Errorf("the last call is %s %v, want a GetInstanceProfile of the profile", last.Action, last.Form)
	}
}

// TestWaiting_DeleteWaitsForNothing proves that a Delete has no propagation wait.
// Reference 6.7.
func TestWaiting_DeleteWaitsForNothing(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	s.Properties = properties{"PropagationWaitSeconds": 120}
	s.Timeout = 30 * time.Second // less than the wait
	l.OK(s.Delete())
}
