package acceptance

import (
	"net/http"
	"slices"
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
// worker group that it began, in this attempt or in an earlier one that was cut off. This
// matters if CloudFormation does not roll back, and sends a Delete with the old properties.
// Reference 5.18.
func TestUpdate_GroupsBegunAreRolledBack(t *testing.T) {
	t.Parallel()
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	for name, cutOff := range map[string]bool{"in one attempt": false, "in an attempt that was cut off": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(quick)
			e := s.Event("Update", grown)
			if cutOff {
				killed := l.Function
				l.Proxy.SetFault(iamproxy.On(attachesToGPU, iamproxy.Then(true, killed.Kill)))
				if outcome := killed.Invoke(e.JSON(), s.Timeout); !outcome.Died {
					t.Errorf("the process was not killed: %+v", outcome)
				}
				l.has("role ray-gpu: ")
				s.Use(l.Start())
				e.ResponseURL = l.URLs.URL(time.Minute) // Lambda retries later
				l.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", s.PhysicalID)
			}
			l.Proxy.SetFault(iamproxy.On(attachesToGPU, iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
			l.Failed(s.Send(e), "attaching policy", "AccessDenied", "the worker groups that this Update had begun to add were removed again")
			l.hasNot("role ray-gpu:", "profile ray-gpu:")
			l.Proxy.SetFault(nil)
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

// TestUpdate_RollbackOfGroupsMeetsFaults proves that nothing is left if a call of the
// rollback of a group is denied or the process is killed during it. After a denial,
// CloudFormation's own rollback removes the rest; after a kill, the retry does.
// Reference 5.18.
func TestUpdate_RollbackOfGroupsMeetsFaults(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	l.failBesides("", iamproxy.Effect{})
	l.Failed(s.Send(s.Event("Update", grown)), "the worker groups that this Update had begun to add were removed again")
	rollback := l.rollbackOfGPU()
	for i, form := range rollback {
		l.failBesides(form, iamproxy.Denied())
		l.Failed(s.Send(s.Event("Update", grown)), "AccessDenied")
		l.Proxy.SetFault(nil)
		l.OK(s.Send(s.Rollback(grown)))
		l.unchanged(before, "a rollback that was denied "+form+", and CloudFormation's")

		e := s.Event("Update", grown)
		l.failBesides(form, iamproxy.Then(i%2 == 0, l.Function.Kill))
		if outcome := l.Function.Invoke(e.JSON(), s.Timeout); !outcome.Died {
			t.Fatalf("the process was not killed at %s: %+v", form, outcome)
		}
		l.Stop()
		s.Use(l.Running())
		e.ResponseURL = l.URLs.URL(time.Minute) // Lambda retries later
		l.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", s.PhysicalID)
		l.failBesides("", iamproxy.Effect{})
		l.Failed(s.Send(e), "AccessDenied")
		l.hasNot("role ray-gpu:", "profile ray-gpu:")
		l.Proxy.SetFault(nil)
		l.Resources.Forget(s.ID, s.LogicalID)
		l.OK(s.Send(s.Rollback(grown)))
		l.unchanged(before, "a rollback that was killed at "+form+", its retry, and CloudFormation's")
	}
}

// rollbackOfGPU returns the calls with which the function has rolled back the group gpu.
func (l *lab) rollbackOfGPU() (forms []string) {
	l.TB.Helper()
	calls := l.Proxy.Calls()
	for _, c := range calls[slices.IndexFunc(calls, attachesToGPU)+1:] {
		making := slices.ContainsFunc([]string{"Create", "Attach", "Put", "Add", "Tag"}, func(verb string) bool { return strings.HasPrefix(c.Action, verb) })
		if form := c.Form.Encode(); !making && strings.Contains(form, "ray-gpu") && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	for _, action := range []string{"DeleteRole", "DeleteInstanceProfile"} {
		if !slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(form, "Action="+action+"&") }) {
			l.TB.Fatalf("no %s among %q", action, forms)
		}
	}
	return forms
}

// failBesides makes an Update fail after it has begun the group gpu, with an effect on one
// call of the rollback; with no effect if form is empty.
func (l *lab) failBesides(form string, effect iamproxy.Effect) {
	begun := false
	l.Proxy.Reset()
	l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		switch {
		case attachesToGPU(c):
			begun = true
			return iamproxy.Denied()
		case begun && c.Form.Encode() == form:
			return effect
		}
		return iamproxy.Effect{}
	})
}
