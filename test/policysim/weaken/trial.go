package weaken

import (
	"fmt"
	"maps"
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

// A Policy is what a Trial weakens, with what it denies.
type Policy struct {
	Statements []Statement
	Denied     Denied
}

// few cases are mostly enough to show that a form is weaker.
const few = 6

// Run judges every form of every statement of the policies. It begins with a few cases of
// each, and asks all of those forms that have made none of these fail.
func (t *Trial) Run(tb testing.TB, policies []Policy) {
	tb.Helper()
	byForm := map[string][]policysim.Case{}
	for _, p := range policies {
		first := map[string][]policysim.Case{}
		for i, st := range p.Statements {
			for _, m := range Forms(st) {
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

// inOrder returns all cases, by the names of their forms.
func inOrder(byForm map[string][]policysim.Case) []policysim.Case {
	var all []policysim.Case
	for _, name := range slices.Sorted(maps.Keys(byForm)) {
		all = append(all, byForm[name]...)
	}
	return all
}

// spread returns at most so many of the cases, from all over them.
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

// Hold proves that every form makes a case fail, but for those that allow nothing more. These
// are listed, with the reason why not.
func (t *Trial) Hold(tb testing.TB, equivalent map[string]string) {
	tb.Helper()
	survivors := t.Survivors()
	for _, name := range survivors {
		if equivalent[name] == "" {
			tb.Errorf("no case fails: %s", name)
		}
	}
	for name := range equivalent {
		if !slices.Contains(survivors, name) {
			tb.Errorf("listed as equivalent, and there is no such weakened form, or a case fails: %s", name)
		}
	}
}

// String sums the trial up.
func (t *Trial) String() string {
	survivors := len(t.Survivors())
	said := fmt.Sprintf("%d weakened forms, %d of them make a case fail, by %d authorizations", len(t.failed), len(t.failed)-survivors, t.asked)
	if survivors > 0 {
		said += fmt.Sprintf("; %d allow nothing more", survivors)
	}
	return said
}
