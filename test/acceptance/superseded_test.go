package acceptance

import (
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// late is the age of an event about which the function asks CloudFormation only after its
// last write.
const late = 10 * time.Second

// TestSuperseded_LaterRequestIsLeftAlone proves that a Create that is rolled back leaves
// alone the roles of the resource's next Create, which have the same names.
// Reference 11.2.
func TestSuperseded_LaterRequestIsLeftAlone(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Age = late
	first := s.Event("Create", quick)
	s.Age = 0
	var create cloudformation.Answer
	l.inQuietPeriod(s, first, func() {
		l.Resources.Set(s.ID, s.LogicalID, "CREATE_IN_PROGRESS", "")
		s.Use(l.Start())
		create, _ = s.Create(quick)
		l.Resources.Set(s.ID, s.LogicalID, "CREATE_COMPLETE", create.PhysicalResourceID)
	})
	l.OK(create)
	l.Failed(s.Answers(first)[0], "no longer waits for this Create")
	l.isComplete(s, quick)
}

// inQuietPeriod runs an abandoned Create, which rolls back what it made, and calls do
// before the first call of the quiet period reaches IAM.
func (l *lab) inQuietPeriod(s *cloudformation.Stack, create cloudformation.Event, do func()) {
	l.TB.Helper()
	l.Resources.Set(s.ID, s.LogicalID, "DELETE_COMPLETE", s.GeneratedID())
	deleted, looked := 0, false
	l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		switch {
		case c.Action == "DeleteRole":
			deleted++
		case deleted == 2 && !looked && c.Action == "GetRole" && c.Form.Get("RoleName") == "ray-worker":
			looked = true
			return iamproxy.Effect{Before: do}
		}
		return iamproxy.Effect{}
	})
	l.Function.Invoke(create.JSON(), s.Timeout)
	if !looked {
		l.TB.Fatal("there was no look")
	}
}

// TestSuperseded_FailsByItself proves that a Create that fails for its own reason, after
// its Delete has come and gone, leaves nothing.
// Reference 11.1.
func TestSuperseded_FailsByItself(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.Stack()
	s.Age = late
	create := s.Event("Create", quick)
	s.Age = 0
	gone := s.Event("Delete", quick)
	gone.PhysicalResourceID = s.GeneratedID()
	l.Resources.Set(s.ID, s.LogicalID, "DELETE_IN_PROGRESS", gone.PhysicalResourceID)
	beside := l.Start()
	denied := func(c iamproxy.Call) bool {
		return c.Action == "AttachRolePolicy" && c.Form.Get("RoleName") == "ray-worker" && strings.Contains(c.Form.Get("PolicyArn"), "S3")
	}
	effect := iamproxy.Denied()
	effect.Before = func() {
		if outcome := beside.Invoke(gone.JSON(), s.Timeout); !outcome.OK() {
			t.Errorf("the invocation of the Delete ended with %+v, want success", outcome)
		}
		l.Resources.Set(s.ID, s.LogicalID, "DELETE_COMPLETE", gone.PhysicalResourceID)
	}
	l.Proxy.SetFault(iamproxy.On(iamproxy.Times(1, denied), effect))
	l.Failed(s.Send(create), "what this request had made was rolled back")
	l.OK(s.Answers(gone)[0])
	l.unchanged(before, "a Create that failed after its Delete")
}

// TestSuperseded_AdoptedIsReleased proves that an abandoned Create releases the roles and
// profiles that it adopted, which are much older than the Create; also if it was cut off
// and runs again.
// Reference 11.1.
func TestSuperseded_AdoptedIsReleased(t *testing.T) {
	t.Parallel()
	for name, cutOff := range map[string]bool{"at once": false, "by a repetition": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.CreateSet()
			l.DeleteProfile("ray-worker")
			aged := iamproxy.On(func(c iamproxy.Call) bool {
				return c.Action == "GetRole" || c.Form.Get("InstanceProfileName") == "ray-head"
			}, iamproxy.Aged(time.Hour))
			s := l.Stack()
			s.Age = late
			l.Resources.Set(s.ID, s.LogicalID, "DELETE_COMPLETE", s.GeneratedID())
			adopting := quick.With(properties{"AdoptExisting": true})
			if e := s.Event("Create", adopting); cutOff {
				l.Killed(e, iamproxy.Action("AddRoleToInstanceProfile"), false)
				l.has("role ray-head: tag ray-iam:adopted=held", "profile ray-worker: holds ray-worker")
				s.Use(l.Running())
				s.Age = time.Minute
			}
			l.Proxy.SetFault(aged)
			l.Failed(s.Send(s.Event("Create", adopting)), "what this request had made was rolled back")
			l.has("role ray-head: attached "+awsPolicy+"AmazonS3FullAccess", "role ray-worker: trusts", "profile ray-head: holds ray-head")
			l.hasNot("ray-iam:", "profile ray-worker")
		})
	}
}

// TestSuperseded_RetainedIsLeftAlone proves that an abandoned Create does not delete the
// set that the stack has retained of an earlier resource.
// Reference 11.2.
func TestSuperseded_RetainedIsLeftAlone(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Every, iamproxy.Aged(time.Hour)))
	s.Age = late
	l.Resources.Set(s.ID, s.LogicalID, "DELETE_COMPLETE", s.GeneratedID())
	changed := quick.With(properties{"Tags": tags("team", "ml")})
	l.Failed(s.Send(s.Event("Create", changed)), "what this request had made was rolled back")
	l.has("role ray-head: tag team=ml", "profile ray-worker: holds ray-worker")
	l.Proxy.SetFault(nil)
	s.Age = 0
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.unchanged(before, "an abandoned Create, on what was retained")
}

