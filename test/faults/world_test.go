package faults

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// A world is a rig with one stack in its account. It runs one cell of the matrix at a time.
type world struct {
	*rig.Rig
	stackID string

	at         string // the state of the account; empty if not known
	physicalID string
	successor  string // in the state both: the physical id of the set that has replaced the old one
}

func newWorld(t *testing.T) *world {
	w := &world{Rig: rig.New(t)}
	w.Env = []string{"RAYIAM_POLICY_MEMORY_SECONDS=0"} // so that an operation makes the same calls in a new process and in an old one
	w.stackID = "arn:aws:cloudformation:us-east-1:" + w.AccountID + ":stack/faults/11111111-2222-4333-8444-555555555555"
	return w
}

// stack returns the world's stack, whose resource has the declared properties.
func (w *world) stack(declared properties) *cloudformation.Stack {
	s := w.Stack()
	s.ID, s.PhysicalID, s.Properties = w.stackID, w.physicalID, declared
	return s
}

// snapshot reads the account without the parts that differ between worlds, so that it can
// be compared with another world's.
func (w *world) snapshot() rig.Snapshot {
	w.TB.Helper()
	snapshot := w.Roles().WithRecords()
	for i, line := range snapshot {
		snapshot[i] = w.normal(line)
	}
	return snapshot
}

var digits = regexp.MustCompile(`(ray-iam:owner=\S+)-[0-9a-f]{12}$`)

func (w *world) normal(line string) string {
	return digits.ReplaceAllString(strings.ReplaceAll(line, w.AccountID, "ACCOUNT"), "$1")
}

// holds fails the cell unless the account is in this state.
func (w *world) holds(what string, want rig.Snapshot) {
	w.TB.Helper()
	if diff := rig.Diff(want, w.snapshot()); diff != "" {
		w.TB.Errorf("%s: the account is not as it should be:\n%s", what, diff)
		w.at = ""
	}
}

// send delivers an event under a fault, and returns its answer.
func (w *world) send(s *cloudformation.Stack, e cloudformation.Event, fault iamproxy.Fault) cloudformation.Answer {
	w.TB.Helper()
	s.Use(w.Running())
	w.Proxy.Reset()
	w.Proxy.SetFault(fault)
	defer w.Proxy.SetFault(nil)
	return s.Send(e)
}

// succeeds delivers an event under a fault, and fails the cell unless the answer is
// SUCCESS.
func (w *world) succeeds(s *cloudformation.Stack, e cloudformation.Event, fault iamproxy.Fault) cloudformation.Answer {
	w.TB.Helper()
	answer := w.send(s, e, fault)
	w.OK(answer)
	return answer
}
