package faults

import (
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/test/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/iamaccount"
	"github.com/ray-iam/custom-rayiam/test/iamproxy"
)

// A cell is one operation with one fault at its n-th call to IAM.
type cell struct {
	*world
	operation
	n int
}

// A fault is a row of the matrix.
type fault struct {
	name     string
	requests string // the request types it is for; empty for all
	slow     bool   // waits more than it works
	play     func(*cell)
}

func (f fault) isFor(o operation) bool { return f.requests == "" || f.requests == o.request }

// madeUp is an id as CloudFormation makes one up for a Create that never answered.
const madeUp = "faults-RayIAM-1ABCDEFGHIJKL"

// faults are the rows of the matrix.
var faults = []fault{
	{"killed before the call, event again", "", false, func(c *cell) { c.playRetried(true) }},
	{"killed after the call, event again", "", false, func(c *cell) { c.playRetried(false) }},
	{"killed before the call, Delete", "Create", false, func(c *cell) { c.playDeleted(true, c.ownID()) }},
	{"killed after the call, Delete", "Create", false, func(c *cell) { c.playDeleted(false, c.ownID()) }},
	{"killed before the call, Delete with a made-up id", "Create", true, func(c *cell) { c.playDeleted(true, madeUp) }},
	{"killed after the call, Delete with a made-up id", "Create", true, func(c *cell) { c.playDeleted(false, madeUp) }},
	{"killed before the call, rollback", "Update", false, func(c *cell) { c.playRolledBack(true) }},
	{"killed after the call, rollback", "Update", false, func(c *cell) { c.playRolledBack(false) }},
	{"connection dropped before the call", "", false, func(c *cell) { c.playSurvived(iamproxy.DropBefore(), 2) }},
	{"connection dropped after the call", "", false, func(c *cell) { c.playSurvived(iamproxy.DropAfter(), 2) }},
	{"Throttling", "", false, func(c *cell) { c.playSurvived(iamproxy.Answer(http.StatusBadRequest, "Throttling"), 2) }},
	{"ConcurrentModification", "", false, func(c *cell) { c.playSurvived(iamproxy.Answer(http.StatusConflict, "ConcurrentModification"), 2) }},
	{"EntityTemporarilyUnmodifiable", "", false, func(c *cell) {
		c.playSurvived(iamproxy.Answer(http.StatusConflict, "EntityTemporarilyUnmodifiable"), 2)
	}},
	{"ServiceFailure", "", false, func(c *cell) { c.playSurvived(iamproxy.Answer(http.StatusInternalServerError, "ServiceFailure"), 2) }},
	{"503", "", false, func(c *cell) { c.playSurvived(iamproxy.Effect{Instead: unavailable}, 2) }},
	{"silence", "", true, func(c *cell) { c.playSurvived(iamproxy.Hang(), 1) }},
	{"AccessDenied", "", false, (*cell).playDenied},
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

// begin enters the operation's first state and returns its request.
func (c *cell) begin() (*cloudformation.Stack, cloudformation.Event) {
	c.tb.Helper()
	c.enter(c.from)
	s := c.stack(declared[c.from])
	return s, c.event(s)
}

// playSurvived holds that the operation ends as if nothing had been.
func (c *cell) playSurvived(effect iamproxy.Effect, times int) {
	s, e := c.begin()
	c.ended(s, c.succeeds(s, e, iamproxy.On(iamproxy.Times(times, iamproxy.Same(c.n)), effect)))
}

// playRetried holds that the next process, with the same event, ends where the killed
// one would have.
func (c *cell) playRetried(before bool) {
	s, e := c.begin()
	c.killed(e, c.n, before)
	c.ended(s, c.succeeds(s, e, nil))
}

// ended holds that the operation has had its full effect and its full answer.
func (c *cell) ended(s *cloudformation.Stack, answer cloudformation.Answer) {
	c.tb.Helper()
	ref := references[c.name]
	if id, data := c.answered(answer); id != ref.id || !maps.Equal(data, ref.data) {
		c.tb.Errorf("answered %q and %v, want %q and %v", id, data, ref.id, ref.data)
	}
	c.cleanUp(s, c.operation, answer)
	c.at = c.to
	c.holds("at the end", ref.after)
}

// playDeleted holds that a Create which never answered leaves nothing once a Delete
// has come.
func (c *cell) playDeleted(before bool, id string) {
	s, e := c.begin()
	c.killed(e, c.n, before)
	c.deleted(s, id)
}

// deleted sends a Delete and holds that nothing of the resource is left.
func (c *cell) deleted(s *cloudformation.Stack, id string) {
	c.tb.Helper()
	e := s.Event("Delete", declared[c.to])
	e.PhysicalResourceID = id
	c.succeeds(s, e, nil)
	if c.from == recipe {
		c.at = ""
		c.released()
		return
	}
	c.at = c.from
	c.holds("after the Delete", references[c.name].before)
}

// playRolledBack holds that the swapped Update brings back what was there.
func (c *cell) playRolledBack(before bool) {
	s, e := c.begin()
	c.killed(e, c.n, before)
	c.rolledBack(s)
}

func (c *cell) rolledBack(s *cloudformation.Stack) {
	c.tb.Helper()
	e := s.Event("Update", declared[c.from])
	e.OldResourceProperties = declared[c.to]
	answer := c.succeeds(s, e, nil)
	if answer.PhysicalResourceID != c.physicalID {
		c.tb.Errorf("the rollback answered %q, want %q", answer.PhysicalResourceID, c.physicalID)
	}
	c.at = c.from
	c.holds("after the rollback", references[c.name].before)
}

// playDenied holds that a denial ends the operation at once, with IAM's words, and
// that what CloudFormation sends then leaves things as they were.
func (c *cell) playDenied() {
	s, e := c.begin()
	start := time.Now()
	answer := c.send(s, e, iamproxy.On(iamproxy.Same(c.n), iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
	c.within(start, 5*time.Second, "the denial")
	if answer.OK() || !strings.Contains(answer.Reason, "AccessDenied: injected by the test") {
		c.tb.Fatalf("answered %s %q, want FAILED with IAM's words", answer.Status, answer.Reason)
	}
	switch c.request {
	case "Create":
		c.deleted(s, answer.PhysicalResourceID)
	case "Delete":
		c.ended(s, c.succeeds(s, c.event(s), nil))
	case "Update":
		if answer.PhysicalResourceID != c.physicalID {
			c.tb.Errorf("a failed Update answered %q, want %q", answer.PhysicalResourceID, c.physicalID)
		}
		if c.replaces() {
			c.holds("after the failed replacement", references[c.name].before)
		}
		c.rolledBack(s)
	}
}

var adoptable = regexp.MustCompile(`^role ray-(head|worker): (attached|inline|trusts)`)

// released holds that what was adopted is there and nobody's, whatever its policies.
func (c *cell) released() {
	c.tb.Helper()
	bare := func(snapshot iamaccount.Snapshot) (lines iamaccount.Snapshot) {
		for _, line := range snapshot {
			if !adoptable.MatchString(line) {
				lines = append(lines, line)
			}
		}
		return lines
	}
	if diff := iamaccount.Diff(bare(references[c.name].before), bare(c.snapshot())); diff != "" {
		c.tb.Errorf("after the release the account is not as it was before:\n%s", diff)
	}
}

// ownID returns the id that the resource of a Create has, learnt from one that is
// refused before anything is done.
func (c *cell) ownID() string {
	c.tb.Helper()
	s := c.stack(nil)
	return c.send(s, s.Event("Create", declared[c.to].With(properties{"PropagationWaitSeconds": -1})), nil).PhysicalResourceID
}

// answered returns the id and the attributes of an answer without what is particular
// to the world.
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
