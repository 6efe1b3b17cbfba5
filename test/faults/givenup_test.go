package faults

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// givenUp are the operations that make something, and so have something to roll back
// when CloudFormation abandons them.
var givenUp = slices.DeleteFunc(slices.Clone(operations), func(o operation) bool { return !creates(o) && o.to != other })

// undone are the faults that rolling back may meet.
var undone = []fault{
	{"killed before the call, event again", every, every, func(c *cell) { c.playBackKilled(true) }},
	{"killed after the call, event again", every, every, func(c *cell) { c.playBackKilled(false) }},
	{"connection dropped after the call", every, every, func(c *cell) { c.playBackSurvived(iamproxy.DropAfter()) }},
	{"Throttling", every, every, func(c *cell) { c.playBackSurvived(iamproxy.Answer(http.StatusBadRequest, "Throttling")) }},
	{"AccessDenied, event again", every, every, (*cell).playBackDenied},
}

// A span is a number of calls, from the first on.
type span struct{ first, calls int }

// The ages of an event that was given up: of the first attempt, which asks after its last
// write, and of one that Lambda makes a minute later.
const (
	attempted = 10 * time.Second
	repeated  = 70 * time.Second
)

// giveUp enters the operation's first state, has CloudFormation give the operation up and
// forget it, and returns its request.
func (c *cell) giveUp() (*cloudformation.Stack, cloudformation.Event) {
	c.TB.Helper()
	c.enter(c.from)
	s := c.stack(declared[c.from])
	s.Age = attempted
	status, id := "DELETE_COMPLETE", generatedID
	if c.request == "Update" {
		status, id = "UPDATE_COMPLETE", c.physicalID
	}
	c.Resources.Set(s.ID, s.LogicalID, status, id)
	return s, c.event(s)
}

// takenBack delivers the event and proves that nothing is left.
func (c *cell) takenBack(s *cloudformation.Stack, e cloudformation.Event, fault iamproxy.Fault) {
	c.TB.Helper()
	c.isTakenBack(s, e, c.send(s, e, fault))
}

// isTakenBack proves that nothing is left once the event was answered.
func (c *cell) isTakenBack(s *cloudformation.Stack, e cloudformation.Event, answer cloudformation.Answer) {
	c.TB.Helper()
	c.Resources.Forget(s.ID, s.LogicalID)
	c.saysSo(answer, e)
	c.nothingIsLeft()
}

// saysSo proves that the answer to an event that was given up says what has become of it.
func (c *cell) saysSo(answer cloudformation.Answer, e cloudformation.Event) {
	c.TB.Helper()
	c.Failed(answer, "no longer waits for this "+e.RequestType+"", "what this request had made was rolled back")
}

// again is the event as Lambda delivers it once more.
func (c *cell) again(e cloudformation.Event) cloudformation.Event {
	e.ResponseURL = c.URLs.URL(repeated)
	return e
}

// learnBack learns which of a given up operation's calls take back what it made: from the
// first look after its last write to the end of the second look at nothing.
func (w *world) learnBack(o operation) span {
	w.TB.Helper()
	c := &cell{world: w, operation: o}
	s, e := c.giveUp()
	c.takenBack(s, e, nil)
	calls := w.Proxy.Calls()
	made := 0
	for i, call := range calls {
		if makes := slices.ContainsFunc([]string{"Create", "Attach", "Put", "Add", "Tag"}, func(verb string) bool { return strings.HasPrefix(call.Action, verb) }); makes {
			made = i + 1
		}
	}
	for calls[made].Writes() {
		made++
	}
	gone := len(calls)
	for !calls[gone-1].Writes() {
		gone--
	}
	return span{first: made + 1, calls: gone - made + 2*look(calls[gone:])}
}

// look returns of how many calls a look consists: it asks nothing twice.
func look(calls []iamproxy.Call) int {
	for i, call := range calls {
		if slices.ContainsFunc(calls[:i], func(before iamproxy.Call) bool { return before.Form.Encode() == call.Form.Encode() }) {
			return i
		}
	}
	return len(calls)
}

// nth is the number, among all calls of the request, of the cell's.
func (c *cell) nth() int { return backs[c.name].first + c.n - 1 }

// maxPlays is how often a cell is played at the most until its call comes.
const maxPlays = 20

// untilMet has the operation given up, and again until the request makes the cell's call, which
// the fault of play is for. Only the second look at nothing may not come: the quiet period is
// a time, and on a machine that is very busy the first look fills it. Then the fault has met
// nothing, what was made has been rolled back without it, and the cell has shown nothing yet.
// It returns the last request and its answers.
func (c *cell) untilMet(play func(*cloudformation.Stack, cloudformation.Event)) (*cloudformation.Stack, cloudformation.Event, []cloudformation.Answer) {
	c.TB.Helper()
	for range maxPlays {
		s, e := c.giveUp()
		play(s, e)
		answers := s.Answers(e)
		if len(c.Proxy.Calls()) >= c.nth() {
			return s, e, answers
		}
		if len(answers) != 1 {
			c.TB.Fatalf("%d answers though the fault was not met, want 1", len(answers))
		}
		c.isTakenBack(s, e, answers[0])
	}
	c.TB.Fatalf("call %d of the request has not come in %d plays", c.nth(), maxPlays)
	return nil, cloudformation.Event{}, nil
}

func (c *cell) playBackKilled(before bool) {
	s, e, answers := c.untilMet(func(_ *cloudformation.Stack, e cloudformation.Event) { c.Kill(e, iamproxy.Nth(c.nth()), before) })
	if len(answers) != 0 {
		c.TB.Errorf("%s was not killed: it answered %+v", e.RequestType, answers)
	}
	s.Use(c.Running())
	c.takenBack(s, c.again(e), nil)
}

func (c *cell) playBackSurvived(effect iamproxy.Effect) {
	s, e, answers := c.untilMet(func(s *cloudformation.Stack, e cloudformation.Event) {
		c.send(s, e, iamproxy.On(iamproxy.Times(2, iamproxy.Same(c.nth())), effect))
	})
	c.isTakenBack(s, e, answers[0])
}

// playBackDenied proves that a denial is answered with what is left and how to find it,
// and that the event, once it is delivered again, leaves nothing.
func (c *cell) playBackDenied() {
	s, e, answers := c.untilMet(func(s *cloudformation.Stack, e cloudformation.Event) {
		c.send(s, e, iamproxy.On(iamproxy.Same(c.nth()), iamproxy.Denied()))
	})
	c.Failed(answers[0], "could not be rolled back", "ray-iam:owner=", "AccessDenied: injected by the test")
	c.takenBack(s, c.again(e), nil)
}
