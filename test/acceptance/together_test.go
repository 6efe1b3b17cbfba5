package acceptance

import (
	"maps"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// TestAnswer_SameEventAtOnce proves that an event that Lambda delivers to three processes
// at once has the same result as one delivery, and gets the same answer each time.
// Reference 5.16.
func TestAnswer_SameEventAtOnce(t *testing.T) {
	l := newLab(t)
	l.Proxy.SetPatience(20 * time.Millisecond) // so that the processes' calls overlap
	before := l.Snapshot()
	s := l.Stack()
	second, third := l.Start(), l.Start()
	grown := quick.With(properties{"WorkerGroups": rig.Groups("gpu"), "Tags": manyTags(2)})
	atOnce := func(e cloudformation.Event) {
		t.Helper()
		answers := s.SendAtOnce(e, second, third)
		for _, a := range answers {
			l.OK(a)
			if a.PhysicalResourceID != answers[0].PhysicalResourceID || !maps.Equal(a.Data, answers[0].Data) {
				t.Errorf("%s: the answers differ: %+v and %+v", e.RequestType, a, answers[0])
			}
		}
		s.PhysicalID, s.Properties = answers[0].PhysicalResourceID, e.ResourceProperties
	}
	atOnce(s.Event("Create", quick))
	l.isComplete(s, quick)
	atOnce(s.Event("Update", grown))
	l.isComplete(s, grown)
	atOnce(s.Event("Update", other))
	l.isComplete(s, other)
	l.has("role ray-head: ") // the old set stays until its Delete
	old := s.Event("Delete", grown)
	old.PhysicalResourceID = l.stackID(s, "ray")
	for _, a := range s.SendAtOnce(old, second) {
		l.OK(a)
	}
	for _, a := range s.SendAtOnce(s.Event("Delete", other), second, third) {
		l.OK(a)
	}
	l.unchanged(before, "a life in which everything came three times")
}

// TestAnswer_SameEventTwice proves, for each request type, that an event delivered twice
// gets the same answer twice.
// Reference 5.16, 7.9.
func TestAnswer_SameEventTwice(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.Stack()
	for _, step := range []struct {
		request string
		props   properties
	}{{"Create", quick}, {"Update", quick.With(properties{"Tags": manyTags(1)})}, {"Delete", quick}} {
		answers := s.SendTwice(s.Event(step.request, step.props))
		l.OK(answers[0])
		l.OK(answers[1])
		if !maps.Equal(answers[0].Data, answers[1].Data) || answers[0].PhysicalResourceID != answers[1].PhysicalResourceID {
			t.Errorf("%s: the answers differ: %+v", step.request, answers)
		}
		s.PhysicalID, s.Properties = answers[0].PhysicalResourceID, step.props
	}
	l.unchanged(before, "a life in which everything came twice")
}

// TestOwnership_TwoStacksAtOnce proves that if two stacks ask for the same names at once,
// one of them becomes the owner and the other is refused.
// Reference 4.12.
func TestOwnership_TwoStacksAtOnce(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	a, b := l.Stack(), l.Stack()
	if x, y := l.createdAtOnce(a, b, quick); x.OK() && y.OK() {
		t.Errorf("both stacks succeeded, with the sets %s and %s, want one of them refused", x.PhysicalResourceID, y.PhysicalResourceID)
	}
	l.deletedBoth(a, b, quick)
	l.unchanged(before, "two stacks and their Deletes")
}

// TestOrphaned_TwoAdoptersAtOnce proves that two stacks that adopt one orphaned set at the
// same moment do not delete it. Both may succeed: in the end the set exists and has no
// owner.
// Reference 4.13.
func TestOrphaned_TwoAdoptersAtOnce(t *testing.T) {
	l := newLab(t)
	l.created(quick) // owned by a stack that does not exist any more
	a, b := l.Stack(), l.Stack()
	x, y := l.createdAtOnce(a, b, adopting)
	t.Logf("%s %s, %s %s", x.Status, x.Reason, y.Status, y.Reason)
	l.deletedBoth(a, b, adopting)
	l.has("role ray-head: ", "role ray-worker: ", "profile ray-head: holds ray-head", "profile ray-worker: holds ray-worker")
	l.hasNot("ray-iam:")
}

// createdAtOnce sends the Creates of two stacks at the same time, each to a process of its own,
// and returns their answers.
func (l *lab) createdAtOnce(a, b *cloudformation.Stack, p properties) (ofA, ofB cloudformation.Answer) {
	l.TB.Helper()
	l.Proxy.SetPatience(20 * time.Millisecond) // so that the processes' calls overlap
	here, there := a.Event("Create", p), b.Event("Create", p)
	beside, done := l.Start(), make(chan bool)
	go func() { done <- beside.Invoke(there.JSON(), b.Timeout).OK() }()
	if first, second := l.Function.Invoke(here.JSON(), a.Timeout).OK(), <-done; !first || !second {
		l.TB.Errorf("the invocations succeeded: %v and %v, want both", first, second)
	}
	x, y := a.Answers(here), b.Answers(there)
	if len(x) != 1 || len(y) != 1 {
		l.TB.Fatalf("got %d and %d answers, want one each", len(x), len(y))
	}
	return x[0], y[0]
}

// deletedBoth sends the Deletes of two stacks with their own physical ids.
func (l *lab) deletedBoth(a, b *cloudformation.Stack, p properties) {
	l.TB.Helper()
	for _, s := range []*cloudformation.Stack{a, b} {
		s.PhysicalID, s.Properties = l.stackID(s, "ray"), p
		l.OK(s.Delete())
	}
}
