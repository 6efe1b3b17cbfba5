package faults

import (
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// patient enters the operation's first state, and returns a stack whose process has just
// started and retries denials that may be temporary. In the other cells a denial is final,
// so that nothing waits for it to end.
func (c *cell) patient() (*cloudformation.Stack, cloudformation.Event) {
	c.TB.Helper()
	s, e := c.begin()
	c.Stop()
	c.Function = c.Start("RAYIAM_DENIAL_PATIENCE_SECONDS=30")
	return s, e
}

// playPassing proves that the operation succeeds in spite of a denial that ends.
func (c *cell) playPassing() {
	s, e := c.patient()
	defer c.Stop()
	answer := c.succeeds(s, e, iamproxy.On(iamproxy.Times(2, iamproxy.Same(c.n)), iamproxy.DeniedWith(iamproxy.Implicit)))
	c.met()
	c.ended(s, answer)
}

// playExplicit proves that an explicit denial is not retried, and that its Reason names the
// kind of policy that denies.
func (c *cell) playExplicit() {
	s, e := c.patient()
	defer c.Stop()
	match, attempts := iamproxy.Same(c.n), 0
	answer := c.send(s, e, func(call iamproxy.Call) iamproxy.Effect {
		if !match(call) {
			return iamproxy.Effect{}
		}
		attempts++
		return iamproxy.DeniedWith(iamproxy.Explicit)
	})
	c.Failed(answer, "AccessDenied", "a service control policy of the AWS organization forbids this")
	if attempts != 1 {
		c.TB.Errorf("%d attempts at what is denied explicitly, want 1", attempts)
	}
	c.followedUp(s, answer)
}

// playNotRolledBack proves that nothing is left of a denied Update although rollbacks are
// switched off: the next request is a Delete with the old properties.
func (c *cell) playNotRolledBack() {
	s, e := c.begin()
	c.Failed(c.send(s, e, iamproxy.On(iamproxy.Same(c.n), iamproxy.Denied())), "AccessDenied")
	gone := s.Event("Delete", declared[c.from])
	gone.PhysicalResourceID = c.physicalID
	c.succeeds(s, gone, nil)
	c.at, c.physicalID = empty, ""
	c.holds("after the Delete", references["Create"].before)
}

// playLate proves that the operation has its full effect although IAM denies calls because
// it does not see new rights or tags yet.
func (c *cell) playLate(fault iamproxy.Fault) {
	s, e := c.patient()
	defer c.Stop()
	c.ended(s, c.succeeds(s, e, fault))
}

// playLateAndDenied proves that the Delete after a denied Create removes what the Create
// made, although IAM does not see the new tags yet.
func (c *cell) playLateAndDenied() {
	s, e := c.patient()
	defer c.Stop()
	late := iamproxy.LateTags(8*time.Second, 1)
	c.Failed(c.send(s, e, func(call iamproxy.Call) iamproxy.Effect {
		if call.Action == "AddRoleToInstanceProfile" {
			return iamproxy.DeniedWith(iamproxy.Explicit)
		}
		return late(call)
	}), "service control policy")
	c.succeeds(s, c.deletion(s, c.ownID()), late)
	c.nothingIsLeft()
}
