package weaken

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A Trial keeps which weakened forms have made a case fail: a dangerous call that they
// allow. The zero Trial is ready for use.
type Trial struct {
	failed map[string]bool // by the form's name
	asked  int
}

// Survives takes a form in, and reports whether it has made no case fail so far.
func (t *Trial) Survives(name string) bool {
	if t.failed == nil {
		t.failed = map[string]bool{}
	}
	failed := t.failed[name]
	t.failed[name] = failed
	return !failed
}

// Judge has the simulator decide on dangerous calls. Each has the name of the form under
// which it is made.
func (t *Trial) Judge(tb testing.TB, cases []policysim.Case) {
	tb.Helper()
	for i, got := range policysim.Evaluate(tb, cases) {
		if got == policysim.Allowed {
			t.failed[cases[i].Name] = true
		}
	}
	t.asked += len(cases)
}

// Survivors returns the names of the forms that have made no case fail, sorted.
func (t *Trial) Survivors() []string {
	var names []string
	for name, failed := range t.failed {
		if !failed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Asked is how many authorizations were judged.
func (t *Trial) Asked() int { return t.asked }

// String sums the trial up.
func (t *Trial) String() string {
	return fmt.Sprintf("%d weakened forms, %d of them make a case fail, by %d authorizations", len(t.failed), len(t.failed)-len(t.Survivors()), t.asked)
}