// TestSuperseded_RetainedSetStays proves that the rollback of a failed replacement leaves
// alone a set that the resource had weeks ago, which was retained and is in use.
// Reference 11.2.
func TestSuperseded_RetainedSetStays(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	retained := s.PhysicalID
	l.OK(s.Send(s.Event("Update", other))) // there is no Delete: UpdateReplacePolicy is Retain
	s.PhysicalID, s.Properties = l.stackID(s, "other"), other
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Every, iamproxy.Aged(30*24*time.Hour)))
	update, back := s.Update(quick.With(properties{"Unknown": 1}))
	l.Failed(update, "Unknown")
	l.OK(back)
	l.has("role ray-head: tag ray-iam:owner=" + retained)
	l.unchanged(before, "a replacement that was refused")
}

// TestSuperseded_RepeatedReplacement proves that an abandoned replacement that was killed
// and runs again also rolls back what its first attempt made.
// Reference 11.1.
func TestSuperseded_RepeatedReplacement(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	s.Age = late
	e := s.Event("Update", other)
	l.Killed(e, iamproxy.Action("AttachRolePolicy"), false)
	l.has("role other-head: ")
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
	s.Use(l.Running())
	l.Failed(s.Send(e), "no longer waits for this Update", "what this request had made was rolled back")
	l.unchanged(before, "a replacement that was repeated when nobody waited")
}

// TestSuperseded_CannotTell proves that roles which appear while a Create is rolled back
// are left alone if CloudFormation cannot say whose they are, and that the request then
// counts as a failure.
// Reference 11.8.
func TestSuperseded_CannotTell(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Age = late
	create := s.Event("Create", quick)
	owner := l.stackID(s, "ray")
	l.inQuietPeriod(s, create, func() {
		l.Resources.Forget(s.ID, s.LogicalID)
		l.CreateRole("ray-worker", "/", rig.Tag("ray-iam:owner", owner))
	})
	l.Failed(s.Answers(create)[0], "could not be rolled back", "cannot tell whether")
	l.has("role ray-worker: ")
	l.Function.Stop()
	if got := outcomes(t, l.Function.Log()); !strings.HasSuffix(got, "Create FAILED") {
		t.Errorf("the outcomes are %s, want FAILED last", got)
	}
}

// TestSuperseded_CloudFormationIsSilent proves that a late request is done and answered
// although CloudFormation does not say whether it waits: the function asks for only a few
// seconds.
// Reference 11.6.
func TestSuperseded_CloudFormationIsSilent(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.Stack()
	l.Resources.Silence()
	s.Age = time.Minute
	start := time.Now()
	create, _ := s.Create(quick)
	l.OK(create)
	if took := time.Since(start); took < 10*time.Second || l.Resources.Asked() == 0 {
		t.Errorf("answered after %s, want two waits of 5 s for CloudFormation, before the first write and after the last", took)
	}
	l.isComplete(s, quick)
	l.OK(s.Delete())
	l.unchanged(before, "a life of which CloudFormation says nothing")
}

// TestSuperseded_UpdateRemovesNoGroupThatIsBack proves that a late Update that is
// superseded by its rollback does not delete the groups that it was to remove: the rollback
// declares them again.
// Reference 11.3.
func TestSuperseded_UpdateRemovesNoGroupThatIsBack(t *testing.T) {
	l := newLab(t)
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	s := l.created(grown)
	before := l.Snapshot()
	s.Age = late
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
	l.Failed(s.Send(s.Event("Update", quick)), "no longer waits for this Update", "changes made before that were not reverted")
	l.has("role ray-gpu: ", "profile ray-gpu: holds ray-gpu")
	s.Age = 0
	l.updated(s, grown)
	l.unchanged(before, "an Update that was superseded, and its rollback")
}

// TestSuperseded_GeneratedIDOfAnEarlierResource proves that a Delete with an id that
// CloudFormation once generated does not touch the set that the resource has now.
// Reference 11.5.
func TestSuperseded_GeneratedIDOfAnEarlierResource(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	l.Resources.Set(s.ID, s.LogicalID, "CREATE_COMPLETE", s.PhysicalID)
	e := s.Event("Delete", quick)
	e.PhysicalResourceID = s.GeneratedID()
	l.OK(s.Send(e))
	l.unchanged(before, "a Delete with the generated id of an earlier resource")
}

// TestSuperseded_SilenceInTheQuietPeriod proves that a Delete whose work is done succeeds
// although IAM does not answer in the quiet period.
// Reference 11.10.
func TestSuperseded_SilenceInTheQuietPeriod(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	e := s.Event("Delete", quick)
	e.PhysicalResourceID = s.GeneratedID()
	deletions := 0
	l.Proxy.SetFault(func(c iamproxy.Call) iamproxy.Effect {
		if c.Action == "DeleteRole" {
			deletions++
		}
		if deletions == 2 && c.Action == "GetRole" {
			return iamproxy.Hang()
		}
		return iamproxy.Effect{}
	})
	s.Timeout = 20 * time.Second
	l.OK(s.SendOnce(e))
	if deletions != 2 {
		t.Errorf("%d roles were deleted, want two", deletions)
	}
}
