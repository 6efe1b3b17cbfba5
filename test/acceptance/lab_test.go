// Package acceptance tests the guarantees of docs/reference.md on the built function, from
// outside: under the Lambda Runtime API, with moto as IAM, and with the events and checks of
// CloudFormation. Each test names the guarantees that it proves.
package acceptance

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestMain builds the function with the race detector. More tests run at once than there
// are processors, because tests mostly wait.
func TestMain(m *testing.M) {
	rig.Main(m, rig.Suite{Race: true, Flags: map[string]string{"test.parallel": "16"}})
}

type properties = cloudformation.Properties

// quick are the properties of most tests: there is no propagation wait.
var quick = properties{"PropagationWaitSeconds": 0}

// tags returns tags with these keys and values, in turn.
func tags(pairs ...string) []any {
	var list []any
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]any{"Key": pairs[i], "Value": pairs[i+1]})
	}
	return list
}

// A lab is a rig whose account also has a foreign role, profile and policy.
type lab struct {
	*rig.Rig
	foreign rig.Snapshot
}

// newLab makes a lab. The test runs in parallel with others.
func newLab(t *testing.T) *lab {
	t.Helper()
	t.Parallel()
	l := &lab{Rig: rig.New(t)}
	l.Keep = []string{foreign}
	t.Cleanup(l.foreignIsUntouched)
	l.keepForeign()
	l.Running()
	return l
}

// created returns a stack whose resource was created with these properties.
func (l *lab) created(p properties) *cloudformation.Stack {
	l.TB.Helper()
	s := l.Stack()
	create, _ := s.Create(p)
	l.OK(create)
	return s
}

// updated updates the stack and fails the test unless that succeeds in place.
func (l *lab) updated(s *cloudformation.Stack, p properties) {
	l.TB.Helper()
	id := s.PhysicalID
	answer, _ := s.Update(p)
	l.OK(answer)
	if answer.PhysicalResourceID != id {
		l.TB.Errorf("updated to %q, want %q in place", answer.PhysicalResourceID, id)
	}
}

// stackID returns the physical id that the stack's resource has under another prefix, which
// it reads in the answer to a Create that is refused.
func (l *lab) stackID(s *cloudformation.Stack, prefix string) string {
	l.TB.Helper()
	answer := s.Send(s.Event("Create", properties{"NamePrefix": prefix, "Unknown": 1}))
	l.Failed(answer, "Unknown")
	return answer.PhysicalResourceID
}

// unchanged fails the test if the account's snapshot differs from before.
func (l *lab) unchanged(before rig.Snapshot, what string) {
	l.TB.Helper()
	if diff := rig.Diff(before, l.Snapshot()); diff != "" {
		l.TB.Errorf("%s changed the account:\n%s", what, diff)
	}
}

// has fails the test unless each of the facts is a line of the account's snapshot.
func (l *lab) has(facts ...string) {
	l.TB.Helper()
	l.holds(true, facts)
}

// hasNot fails the test if one of the facts is a line of the account's snapshot.
func (l *lab) hasNot(facts ...string) {
	l.TB.Helper()
	l.holds(false, facts)
}

func (l *lab) holds(want bool, facts []string) {
	l.TB.Helper()
	snapshot := l.Snapshot()
	for _, fact := range facts {
		if got := len(snapshot.Matching(fact)) > 0; got != want {
			l.TB.Errorf("the account has %q: %v, want %v\n%s", fact, got, want, snapshot)
		}
	}
}

// writesNothing fails the test if anything has been written since the proxy's last Reset.
func (l *lab) writesNothing(what string) {
	l.TB.Helper()
	if writes := l.Proxy.Writes(); len(writes) != 0 {
		l.TB.Errorf("%s: writes %v, want none", what, writes)
	}
}

// isComplete fails the test if an Update to the declared properties writes anything.
func (l *lab) isComplete(s *cloudformation.Stack, p properties) {
	l.TB.Helper()
	l.Proxy.Reset()
	l.updated(s, p)
	l.writesNothing("what is not as declared")
}

// denyFor makes IAM deny one action on one role or instance profile.
func (l *lab) denyFor(action, name string) {
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return c.Action == action && (c.Form.Get("RoleName") == name || c.Form.Get("InstanceProfileName") == name)
	}, iamproxy.Denied()))
}
