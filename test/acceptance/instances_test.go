package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// heldUp fails the test unless the answer says that the profiles are in use, and nothing
// has been changed.
func (l *lab) heldUp(answer cloudformation.Answer, parts ...string) {
	l.TB.Helper()
	l.Failed(answer, append(parts, "nothing was changed: ", "what would be deleted: ", `"ray down"`)...)
	l.writesNothing("what instances use")
}

// warned fails the test unless both lines of the last answer have this warning. It ends the
// process, so that the log is complete.
func (l *lab) warned(t *testing.T, parts ...string) {
	l.TB.Helper()
	last, f := map[string]string{"answering": "", "answered": ""}, l.Function
	l.Stop()
	for _, line := range rig.LogLines(t, f.Log()) {
		if msg := fmt.Sprint(line["msg"]); msg == "answering" || msg == "answered" {
			last[msg] = fmt.Sprint(line["warnings"])
		}
	}
	for msg, warnings := range last {
		for _, part := range parts {
			if !strings.Contains(warnings, part) {
				l.TB.Errorf("the line %s warns of %s, want %q", msg, warnings, part)
			}
		}
	}
}

// TestInstances_DeleteIsHeldUp proves that a Delete is refused and changes nothing while
// instances use the profiles, in each state in which an instance needs its profile; that
// the Reason names the instances and the remedy; and that the same Delete succeeds once the
// instances are gone.
// Reference 14.1, 14.2.
func TestInstances_DeleteIsHeldUp(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	head := l.Launch("us-east-1", "ray-head", "research", 1)
	workers := l.Launch("us-east-1", "ray-worker", "research", 4)
	stray := l.Launch("us-east-1", "ray-worker", "", 1)
	l.Launch("us-east-1", foreign, "another", 1)
	l.Launch("eu-west-1", "ray-head", "elsewhere", 1) // a Region that is not in the administrator's list
	l.Proxy.Reset()
	l.heldUp(s.Delete(), "6 EC2 instances use", stray.IDs[0]+" of no Ray cluster in us-east-1", "and 2 more of cluster research in us-east-1", "DELETE_FAILED", "AllowDeleteInUse")
	workers.Terminate()
	stray.Terminate()
	head.Stop()
	l.Proxy.Reset()
	l.heldUp(s.Delete(), "1 EC2 instance uses what would be deleted: "+head.IDs[0]+" of cluster research in us-east-1;")
	head.Terminate()
	l.OK(s.Delete())
	l.hasNot("role ray-head", "role ray-worker")
	for _, call := range l.EC2.Calls() {
		if call.Action != "DescribeInstances" {
			t.Errorf("EC2 was called with %s for a Delete, want DescribeInstances", call.Action)
		}
	}
}

// TestInstances_Pages proves that instances on every page of EC2's list are found and
// counted; and that the instances of one page make the Delete fail although EC2 does not
// answer for the next page, in one of two Regions.
// Reference 14.1, 14.5.
func TestInstances_Pages(t *testing.T) {
	l := newLab(t)
	s := l.created(quick.With(properties{"Path": "/team/"}))
	l.Launch("us-east-1", "ray-worker", "research", 7)
	l.Proxy.Reset()
	l.EC2.SetFault(iamproxy.On(iamproxy.Action("DescribeInstances"), iamproxy.Effect{With: map[string]string{"MaxResults": "5"}}))
	l.heldUp(s.Delete(), "7 EC2 instances use")
	if calls := l.EC2.Calls(); len(calls) != 2 {
		t.Errorf("EC2 was called %d times, want once for each of two pages", len(calls))
	}
	s.Use(l.Start("RAYIAM_REGIONS=eu-west-1"))
	l.Proxy.Reset()
	l.EC2.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		if c.Form.Has("NextToken") {
			return iamproxy.EC2Denied()
		}
		return iamproxy.Effect{With: map[string]string{"MaxResults": "5"}}
	})
	l.heldUp(s.Delete(), "5 EC2 instances use", "of cluster research in us-east-1")
}

