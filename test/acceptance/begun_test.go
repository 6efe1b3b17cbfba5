package acceptance

import (
	"net/http"
	"strings"
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

// TestUpdate_GroupsBegunTwice proves that a failed Update also removes a worker group that an
// earlier Update had begun and could not roll back, and that it keeps a group which somebody
// may use: instances, a stack that had retained it, or one that CloudFormation is rolling back.
// Reference 5.18.
func TestUpdate_GroupsBegunTwice(t *testing.T) {
	t.Parallel()
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	aged := func(c iamproxy.Call) iamproxy.Effect {
		switch name := c.Form.Get("RoleName") + c.Form.Get("InstanceProfileName"); {
		case attachesToGPU(c):
			return iamproxy.Denied()
		case strings.HasPrefix(c.Action, "Get") && name == "ray-gpu":
			return iamproxy.Aged(30 * 24 * time.Hour)
		}
		return iamproxy.Effect{}
	}
	for name, tt := range map[string]struct {
		status string
		env    string
		inUse  bool
		fault  iamproxy.Fault
		kept   bool
		warns  string
	}{
		"removed":                        {status: "UPDATE_IN_PROGRESS"},
		"by a stack that is not known":   {},
		"in use":                         {status: "UPDATE_IN_PROGRESS", inUse: true, kept: true, warns: "1 EC2 instance uses what would be deleted"},
		"EC2 is not to be asked":         {status: "UPDATE_IN_PROGRESS", env: "RAYIAM_CHECK_INSTANCES=false", kept: true, warns: "CheckInstances is false"},
		"retained a month ago":           {status: "UPDATE_IN_PROGRESS", fault: aged, kept: true},
		"CloudFormation is rolling back": {status: "UPDATE_ROLLBACK_IN_PROGRESS", kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(quick)
			l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
				undoes := strings.HasPrefix(c.Action, "Delete") || strings.HasPrefix(c.Action, "Remove")
				return attachesToGPU(c) || undoes && strings.Contains(c.Form.Encode(), "ray-gpu")
			}, iamproxy.Denied()))
			l.Failed(s.Send(s.Event("Update", grown)), "could not be rolled back")
			l.has("role ray-gpu: ", "profile ray-gpu: ")
			l.Resources.SetStack(s.ID, tt.status)
			if tt.inUse {
				l.Launch("us-east-1", "ray-gpu", "research", 1)
			}
			l.Stop()
			l.Function = l.Start(tt.env)
			s.Use(l.Function)
			if l.Proxy.SetFault(iamproxy.On(attachesToGPU, iamproxy.Denied())); tt.fault != nil {
				l.Proxy.SetFault(tt.fault)
			}
			again := s.Send(s.Event("Update", grown))
			l.Proxy.SetFault(nil)
			if tt.kept {
				l.Failed(again, "attaching policy", "AccessDenied")
				l.has("role ray-gpu: ")
				l.warned(t, tt.warns)
				return
			}
			l.Failed(again, "AccessDenied", "the worker groups that this Update had begun to add were removed again")
			l.hasNot("role ray-gpu:", "profile ray-gpu:")
			l.OK(s.Delete())
			l.unchanged(before, "a life without rollbacks")
		})
	}
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
