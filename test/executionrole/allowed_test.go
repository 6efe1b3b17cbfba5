package executionrole

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// recordings are the authorizations of each deployment's scene, which is run once.
var recordings = struct {
	sync.Mutex
	bySet map[string][]policysim.Case
}{bySet: map[string][]policysim.Case{}}

func recorded(t *testing.T, tpl template, s deployment) []policysim.Case {
	t.Helper()
	recordings.Lock()
	defer recordings.Unlock()
	if _, ok := recordings.bySet[s.name]; !ok {
		recordings.bySet[s.name] = record(t, tpl, s)
	}
	return recordings.bySet[s.name]
}

// TestAllowed proves that the function's role is enough for its whole job: every call that
// the function makes, in each state, is allowed.
// Reference 8.6.
func TestAllowed(t *testing.T) {
	tpl := deployedTemplate(t)
	total, actions := 0, map[string]bool{}
	for _, s := range deployments {
		t.Run(s.name, func(t *testing.T) {
			cases := recorded(t, tpl, s)
			policy := tpl.policy(s, tpl.statements())
			for i := range cases {
				cases[i].Identity = []string{policy}
				actions[cases[i].Action] = true
			}
			for i, got := range policysim.Evaluate(t, cases) {
				if got != policysim.Allowed {
					t.Errorf("%s, want Allowed: %s", got, cases[i].Name)
				}
			}
			total += len(cases)
			t.Logf("%d authorizations were recorded, all must be allowed", len(cases))
		})
	}
	for name := range kinds {
		if !actions["iam:"+name] {
			t.Errorf("iam:%s was never recorded: the scenes do not show that it is allowed", name)
		}
	}
	checkout.Report(t, "executionrole-allowed", fmt.Sprintf("Execution role, allowed: %d authorizations of %d actions in %d sets of parameters", total, len(actions), len(deployments)))
}
