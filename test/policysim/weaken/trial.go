package weaken

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A Trial records which weakened forms make a case fail: the form allows a dangerous call.
// The zero Trial is ready for use.
type Trial struct {
	failed map[string]bool // by the form's name
	asked  int
}

// Survives records a form, and reports whether the form has made no case fail so far.
func (t *Trial) Survives(name string) bool {
	if t.failed == nil {
		t.failed = map[string]bool{}
	}
	failed := t.failed[name]
	t.failed[name] = failed
	return !failed
}

// Judge evaluates dangerous calls. The name of each case is the weakened form under which
// the call is made.
func (t *Trial) Judge(tb testing.TB, cases []policysim.Case) {
	tb.Helper()
	if len(cases) == 0 {
		return
	}
	for i, got := range policysim.Evaluate(tb, cases) {
		if got == policysim.Allowed {
			t.failed[cases[i].Name] = true
		}
	}
	t.asked += len(cases)
}

// A Policy has the statements that a Trial weakens, and the calls that the policy denies.
type Policy struct {
	Statements []Statement
	Denied     Denied
}

// few is a number of cases that is usually enough to show that a form is weaker.
const few = 6

// Run evaluates every form of every statement of the policies. It first tries a few cases
// of each form. If none of these fails, it tries all cases of the form.
func (t *Trial) Run(tb testing.TB, policies []Policy) {
	tb.Helper()
	byForm := map[string][]policysim.Case{}
	for _, p := range policies {
		first := map[string][]policysim.Case{}
		for i, st := range p.Statements {
			for _, m := range forms(st) {
				cases := m.Against(p.Statements, i, p.Denied)
				byForm[m.Name] = append(byForm[m.Name], cases...)
				if t.Survives(m.Name) {
					first[m.Name] = spread(cases, few)
				}
			}
		}
		t.Judge(tb, inOrder(first))
	}
	maps.DeleteFunc(byForm, func(name string, _ []policysim.Case) bool { return !t.Survives(name) })
	t.Judge(tb, inOrder(byForm))
}

// inOrder returns all cases, in the order of their forms' names.
func inOrder(byForm map[string][]policysim.Case) []policysim.Case {
	var all []policysim.Case
	for _, name := range slices.Sorted(maps.Keys(byForm)) {
		all = append(all, byForm[name]...)
	}
	return all
}

// spread returns at most this many of the cases, evenly distributed.
func spread(cases []policysim.Case, most int) []policysim.Case {
	if len(cases) <= most {
		return cases
	}
	some := make([]policysim.Case, most)
	for i := range some {
		some[i] = cases[i*len(cases)/most]
	}
	return some
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

// Hold fails the test unless every form makes a case fail. The forms in equivalent are
// exceptions: they allow nothing more than the statement, for the reason that is listed.
func (t *Trial) Hold(tb testing.TB, equivalent map[string]string) {
	tb.Helper()
	survivors := t.Survivors()
	for _, name := range survivors {
		if equivalent[name] == "" {
			tb.Errorf("a weakened form allows no dangerous call, want it to allow one: %s", name)
		}
	}
	for name := range equivalent {
		if !slices.Contains(survivors, name) {
			tb.Errorf("listed as equivalent, but there is no such weakened form, or it allows a dangerous call: %s", name)
		}
	}
}

// String summarizes the trial.
func (t *Trial) String() string {
	survivors := len(t.Survivors())
	said := fmt.Sprintf("%d weakened forms, %d of them make a case fail, by %d authorizations", len(t.failed), len(t.failed)-survivors, t.asked)
	if survivors > 0 {
		said += fmt.Sprintf("; %d allow nothing more", survivors)
	}
	return said
}
