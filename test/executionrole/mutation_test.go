package executionrole

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestActions proves that the policies' actions are exactly the calls that the function
// makes in the recorded scenes, and that each action is spelt out.
// Reference 8.6.
func TestActions(t *testing.T) {
	tpl := deployedTemplate(t)
	called, allowed := map[string]bool{}, map[string]bool{}
	for _, s := range deployments {
		for _, c := range s.reports() { // made by Lambda itself
			called[c.Action] = true
		}
		for _, c := range recorded(t, tpl, s) {
			called[c.Action] = true
		}
		for _, st := range resolvedStatements(tpl, s) {
			if st["Effect"] != "Allow" {
				continue
			}
			for _, action := range weaken.List(st["Action"]) {
				allowed[action.(string)] = true
			}
		}
	}
	got, want := slices.Sorted(maps.Keys(allowed)), slices.Sorted(maps.Keys(called))
	if !slices.Equal(got, want) {
		t.Errorf("the policy allows %s\nthe code calls %s", got, want)
	}
	t.Logf("%d actions in the policies, %d calls", len(got), len(want))
}

func resolvedStatements(tpl template, s deployment) []statement {
	var document struct{ Statement []statement }
	if err := json.Unmarshal([]byte(tpl.policy(s, tpl.statements())), &document); err != nil {
		panic(err)
	}
	return document.Statement
}

// TestMutation proves that every part of the policies is needed: with any statement
// weakened, a dangerous call that is now denied would be allowed in at least one
// deployment.
// Reference 8.5.
func TestMutation(t *testing.T) {
	tpl := deployedTemplate(t)
	var trial weaken.Trial
	for _, s := range deployments {
		dangerous, statements := s.dangerous(), resolvedStatements(tpl, s)
		var cases []policysim.Case
		for i, st := range statements {
			for _, m := range append(mutants(st), added(st, statements)...) {
				if trial.Survives(m.Name) {
					cases = append(cases, against(m, st, slices.Clone(statements), i, dangerous)...)
				}
			}
		}
		trial.Judge(t, cases)
	}
	for _, name := range trial.Survivors() {
		t.Errorf("a weakened form allows no dangerous call, want it to allow one: %s", name)
	}
	checkout.Report(t, "executionrole-weakened", "Execution role, weakened: "+trial.String())
}

// against returns the dangerous calls that a mutant may allow, with the mutant in place of
// the statement, and with the mutant's name.
func against(m mutant, st statement, statements []statement, i int, dangerous []policysim.Case) []policysim.Case {
	if statements[i] = m.Statement; m.Statement == nil {
		statements = slices.Delete(statements, i, i+1)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	var cases []policysim.Case
	for _, c := range dangerous {
		if m.Action == "" && concerns(st, c.Action) || m.Action != "" && wildcard(m.Action).MatchString(c.Action) {
			c.Name, c.Identity = m.Name, []string{string(text)}
			cases = append(cases, c)
		}
	}
	return cases
}

// concerns reports whether the statement may change the decision on the action.
func concerns(st statement, action string) bool {
	if st["NotAction"] != nil {
		return strings.HasPrefix(action, "iam:")
	}
	actions := weaken.List(st["Action"])
	return slices.Contains(actions, any(action)) || slices.Contains(actions, any("iam:*")) && strings.HasPrefix(action, "iam:")
}