// TestInstances_AnotherPath proves that the function looks for the instance profiles at the
// path that they have in IAM, whatever path the Delete's properties name.
// Reference 14.1.
func TestInstances_AnotherPath(t *testing.T) {
	l := newLab(t)
	s := l.created(quick.With(properties{"Path": "/team/"}))
	l.Launch("us-east-1", "ray-worker", "research", 1)
	s.Properties = quick.With(properties{"Path": "no path"})
	l.Proxy.Reset()
	l.heldUp(s.Delete(), "1 EC2 instance uses")
}

// TestInstances_Regions proves that the function looks for instances in the stack's Region
// and in the Regions of the administrator's list.
// Reference 14.1.
func TestInstances_Regions(t *testing.T) {
	l := newLab(t)
	l.Function = l.Start("RAYIAM_REGIONS=eu-west-1, us-east-1,ap-southeast-2")
	s := l.created(quick)
	l.Launch("us-east-1", "ray-head", "here", 1)
	l.Launch("ap-southeast-2", "ray-head", "there", 1)
	l.EC2.Reset()
	l.Proxy.Reset()
	l.heldUp(s.Delete(), "2 EC2 instances use", "of cluster here in us-east-1", "of cluster there in ap-southeast-2")
	if calls := l.EC2.Calls(); len(calls) != 3 {
		t.Errorf("%d calls to EC2 in three Regions, want one in each", len(calls))
	}
}

// TestInstances_Update checks an Update that removes a group in use, one that removes none,
// and one with AllowDeleteInUse, which removes the group although it is in use.
// Reference 14.1, 14.3.
func TestInstances_Update(t *testing.T) {
	l := newLab(t)
	both := quick.With(properties{"WorkerGroups": rig.Groups("cpu", "gpu")})
	s := l.created(both)
	l.Launch("us-east-1", "ray-head", "research", 1)
	l.EC2.Reset()
	l.updated(s, both.With(properties{"Tags": tags("a", "b")}))
	if calls := l.EC2.Calls(); len(calls) != 0 {
		t.Errorf("%d calls to EC2 for an Update that deletes nothing, want none", len(calls))
	}
	gpu := l.Launch("us-east-1", "ray-gpu", "research", 1)
	fewer := both.With(properties{"WorkerGroups": rig.Groups("cpu"), "Tags": tags("c", "d")})
	before := l.Snapshot()
	l.Proxy.Reset()
	l.heldUp(s.Send(s.Event("Update", fewer)), "1 EC2 instance uses", gpu.IDs[0], "update again")
	l.OK(s.Send(s.Rollback(fewer)))
	l.unchanged(before, "an Update that was held up, and its rollback")
	l.updated(s, fewer.With(properties{"AllowDeleteInUse": true}))
	l.hasNot("role ray-gpu")
	l.EC2.Reset()
	s.Properties = s.Properties.With(properties{"AllowDeleteInUse": "true"})
	l.OK(s.Delete())
	if calls := l.EC2.Calls(); len(calls) != 0 {
		t.Errorf("%d calls to EC2 with AllowDeleteInUse, want none", len(calls))
	}
}

// TestInstances_Replacement proves that instances do not make a replacement fail, but the
// Delete of the old set after it.
// Reference 14.1.
func TestInstances_Replacement(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	head := l.Launch("us-east-1", "ray-head", "research", 1)
	replaced := s.Send(s.Event("Update", other))
	l.OK(replaced)
	cleanUp := s.Event("Delete", quick)
	l.Proxy.Reset()
	l.heldUp(s.Send(cleanUp), head.IDs[0])
	l.has("profile ray-head: holds ray-head")
}

