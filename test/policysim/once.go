package policysim

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// asked are the decisions of this process: launches that differ in one thing have all others
// in common, and one test asks again what another has asked.
var asked = struct {
	sync.Mutex
	decisions map[string]Decision
}{decisions: map[string]Decision{}}

// EvaluateOnce is Evaluate for what is asked again and again: it asks nothing twice in a
// process.
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

// question is everything in a case that the decision depends on.
func (c Case) question() string {
	documents := strings.Join(append(append(append([]string{c.ResourcePolicy}, c.Identity...), "boundary"), c.Boundary...), "\n")
	return fmt.Sprintf("%s %s %s %s %v %t\n%s", c.Principal, c.Action, c.Resource, c.Account, c.Context, c.Boundary != nil, documents)
}
