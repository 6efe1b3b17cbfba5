package acceptance

import (
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestLate_Superseded proves that an event which comes after its time, from Lambda's
// queue or a second time, changes nothing where CloudFormation says that the resource
// has moved on, and is answered all the same.
// Reference 11.4.
func TestLate_Superseded(t *testing.T) {
	t.Parallel()
	grown := quick.With(properties{"WorkerGroups": groups("gpu")})
	for name, event := range map[string]struct{ request, status string }{
		"Create of what is updated":       {"Create", "UPDATE_COMPLETE"},
		"Create of what is being updated": {"Create", "UPDATE_IN_PROGRESS"},
		"Update that is over":             {"Update", "UPDATE_COMPLETE"},
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
			e.ResponseURL = l.URLs.URLVersion2(s.Age) // says its age only in this way
			l.Failed(s.Send(e), "nothing was changed", "no longer waits for this "+event.request, event.status)
			l.unchanged(before, "a superseded event")
		})
	}
}

// TestLate_RepeatedCreate proves that a Create whose process was killed after its Delete
// had come and gone is rolled back when Lambda runs it again.
// Reference 11.1, 11.4.
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
}

// TestLate_StillWanted proves that a late event is done where CloudFormation waits for
// it, and where nobody can say; and that a Delete is always done.
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
			l.updated(s, quick.With(properties{"WorkerGroups": groups("gpu")}))
			if l.Resources.Asked() < 3 {
				t.Errorf("asked %d times, want before each event and after the Create", l.Resources.Asked())
			}
			l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
			l.OK(s.Delete())
			l.unchanged(before, "a late life")
		})
	}
}

// TestLate_QuickRequestsDoNotAsk proves that nothing is asked where nothing is late.
// Reference 11.7.
func TestLate_QuickRequestsDoNotAsk(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.Age = -time.Hour // whatever the machine has to do meanwhile
	create, _ := s.Create(quick)
	l.OK(create)
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.OK(s.Delete())
	if asked := l.Resources.Asked(); asked != 0 {
		t.Errorf("asked %d times", asked)
	}
}

// TestLate_ReachedIsAnsweredAgain proves that an Update which comes a second time, when
// all that it asks for is there, is answered as the first time.
// Reference 11.4.
func TestLate_ReachedIsAnsweredAgain(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	s.Age = time.Minute
	grown := quick.With(properties{"WorkerGroups": groups("gpu")})
	e := s.Event("Update", grown)
	var answers []cloudformation.Answer
	for _, status := range []string{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"} {
		l.Resources.Set(s.ID, s.LogicalID, status, s.PhysicalID)
		if outcome := l.Function.Invoke(e.JSON(), s.Timeout); !outcome.OK() {
			t.Errorf("the invocation ended with %+v", outcome)
		}
		answers = s.Answers(e)
		l.OK(answers[len(answers)-1])
	}
	if len(answers) != 2 || answers[0].PhysicalResourceID != answers[1].PhysicalResourceID || answers[0].Data["WorkerRoleArn"] != answers[1].Data["WorkerRoleArn"] {
		t.Errorf("answered %+v", answers)
	}
}
