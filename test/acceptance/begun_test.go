package acceptance

import (
	"net/http"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// attachesToGPU matches the call at which the Updates of this file fail: by then, the group
// gpu has been begun.
func attachesToGPU(c iamproxy.Call) bool {
	return c.Action == "AttachRolePolicy" && c.Form.Get("RoleName") == "ray-gpu"
}

// TestUpdate_GroupsBegunAreRolledBack proves that a failed Update leaves nothing of a
// worker group that an earlier attempt began, which was cut off. This matters if CloudFormation
// does not roll back, and sends a Delete with the old properties. TestMatrix proves it for a
// group that the same attempt began, and TestGroupsRolledBack if the rollback meets faults.
// Reference 5.18.
func TestUpdate_GroupsBegunAreRolledBack(t *testing.T) {
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	e := s.Event("Update", grown)
	killed := l.Function
	l.Proxy.SetFault(iamproxy.On(attachesToGPU, iamproxy.Then(true, killed.Kill)))
	if outcome := killed.Invoke(e.JSON(), s.Timeout); !outcome.Died {
		t.Errorf("the process was not killed: %+v", outcome)
	}
	l.has("role ray-gpu: ")
	s.Use(l.Start())
	e.ResponseURL = l.URLs.URL(time.Minute) // Lambda retries later
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", s.PhysicalID)
	l.Proxy.SetFault(iamproxy.On(attachesToGPU, iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
	l.Failed(s.Send(e), "attaching policy", "AccessDenied", "the worker groups that this Update had begun to add were removed again")
	l.hasNot("role ray-gpu:", "profile ray-gpu:")
	l.Proxy.SetFault(nil)
	l.OK(s.Delete())
	l.unchanged(before, "a life without rollbacks")
}

// TestUpdate_GroupOfALaterRequestIsKept proves that a failed Update which CloudFormation
// does not wait for any more leaves alone the groups that a later request may have
// declared.
// Reference 5.18.
func TestUpdate_GroupOfALaterRequestIsKept(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	s.Age = late
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	l.Proxy.SetFault(iamproxy.On(attachesToGPU, iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
	l.Failed(s.Send(s.Event("Update", grown)), "AccessDenied")
	l.has("role ray-gpu: ")
}
