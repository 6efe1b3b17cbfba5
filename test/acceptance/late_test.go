package acceptance

import (
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestLate_Superseded proves that an event that Lambda delivers late, or a second time,
// changes nothing if CloudFormation says that the resource has moved on. The function
// answers it all the same. TestWatch has the other states of the resource.
// Reference 11.4.
func TestLate_Superseded(t *testing.T) {
	t.Parallel()
	grown := quick.With(properties{"WorkerGroups": rig.Groups("gpu")})
	for name, event := range map[string]struct{ request, status string }{
		"Create of what is updated":       {"Create", "UPDATE_COMPLETE"},
		"Update of what is being deleted": {"Update", "DELETE_IN_PROGRESS"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			before := l.Snapshot()
			s.Age = time.Minute
			l.Resources.Set(s.ID, s.LogicalID, event.status, s.PhysicalID)
			l.Failed(s.Send(s.Event(event.request, grown)), "nothing was changed", "no longer waits for this "+event.request, event.status)
			e := s.Event(event.request, grown)
			e.ResponseURL = l.URLs.URLVersion2(s.Age) // a URL that says its age in Signature Version 2
			l.Failed(s.Send(e), "nothing was changed", "no longer waits for this "+event.request, event.status)
			l.unchanged(before, "a superseded event")
		})
	}
}

// TestLate_RepeatedCreate proves that a Create is rolled back when Lambda runs it again, if
// its process was killed and its Delete has come and gone since, and that it does not count as a
// failure.
// Reference 11.1, 11.4, 11.9.
func TestLate_RepeatedCreate(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.Stack()
	s.Age = time.Minute
	e := s.Event("Create", quick)
	l.Killed(e, iamproxy.Action("AddRoleToInstanceProfile"), true)
	l.has("role ray-head: ")
	l.Resources.Set(s.ID, s.LogicalID, "DELETE_COMPLETE", s.GeneratedID())
	s.Use(l.Running())
	l.Failed(s.Send(e), "no longer waits for this Create", "DELETE_COMPLETE", "what this request had made was rolled back")
	l.unchanged(before, "a Create that nobody heard of")
	l.Function.Stop()
	if got, want := outcomes(t, l.Function.Log()), "Create ABANDONED"; got != want {
		t.Errorf("the outcomes are %s, want %s", got, want)
	}
}

// TestLate_StillWanted proves that a late event is done if CloudFormation waits for it, or
// if CloudFormation cannot be asked; and that a Delete is always done.
// Reference 11.6.
func TestLate_StillWanted(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"IN_PROGRESS", ""} {
		t.Run("status "+status, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.Stack()
			s.Age = time.Minute
			stands := func(request string) {
				if status != "" {
					l.Resources.Set(s.ID, s.LogicalID, request+"_"+status, s.PhysicalID)
				}
			}
			stands("CREATE")
			create, _ := s.Create(quick)
			l.OK(create)
			stands("UPDATE")
			l.updated(s, quick.With(properties{"WorkerGroups": rig.Groups("gpu")}))
			if l.Resources.Asked() < 3 {
				t.Errorf("CloudFormation was asked %d times, want once before each event and once after the Create", l.Resources.Asked())
			}
			l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
			l.OK(s.Delete())
			l.unchanged(before, "a late life")
		})
	}
}

// TestLate_QuickRequestsDoNotAsk proves that CloudFormation is not asked about requests
// that are not late.
// Reference 11.7.
func TestLate_QuickRequestsDoNotAsk(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Age = -time.Hour // however slow the machine is
	create, _ := s.Create(quick)
	l.OK(create)
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.OK(s.Delete())
	if asked := l.Resources.Asked(); asked != 0 {
		t.Errorf("CloudFormation was asked %d times, want never", asked)
	}
}

// TestLate_ReachedIsAnsweredAgain proves that an Update that comes a second time, when its
// desired state is reached, gets the same answer as the first time.
// Reference 11.4.
func TestLate_ReachedIsAnsweredAgain(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	s.Age = time.Minute
	grown := quick.With(properties{"WorkerGroups": rig.Groups("gpu")})
	e := s.Event("Update", grown)
	var answers []cloudformation.Answer
	for _, status := range []string{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"} {
		l.Resources.Set(s.ID, s.LogicalID, status, s.PhysicalID)
		if outcome := l.Function.Invoke(e.JSON(), s.Timeout); !outcome.OK() {
			t.Errorf("the invocation ended with %+v, want success", outcome)
		}
		answers = s.Answers(e)
		l.OK(answers[len(answers)-1])
	}
	if len(answers) != 2 || answers[0].PhysicalResourceID != answers[1].PhysicalResourceID || answers[0].Data["WorkerRoleArn"] != answers[1].Data["WorkerRoleArn"] {
		t.Errorf("got the answers %+v, want two equal ones", answers)
	}
}
