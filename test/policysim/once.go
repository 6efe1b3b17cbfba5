package policysim

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// asked are the decisions that this process has already got. Launches that differ in one
// thing have all other authorizations in common, and so have several tests.
var asked = struct {
	sync.Mutex
	decisions map[string]Decision
}{decisions: map[string]Decision{}}

// EvaluateOnce does the same as Evaluate, but asks for the decision on each question only
// once in a process.
func EvaluateOnce(t testing.TB, cases []Case) []Decision {
	t.Helper()
	asked.Lock()
	defer asked.Unlock()
	questions := make([]string, len(cases))
	var unknown []Case
	var at []string
	pending := map[string]bool{}
	for i, c := range cases {
		questions[i] = c.question()
		if q := questions[i]; asked.decisions[q] == "" && !pending[q] {
			pending[q] = true
			unknown, at = append(unknown, c), append(at, q)
		}
	}
	if len(unknown) > 0 {
		for i, decision := range Evaluate(t, unknown) {
			asked.decisions[at[i]] = decision
		}
	}
	all := make([]Decision, len(cases))
	for i, q := range questions {
		all[i] = asked.decisions[q]
	}
	return all
}

// question returns everything in a case that the decision depends on.
func (c Case) question() string {
	documents := strings.Join(append(append(append([]string{c.ResourcePolicy}, c.Identity...), "boundary"), c.Boundary...), "\n")
	return fmt.Sprintf("%s %s %s %s %v %t\n%s", c.Principal, c.Action, c.Resource, c.Account, c.Context, c.Boundary != nil, documents)
}
