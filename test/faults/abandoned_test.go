package faults

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// abandoned are the operations that make something, which must be rolled back if
// CloudFormation abandons the operation.
var abandoned = slices.DeleteFunc(slices.Clone(operations), func(o operation) bool { return !creates(o) && o.to != other })

// rollbackFaults are the faults of each call with which an abandoned operation is rolled back.
var rollbackFaults = []fault{
	{"killed before the call, event again", every, every, func(c *cell) { c.playRollbackKilled(true) }},
	{"killed after the call, event again", every, every, func(c *cell) { c.playRollbackKilled(false) }},
	{"connection dropped after the call", every, every, func(c *cell) { c.playRollbackSurvived(iamproxy.DropAfter()) }},
	{"Throttling", every, every, func(c *cell) { c.playRollbackSurvived(iamproxy.Answer(http.StatusBadRequest, "Throttling")) }},
	{"AccessDenied, event again", every, every, (*cell).playRollbackDenied},
}

// A span is a number of consecutive calls: first is the number of the first call.
type span struct{ first, calls int }

// The ages of an abandoned event: of the first attempt, which asks CloudFormation only
// after its last write, and of the attempt that Lambda makes a minute later.
const (
	attempted = 10 * time.Second
	repeated  = 70 * time.Second
)

// abandon enters the operation's first state, makes CloudFormation abandon the operation and
// forget the stack, and returns the operation's request.
func (c *cell) abandon() (*cloudformation.Stack, cloudformation.Event) {
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

// sendAbandoned sends the abandoned event, and proves that nothing is left.
func (c *cell) sendAbandoned(s *cloudformation.Stack, e cloudformation.Event, fault iamproxy.Fault) {
	c.TB.Helper()
	c.isRolledBack(s, e, c.send(s, e, fault))
}

// isRolledBack proves that nothing is left once the abandoned event was answered.
func (c *cell) isRolledBack(s *cloudformation.Stack, e cloudformation.Event, answer cloudformation.Answer) {
	c.TB.Helper()
	c.Resources.Forget(s.ID, s.LogicalID)
	c.saysRolledBack(answer, e)
	c.nothingIsLeft()
}

// saysRolledBack proves that the answer to an abandoned event says that it was rolled back.
func (c *cell) saysRolledBack(answer cloudformation.Answer, e cloudformation.Event) {
	c.TB.Helper()
	c.Failed(answer, "no longer waits for this "+e.RequestType+"", "what this request had made was rolled back")
}

// again returns the event as Lambda delivers it the next time.
func (c *cell) again(e cloudformation.Event) cloudformation.Event {
	e.ResponseURL = c.URLs.URL(repeated)
	return e
}

// learnRollback learns which calls roll an abandoned operation back: from the first observation
// after the last write to the end of the second observation that finds nothing.
func (w *world) learnRollback(o operation) span {
	w.TB.Helper()
	c := &cell{world: w, operation: o}
	s, e := c.abandon()
	c.sendAbandoned(s, e, nil)
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
	return span{first: made + 1, calls: gone - made + 2*observation(calls[gone:])}
}

// observation returns the number of calls of one observation, which makes each call once.
func observation(calls []iamproxy.Call) int {
	for i, call := range calls {
		if slices.ContainsFunc(calls[:i], func(before iamproxy.Call) bool { return before.Form.Encode() == call.Form.Encode() }) {
			return i
		}
	}
	return len(calls)
}

// nth returns the number of the cell's call among all calls of the request.
func (c *cell) nth() int { return rollbacks[c.name].first + c.n - 1 }

// maxPlays is how often a cell is run at most until its call is made.
const maxPlays = 20

// untilMet abandons the operation, again and again until the request makes the call that
// the cell's fault is for. Only the second observation that finds nothing may not be made:
// the quiet period is limited in time, and on a very busy machine the first observation
// takes all of it. Then the request was rolled back without the fault, and the cell has
// proved nothing yet. It returns the last request and its answers.
func (c *cell) untilMet(play func(*cloudformation.Stack, cloudformation.Event)) (*cloudformation.Stack, cloudformation.Event, []cloudformation.Answer) {
	c.TB.Helper()
	for range maxPlays {
		s, e := c.abandon()
		play(s, e)
		answers := s.Answers(e)
		if len(c.Proxy.Calls()) >= c.nth() {
			return s, e, answers
		}
		if len(answers) != 1 {
			c.TB.Fatalf("%d answers though the fault was not met, want 1", len(answers))
		}
		c.isRolledBack(s, e, answers[0])
	}
	c.TB.Fatalf("call %d of the request has not come in %d plays", c.nth(), maxPlays)
	return nil, cloudformation.Event{}, nil
}

func (c *cell) playRollbackKilled(before bool) {
	s, e, answers := c.untilMet(func(_ *cloudformation.Stack, e cloudformation.Event) { c.Kill(e, iamproxy.Nth(c.nth()), before) })
	if len(answers) != 0 {
		c.TB.Errorf("%s was not killed: it answered %+v", e.RequestType, answers)
	}
	s.Use(c.Running())
	c.sendAbandoned(s, c.again(e), nil)
}

func (c *cell) playRollbackSurvived(effect iamproxy.Effect) {
	s, e, answers := c.untilMet(func(s *cloudformation.Stack, e cloudformation.Event) {
		c.send(s, e, iamproxy.On(iamproxy.Times(2, iamproxy.Same(c.nth())), effect))
	})
	c.isRolledBack(s, e, answers[0])
}

// playRollbackDenied proves that the answer to a denial during a rollback says which call was
// denied and how to find what is left, and that nothing is left once the event was delivered
// again.
func (c *cell) playRollbackDenied() {
	s, e, answers := c.untilMet(func(s *cloudformation.Stack, e cloudformation.Event) {
		c.send(s, e, iamproxy.On(iamproxy.Same(c.nth()), iamproxy.Denied()))
	})
	owner := "ray-iam:owner="
	if creates(c.operation) {
		owner += answers[0].PhysicalResourceID
	}
	c.Failed(answers[0], "could not be rolled back", owner, "AccessDenied: injected by the test", subject(c.Proxy.Calls()[c.nth()-1]))
	c.sendAbandoned(s, c.again(e), nil)
}
