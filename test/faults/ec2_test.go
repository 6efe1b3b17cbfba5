package faults

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

var ec2Unavailable = iamproxy.EC2Answer(http.StatusServiceUnavailable, "Unavailable", "The service is unavailable.")

// ec2Faults are the faults of each call to EC2. The operation has its full effect in spite
// of each.
var ec2Faults = []fault{
	{"throttled", every, every, func(c *cell) { c.playEC2(iamproxy.EC2Throttled(), 2) }},
	{"unavailable", every, every, func(c *cell) { c.playEC2(ec2Unavailable, 2) }},
	{"connection dropped before the call", every, every, func(c *cell) { c.playEC2(iamproxy.DropBefore(), 2) }},
	{"connection dropped after the call", every, every, func(c *cell) { c.playEC2(iamproxy.DropAfter(), 2) }},
	{"silence", every, every, func(c *cell) { c.playEC2(iamproxy.Hang(), 1) }},
	{"throttled for ever", every, every, func(c *cell) { c.playEC2(iamproxy.EC2Throttled(), forEver) }},
	{"unavailable for ever", every, every, func(c *cell) { c.playEC2(ec2Unavailable, forEver) }},
	{"silent for ever", every, every, func(c *cell) { c.playEC2(iamproxy.Hang(), forEver) }},
	{"denied", every, every, func(c *cell) { c.playEC2(iamproxy.EC2Denied(), forEver) }},
	{"Region off", every, every, func(c *cell) { c.playEC2(iamproxy.EC2RegionOff(), forEver) }},
	{"profile unknown, twice", every, every, func(c *cell) { c.playEC2(iamproxy.EC2Unknown("p"), 2) }},
	{"profile without its role, twice", every, every, func(c *cell) { c.playEC2(iamproxy.EC2WithoutRole("p"), 2) }},
	{"killed before the call, event again", every, every, func(c *cell) { c.playEC2Killed(true, 0) }},
	{"killed after the call, event again", every, every, func(c *cell) { c.playEC2Killed(false, 0) }},
	{"killed while it waits, event again", makes, every, func(c *cell) { c.playEC2Killed(true, 1) }},
}

// inUse are the faults of each call to EC2 while an instance uses a profile that the
// operation deletes. A temporary fault does not hide the instance. If a fault does not end,
// the operation is done.
var inUse = []fault{
	{"no fault", every, every, func(c *cell) { c.playHeldUp(iamproxy.Effect{}, 0) }},
	{"throttled", every, every, func(c *cell) { c.playHeldUp(iamproxy.EC2Throttled(), 2) }},
	{"unavailable", every, every, func(c *cell) { c.playHeldUp(ec2Unavailable, 2) }},
	{"connection dropped before the call", every, every, func(c *cell) { c.playHeldUp(iamproxy.DropBefore(), 2) }},
	{"connection dropped after the call", every, every, func(c *cell) { c.playHeldUp(iamproxy.DropAfter(), 2) }},
	{"silence", every, every, func(c *cell) { c.playHeldUp(iamproxy.Hang(), 1) }},
	{"denied", every, every, func(c *cell) { c.playNotHeldUp(iamproxy.EC2Denied()) }},
	{"Region off", every, every, func(c *cell) { c.playNotHeldUp(iamproxy.EC2RegionOff()) }},
	{"throttled for ever", every, every, func(c *cell) { c.playNotHeldUp(iamproxy.EC2Throttled()) }},
	{"unavailable for ever", every, every, func(c *cell) { c.playNotHeldUp(ec2Unavailable) }},
	{"silent for ever", every, every, func(c *cell) { c.playNotHeldUp(iamproxy.Hang()) }},
	{"killed before the call, event again", every, every, func(c *cell) { c.playKilledHeldUp(true) }},
	{"killed after the call, event again", every, every, func(c *cell) { c.playKilledHeldUp(false) }},
}

const forEver = 1 << 30

// losing are the profiles that an operation deletes, one for each operation that deletes
// profiles.
var losing = map[string]string{"Delete": "ray-head", "Update": "ray-cpu", "Update back": "ray-gpu", "Cleanup": "ray-head"}

// ec2Operations are the columns of the matrix of EC2's faults.
var ec2Operations = append(slices.Clone(operations), cleanup)

// deleting are the operations that delete profiles.
var deleting = func() (all []operation) {
	for _, o := range ec2Operations {
		if losing[o.name] != "" {
			all = append(all, o)
		}
	}
	return all
}()

// TestEC2Matrix proves that every operation has its full effect in spite of every fault at
// every call to EC2, and that an operation that deletes a profile changes nothing while an
// instance uses it.
// Reference 14.1, 14.5, 14.7.
func TestEC2Matrix(t *testing.T) {
	t.Parallel()
	learn(t)
	calls := learnEC2(t)
	m := &matrix{title: "EC2's faults: cells that hold, of all", rows: ec2Faults, columns: ec2Operations, each: func(o operation) int { return calls[o.name] }}
	m.play(t)
	checkout.Report(t, "faults-ec2", m.String())
	held := &matrix{title: "in use: cells that hold, of all", rows: inUse, columns: deleting, each: func(operation) int { return 1 }}
	held.play(t)
	checkout.Report(t, "faults-in-use", held.String())
}

// learnEC2 returns how many calls to EC2 each operation makes when nothing goes wrong.
func learnEC2(t *testing.T) map[string]int {
	t.Helper()
	calls := map[string]int{}
	w := newWorld(t)
	for _, o := range ec2Operations {
		w.enter(o.from)
		s := w.stack(declared[o.from])
		w.EC2.Reset()
		answer := w.succeeds(s, waiting(o.event(s)), settled)
		calls[o.name] = len(w.EC2.Calls())
		if calls[o.name] == 0 {
			t.Errorf("%s makes no call to EC2, want at least one", o.name)
		}
		w.cleanUp(s, o, answer)
		w.at = o.to
	}
	return calls
}

