package faults

import (
	"maps"
	"net/http"
	"slices"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// A cell is one operation with one fault at its n-th call.
type cell struct {
	*world
	operation
	fault fault
	n     int
}

// A fault is a row of the matrix.
type fault struct {
	name string
	is   func(operation) bool // the operations that the row has cells for
	slow func(operation) bool // whether the cell mostly waits
	play func(*cell)
}

func every(operation) bool      { return true }
func none(operation) bool       { return false }
func creates(o operation) bool  { return o.request == "Create" }
func updates(o operation) bool  { return o.request == "Update" }
func replaces(o operation) bool { return o.replaces() }

// generatedID is an id of the form that CloudFormation makes up for a Create that never
// answered.
const generatedID = "faults-RayIAM-1ABCDEFGHIJKL"

// faults are the rows of the matrix.
var faults = []fault{
	{"killed before the call, event again", every, none, func(c *cell) { c.playRetried(true) }},
	{"killed after the call, event again", every, none, func(c *cell) { c.playRetried(false) }},
	{"killed before the call, Delete", creates, none, func(c *cell) { c.playDeleted(true, c.ownID()) }},
	{"killed after the call, Delete", creates, none, func(c *cell) { c.playDeleted(false, c.ownID()) }},
	{"killed before the call, Delete with a generated id", creates, every, func(c *cell) { c.playDeleted(true, generatedID) }},
	{"killed after the call, Delete with a generated id", creates, every, func(c *cell) { c.playDeleted(false, generatedID) }},
	{"killed before the call, rollback", updates, replaces, func(c *cell) { c.playRolledBack(true) }},
	{"killed after the call, rollback", updates, replaces, func(c *cell) { c.playRolledBack(false) }},
	{"superseded at the call by its Delete", creates, every, func(c *cell) { c.playSuperseded(false) }},
	{"held at the call until its Delete is over", creates, every, func(c *cell) { c.playSuperseded(true) }},
	{"superseded at the call by its rollback", replaces, every, func(c *cell) { c.playSuperseded(false) }},
	{"held at the call until its rollback is over", replaces, every, func(c *cell) { c.playSuperseded(true) }},
	{"connection dropped before the call", every, none, func(c *cell) { c.playSurvived(iamproxy.DropBefore(), 2) }},
	{"connection dropped after the call", every, none, func(c *cell) { c.playSurvived(iamproxy.DropAfter(), 2) }},
	{"Throttling", every, none, func(c *cell) { c.playSurvived(iamproxy.Answer(http.StatusBadRequest, "Throttling"), 2) }},
	{"ConcurrentModification", every, none, func(c *cell) { c.playSurvived(iamproxy.Answer(http.StatusConflict, "ConcurrentModification"), 2) }},
	{"EntityTemporarilyUnmodifiable", every, none, func(c *cell) {
		c.playSurvived(iamproxy.Answer(http.StatusConflict, "EntityTemporarilyUnmodifiable"), 2)
	}},
	{"ServiceFailure", every, none, func(c *cell) { c.playSurvived(iamproxy.Answer(http.StatusInternalServerError, "ServiceFailure"), 2) }},
	{"503", every, none, func(c *cell) { c.playSurvived(iamproxy.Effect{Instead: unavailable}, 2) }},
	{"silence", every, every, func(c *cell) { c.playSurvived(iamproxy.Hang(), 1) }},
	{"AccessDenied", every, replaces, (*cell).playDenied},
	{"AccessDenied, no rollback, Delete", updates, none, (*cell).playNotRolledBack},
	{"AccessDenied that passes", every, none, (*cell).playPassing},
	{"denied by a service control policy", every, replaces, (*cell).playExplicit},
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

// begin enters the operation's first state and returns its request.
func (c *cell) begin() (*cloudformation.Stack, cloudformation.Event) {
	c.TB.Helper()
	c.enter(c.from)
	s := c.stack(declared[c.from])
	return s, c.event(s)
}

// playSurvived proves that the operation has its full effect in spite of the fault.
func (c *cell) playSurvived(effect iamproxy.Effect, times int) {
	s, e := c.begin()
	answer := c.succeeds(s, e, iamproxy.On(iamproxy.Times(times, iamproxy.Same(c.n)), effect))
	c.met()
	c.ended(s, answer)
}

// met proves that the last request has made the cell's call.
func (c *cell) met() {
	c.TB.Helper()
	if calls := len(c.Proxy.Calls()); calls < c.n {
		c.TB.Errorf("%d calls: the fault was not met", calls)
	}
}

// subject returns the role, instance profile or policy that a call names.
func subject(call iamproxy.Call) string {
	for _, parameter := range []string{"RoleName", "InstanceProfileName", "PolicyArn"} {
		if name := call.Form.Get(parameter); name != "" {
			return name
		}
	}
	return "no name in " + call.Form.Encode()
}

// playRetried proves that the same event, sent to a new process, leads to the state that
// the killed process would have reached.
func (c *cell) playRetried(before bool) {
	s, e := c.begin()
	c.Killed(e, iamproxy.Nth(c.n), before)
	c.ended(s, c.succeeds(s, e, nil))
}

// ended proves that the operation has its full effect and its full answer.
func (c *cell) ended(s *cloudformation.Stack, answer cloudformation.Answer) {
	c.TB.Helper()
	ref := references[c.name]
	if id, data := c.answered(answer); id != ref.id || !maps.Equal(data, ref.data) {
		c.TB.Errorf("answered %q and %v, want %q and %v", id, data, ref.id, ref.data)
	}
	c.cleanUp(s, c.operation, answer)
	c.at = c.to
	c.holds("at the end", ref.after)
}

// playDeleted proves that a Delete removes everything that a Create which never answered
// has made.
func (c *cell) playDeleted(before bool, id string) {
	s, e := c.begin()
	c.Killed(e, iamproxy.Nth(c.n), before)
	c.deleted(s, id)
}

// deleted sends a Delete, and proves that nothing of the resource is left.
func (c *cell) deleted(s *cloudformation.Stack, id string) {
	c.TB.Helper()
	c.succeeds(s, c.deletion(s, id), nil)
	c.nothingIsLeft()
}

func (c *cell) deletion(s *cloudformation.Stack, id string) cloudformation.Event {
	e := s.Event("Delete", declared[c.to])
	e.PhysicalResourceID = id
	return e
}

// nothingIsLeft proves that the account is in the state before the Create.
func (c *cell) nothingIsLeft() {
	c.TB.Helper()
	if c.from == byHand {
		c.at = released
		c.released()
		return
	}
	c.at = c.from
	c.holds("in the end", references[c.name].before)
}

// playRolledBack proves that the Update with swapped properties restores the state before.
func (c *cell) playRolledBack(before bool) {
	s, e := c.begin()
	c.Killed(e, iamproxy.Nth(c.n), before)
	c.rolledBack(s)
}

func (c *cell) rolledBack(s *cloudformation.Stack) {
	c.TB.Helper()
	answer := c.succeeds(s, s.Rollback(declared[c.to]), nil)
	if answer.PhysicalResourceID != c.physicalID {
		c.TB.Errorf("the rollback answered %q, want %q", answer.PhysicalResourceID, c.physicalID)
	}
	c.at = c.from
	c.holds("after the rollback", references[c.name].before)
}

// playDenied proves that a denial ends the operation at once, with IAM's words, and that
// CloudFormation's next request restores the state before. A replacement that fails after its
// first write says that the old set was not changed.
func (c *cell) playDenied() {
	s, e := c.begin()
	denials := 0
	same := iamproxy.Same(c.n)
	answer := c.send(s, e, iamproxy.On(func(call iamproxy.Call) bool {
		if !same(call) {
			return false
		}
		denials++
		return true
	}, iamproxy.Denied()))
	c.Failed(answer, "AccessDenied: injected by the test")
	if denials != 1 {
		c.TB.Errorf("%d denials, want the call once", denials)
	}
	if c.replaces() {
		if slices.ContainsFunc(c.Proxy.Calls()[:c.n], iamproxy.Call.Writes) {
			c.Failed(answer, "the old set was not changed")
		}
		c.holds("after the failed replacement", references[c.name].before)
	}
	c.followedUp(s, answer)
}

// followedUp proves that CloudFormation's next request after a failure restores the state
// before, or deletes everything.
func (c *cell) followedUp(s *cloudformation.Stack, answer cloudformation.Answer) {
	c.TB.Helper()
	switch c.request {
	case "Create":
		c.deleted(s, answer.PhysicalResourceID)
	case "Delete":
		c.ended(s, c.succeeds(s, c.event(s), nil))
	case "Update":
		if answer.PhysicalResourceID != c.physicalID {
			c.TB.Errorf("a failed Update answered %q, want %q", answer.PhysicalResourceID, c.physicalID)
		}
		c.rolledBack(s)
	}
}

// ownID returns the physical id that a Create's resource has, which it reads in the answer
// to a Create that is refused before any write.
func (c *cell) ownID() string {
	c.TB.Helper()
	s := c.stack(nil)
	return c.send(s, s.Event("Create", declared[c.to].With(properties{"PropagationWaitSeconds": -1})), nil).PhysicalResourceID
}

// answered returns the id and the attributes of an answer, without the parts that differ
// between worlds.
func (w *world) answered(a cloudformation.Answer) (id string, data map[string]string) {
	id = a.PhysicalResourceID
	if len(id) > 12 {
		id = id[:len(id)-12]
	}
	data = map[string]string{}
	for key, value := range a.Data {
		data[key] = w.normal(value)
	}
	return id, data
}
