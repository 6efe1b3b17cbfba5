package faults

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// groupFaults are the faults of each call with which a failed Update rolls back the worker
// group that it had begun to add.
var groupFaults = []fault{
	{"AccessDenied, rollback", every, none, (*cell).playGroupDenied},
	{"killed before the call, event again", every, none, func(c *cell) { c.playGroupKilled(true) }},
	{"killed after the call, event again", every, none, func(c *cell) { c.playGroupKilled(false) }},
}

// adding are the roles of the worker groups that the Updates add.
var adding = map[string]string{"Update": "ray-gpu", "Update back": "ray-cpu"}

// growing are the operations that add a worker group in place.
var growing = slices.DeleteFunc(slices.Clone(operations), func(o operation) bool { return adding[o.name] == "" })

// groupRollbacks has, by the operation's name, the calls that roll the group back, each as its
// encoded form. It is complete before any cell of TestGroupsRolledBack is run.
var groupRollbacks = map[string][]string{}

// TestGroupsRolledBack proves that nothing is left of a worker group that a failed Update had
// begun to add, if a call of the group's rollback is denied or the process is killed at it.
// After a denial, CloudFormation's own rollback removes the rest; after a kill, the retry does.
// Reference 5.18.
func TestGroupsRolledBack(t *testing.T) {
	learn(t)
	w := newWorld(t)
	for _, o := range growing {
		groupRollbacks[o.name] = (&cell{world: w, operation: o}).learnGroupRollback()
	}
	m := &matrix{title: "groups that are rolled back, of all", rows: groupFaults, columns: growing, each: func(o operation) int { return len(groupRollbacks[o.name]) }}
	m.play(t)
	checkout.Report(t, "faults-groups", m.String())
}

// attaches matches the call at which the Update fails: by then, the group has been begun.
func (c *cell) attaches(call iamproxy.Call) bool {
	return call.Action == "AttachRolePolicy" && call.Form.Get("RoleName") == adding[c.name]
}

// failing makes the Update fail after it has begun the group, with an effect on one call of
// the rollback; with no effect if form is empty.
func (c *cell) failing(form string, effect iamproxy.Effect) iamproxy.Fault {
	begun := false
	return func(call iamproxy.Call) iamproxy.Effect {
		switch {
		case c.attaches(call):
			begun = true
			return iamproxy.Denied()
		case begun && call.Form.Encode() == form:
			return effect
		}
		return iamproxy.Effect{}
	}
}

// learnGroupRollback returns the calls that roll the group back.
func (c *cell) learnGroupRollback() (forms []string) {
	c.TB.Helper()
	s, e := c.begin()
	answer := c.send(s, e, c.failing("", iamproxy.Effect{}))
	c.Failed(answer, "the worker groups that this Update had begun to add were removed again")
	calls := c.Proxy.Calls()
	for _, call := range calls[slices.IndexFunc(calls, c.attaches)+1:] {
		making := slices.ContainsFunc([]string{"Create", "Attach", "Put", "Add", "Tag"}, func(verb string) bool { return strings.HasPrefix(call.Action, verb) })
		if form := call.Form.Encode(); !making && strings.Contains(form, adding[c.name]) && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	for _, action := range []string{"DeleteRole", "DeleteInstanceProfile"} {
		if !slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(form, "Action="+action+"&") }) {
			c.TB.Fatalf("no %s among %q", action, forms)
		}
	}
	c.followedUp(s, answer)
	return forms
}

// rollbackCall returns the cell's call, which is one of the rollback of the group.
func (c *cell) rollbackCall() string { return groupRollbacks[c.name][c.n-1] }

func (c *cell) playGroupDenied() {
	s, e := c.begin()
	answer := c.send(s, e, c.failing(c.rollbackCall(), iamproxy.Denied()))
	c.Failed(answer, "AccessDenied", "could not be rolled back")
	c.followedUp(s, answer)
}

func (c *cell) playGroupKilled(before bool) {
	s, e := c.begin()
	first := c.Running()
	c.Proxy.Reset()
	c.Proxy.SetFault(c.failing(c.rollbackCall(), iamproxy.Then(before, first.Kill)))
	if outcome := first.Invoke(e.JSON(), cloudformation.DefaultTimeout); !outcome.Died {
		c.TB.Errorf("%s was not killed: %+v", e.RequestType, outcome)
	}
	c.Stop()
	e.ResponseURL = c.URLs.URL(time.Minute) // Lambda retries later
	c.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", c.physicalID)
	answer := c.send(s, e, c.failing("", iamproxy.Effect{}))
	c.Resources.Forget(s.ID, s.LogicalID)
	c.Failed(answer, "AccessDenied")
	for _, kind := range []string{"role ", "profile "} {
		if left := c.snapshot().Matching(kind + adding[c.name] + ":"); len(left) > 0 {
			c.TB.Errorf("the retry has left %v", left)
		}
	}
	c.followedUp(s, answer)
}