// waiting returns the event with a propagation wait.
func waiting(e cloudformation.Event) cloudformation.Event {
	if e.RequestType != "Delete" {
		e.ResourceProperties = e.ResourceProperties.With(properties{"PropagationWaitSeconds": 1})
	}
	return e
}

// settled makes IAM answer that everything is older than the wait, so that EC2 is asked
// only about new profiles, however fast the account's state was made.
func settled(iamproxy.Call) iamproxy.Effect { return iamproxy.Aged(time.Hour) }

// question matches the n-th call to EC2 and its retries.
func question(n int) func(iamproxy.Call) bool {
	asked := ""
	return func(c iamproxy.Call) bool {
		this := c.Action + c.Form.Get("IamInstanceProfile.Arn")
		if c.N == n {
			asked = this
		}
		return this == asked
	}
}

// playEC2 proves that the operation has its full effect in spite of the fault.
func (c *cell) playEC2(effect iamproxy.Effect, times int) {
	s, e := c.begin()
	c.EC2.Reset()
	c.EC2.SetFault(iamproxy.On(iamproxy.Times(times, question(c.n)), effect))
	defer c.EC2.SetFault(nil)
	answer := c.succeeds(s, waiting(e), settled)
	c.EC2.SetFault(nil)
	if calls := len(c.EC2.Calls()); calls < c.n {
		c.TB.Errorf("%d calls to EC2: the fault was not met", calls)
	}
	c.ended(s, answer)
}

// playEC2Killed proves that the operation, sent again, has its full effect after the
// process was killed at the n-th call to EC2. In an operation that waits, EC2 first answers
// this many times that it does not know the profile, and the process is killed at the next
// call.
func (c *cell) playEC2Killed(before bool, unknown int) {
	s, e := c.begin()
	e = waiting(e)
	if outcome := c.killedAtEC2(e, c.n, before, unknown); !outcome.Died {
		c.TB.Errorf("%s was not killed: %+v", e.RequestType, outcome)
	}
	c.ended(s, c.succeeds(s, e, settled))
}

// killedAtEC2 sends an event, kills the process at a call to EC2, and returns how the
// invocation ended.
func (c *cell) killedAtEC2(e cloudformation.Event, n int, before bool, unknown int) lambdaruntime.Outcome {
	c.TB.Helper()
	f := c.Running()
	c.Proxy.SetFault(settled)
	defer c.Proxy.SetFault(nil)
	c.EC2.Reset()
	same := question(n)
	c.EC2.SetFault(func(call iamproxy.Call) iamproxy.Effect {
		switch {
		case !same(call):
			return iamproxy.Effect{}
		case call.Action == "RunInstances" && unknown > 0:
			unknown--
			return iamproxy.EC2Unknown("p")
		}
		return iamproxy.Then(before, f.Kill)
	})
	defer c.EC2.SetFault(nil)
	outcome := f.Invoke(e.JSON(), cloudformation.DefaultTimeout)
	c.Stop()
	return outcome
}

// playHeldUp proves that the operation changes nothing while an instance uses what the
// operation deletes, and that CloudFormation's next request has its full effect once the
// instance is gone.
func (c *cell) playHeldUp(effect iamproxy.Effect, times int) {
	c.heldUp(func(cloudformation.Event) error {
		c.EC2.Reset()
		c.EC2.SetFault(iamproxy.On(iamproxy.Times(times, question(1)), effect))
		return nil
	})
}

// playKilledHeldUp proves the same if the process is killed at a call to EC2 and the event
// comes again.
func (c *cell) playKilledHeldUp(before bool) {
	c.heldUp(func(e cloudformation.Event) error {
		if outcome := c.killedAtEC2(e, 1, before, 0); !outcome.Died {
			return fmt.Errorf("%s was not killed: %+v", e.RequestType, outcome)
		}
		return nil
	})
}

// heldUp runs fails, which may kill the process, and then sends the operation. On a very
// busy machine EC2's stand-in may answer later than the function waits. The function then
// does the operation, and logs that EC2 did not answer. The cell is then run again.
func (c *cell) heldUp(fails func(cloudformation.Event) error) {
	c.TB.Helper()
	for range 5 {
		s, e := c.begin()
		machine := c.Launch("us-east-1", losing[c.name], "research", 1)
		first := c.Running()
		logged := len(first.Log())
		err := fails(e)
		answer := c.send(s, e, nil)
		c.EC2.SetFault(nil)
		log := first.Log()[logged:]
		if second := c.Running(); second != first {
			log += second.Log()
		}
		if strings.Contains(log, "going on without knowing whether instances use what is deleted") {
			machine.Terminate()
			c.at = ""
			continue
		}
		if err != nil {
			c.TB.Error(err)
		}
		c.Failed(answer, "nothing was changed: 1 EC2 instance uses", machine.IDs[0])
		c.holds("held up", references[c.name].before)
		machine.Terminate()
		c.followedUp(s, answer)
		return
	}
	c.TB.Error("EC2's stand-in answered too late five times")
}

// playNotHeldUp proves that the operation has its full effect, as if there were no
// instance.
func (c *cell) playNotHeldUp(effect iamproxy.Effect) {
	s, e := c.begin()
	c.Launch("us-east-1", losing[c.name], "research", 1)
	c.EC2.SetFault(iamproxy.On(iamproxy.Every, effect))
	defer c.EC2.SetFault(nil)
	answer := c.succeeds(s, e, nil)
	c.EC2.SetFault(nil)
	c.ended(s, answer)
}