// TestInstances_NotHeldUp checks the requests that succeed although instances use the
// profiles: the Delete of a Create that failed or never answered, CloudFormation's
// rollbacks, and releasing adopted profiles.
// Reference 14.4.
func TestInstances_NotHeldUp(t *testing.T) {
	t.Parallel()
	both := quick.With(properties{"WorkerGroups": rig.Groups("cpu", "gpu")})
	launch := func(l *lab, profile string) { l.Launch("us-east-1", profile, "research", 1) }
	for name, play := range map[string]func(*testing.T, *lab) cloudformation.Answer{
		"a failed Create": func(_ *testing.T, l *lab) cloudformation.Answer {
			s := l.Stack()
			l.denyFor("PutRolePolicy", "ray-head")
			failed := s.Send(s.Event("Create", quick))
			l.Failed(failed, "AccessDenied")
			launch(l, "ray-head")
			s.PhysicalID = failed.PhysicalResourceID
			l.denyFor("RemoveRoleFromInstanceProfile", "ray-head")
			l.Failed(s.Send(s.Event("Delete", quick)), "AccessDenied")
			l.Proxy.SetFault(nil)
			return s.Send(s.Event("Delete", quick))
		},
		"a Create that never answered": func(_ *testing.T, l *lab) cloudformation.Answer {
			s := l.created(quick)
			launch(l, "ray-head")
			e := s.Event("Delete", quick)
			e.PhysicalResourceID = s.GeneratedID()
			return s.Send(e)
		},
		"the rollback of a stack's creation": func(t *testing.T, l *lab) cloudformation.Answer {
			s := l.created(quick)
			launch(l, "ray-head")
			l.Resources.SetStack(s.ID, "ROLLBACK_IN_PROGRESS")
			answer := s.Delete()
			l.warned(t, "CloudFormation is rolling the stack back", "1 EC2 instance uses")
			return answer
		},
		"the rollback of an update that made a nested stack": func(t *testing.T, l *lab) cloudformation.Answer {
			s, parent := l.created(quick), l.Stack()
			launch(l, "ray-head")
			l.Resources.SetStack(s.ID, "DELETE_IN_PROGRESS")
			l.Resources.Nest(s.ID, parent.ID)
			l.Resources.SetStack(parent.ID, "UPDATE_ROLLBACK_IN_PROGRESS")
			answer := s.Delete()
			l.warned(t, "CloudFormation is rolling the stack back", "1 EC2 instance uses")
			return answer
		},
		"the rollback of an Update that added a group": func(_ *testing.T, l *lab) cloudformation.Answer {
			s := l.created(quick.With(properties{"WorkerGroups": rig.Groups("cpu")}))
			l.OK(s.Send(s.Event("Update", both)))
			launch(l, "ray-gpu")
			l.Resources.SetStack(s.ID, "UPDATE_ROLLBACK_IN_PROGRESS")
			return s.Send(s.Rollback(both))
		},
		"the rollback of a replacement": func(_ *testing.T, l *lab) cloudformation.Answer {
			s := l.created(quick)
			l.OK(s.Send(s.Event("Update", other)))
			launch(l, "other-head")
			return s.Send(s.Rollback(other))
		},
		"releasing an adopted set": func(_ *testing.T, l *lab) cloudformation.Answer {
			l.CreateSet()
			s := l.created(adopting)
			launch(l, "ray-head")
			return s.Delete()
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.OK(play(t, l))
		})
	}
}

// TestInstances_OtherUpdateIsHeldUp proves that an Update with swapped properties which is
// not a rollback fails like any other Update, and so does one for which CloudFormation does
// not answer whether it is.
// Reference 14.1, 14.4.
func TestInstances_OtherUpdateIsHeldUp(t *testing.T) {
	for _, status := range []string{"", "UPDATE_IN_PROGRESS"} {
		t.Run(status, func(t *testing.T) {
			l := newLab(t)
			one := quick.With(properties{"WorkerGroups": rig.Groups("cpu")})
			s := l.created(one)
			l.updated(s, one.With(properties{"WorkerGroups": rig.Groups("cpu", "gpu")}))
			l.Launch("us-east-1", "ray-gpu", "research", 1)
			if status != "" {
				l.Resources.SetStack(s.ID, status)
			}
			l.Proxy.Reset()
			l.heldUp(s.Send(s.Event("Update", one)), "1 EC2 instance uses")
		})
	}
}
