package weaken

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// Denied are the authorizations of dangerous calls that policies deny.
type Denied struct {
	Implicitly []policysim.Case // nothing allows them
	Explicitly []policysim.Case // a statement denies them
}

// ReadDenied returns those of the cases that the simulator denies, each once.
func ReadDenied(tb testing.TB, cases []policysim.Case) Denied {
	tb.Helper()
	var d Denied
	seen := map[string]bool{}
	for i, decision := range policysim.EvaluateOnce(tb, cases) {
		c := cases[i]
		id := fmt.Sprint(c.Action, c.Resource, c.Context)
		if seen[id] {
			continue
		}
		seen[id] = true
		switch decision {
		case policysim.ImplicitlyDenied:
			d.Implicitly = append(d.Implicitly, c)
		case policysim.ExplicitlyDenied:
			d.Explicitly = append(d.Explicitly, c)
		}
	}
	return d
}

// Statements returns the statements of a principal's policies.
func Statements(tb testing.TB, policies ...string) []Statement {
	tb.Helper()
	var all []Statement
	for _, policy := range policies {
		var d struct{ Statement json.RawMessage }
		if err := json.Unmarshal([]byte(policy), &d); err != nil {
			tb.Fatal(err)
		}
		var several []Statement
		if json.Unmarshal(d.Statement, &several) != nil { // there is only one statement
			several = []Statement{{}}
			if err := json.Unmarshal(d.Statement, &several[0]); err != nil {
				tb.Fatal(err)
			}
		}
		all = append(all, several...)
	}
	return all
}

// Against returns the denied authorizations that the policies might allow with the i-th
// statement in its weakened form. Each case has the form's name, and a policy that shows
// the difference. A weakened Allow statement is that policy by itself: whatever the whole
// policy newly allows, this statement allows. A weakened Deny statement is evaluated with
// all other statements, because by itself it allows nothing.
func (m Mutant) Against(statements []Statement, i int, denied Denied) []policysim.Case {
	st, asked, policy := statements[i], denied.Implicitly, []Statement{m.Statement}
	if st["Effect"] == "Deny" {
		asked, policy = denied.Explicitly, slices.Clone(statements)
		if policy[i] = m.Statement; m.Statement == nil {
			policy = slices.Delete(policy, i, i+1)
		}
	}
	actions, resources := List(st["Action"]), List(st["Resource"])
	if m.Action != "" {
		actions = []any{m.Action}
	}
	if m.Statement != nil {
		resources = List(m.Statement["Resource"])
	}
	document := []string{Document(policy)}
	var cases []policysim.Case
	for _, c := range asked {
		if covers(actions, c.Action) && covers(resources, c.Resource) && m.concerns(c) {
			c.Name, c.Identity = m.Name, document
			cases = append(cases, c)
		}
	}
	return cases
}

// Document returns a policy with these statements.
func Document(statements []Statement) string {
	all := slices.Clone(statements)
	for i := range all {
		all[i] = maps.Clone(all[i])
		delete(all[i], "Sid") // the test may have made up the Sid of a statement that had none
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// concerns reports whether the form's condition can give another result for the case than
// the statement's.
func (m Mutant) concerns(c policysim.Case) bool {
	return m.key == "" || slices.ContainsFunc(c.Context[m.key], func(value string) bool { return matches(m.value, value) })
}

func covers(patterns []any, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern any) bool { return matches(pattern.(string), text) })
}

// matches reports whether a text matches a pattern of IAM's.
func matches(pattern, text string) bool {
	for at := 0; at < len(pattern); at++ {
		switch {
		case pattern[at] == '*':
			rest := pattern[at+1:]
			for from := 0; from <= len(text)-at; from++ {
				if matches(rest, text[at+from:]) {
					return true
				}
			}
			return false
		case at == len(text) || pattern[at] != '?' && pattern[at] != text[at]:
			return false
		}
	}
	return len(pattern) == len(text)
}
