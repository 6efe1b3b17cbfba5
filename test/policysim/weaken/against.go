package weaken

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// Denied are authorizations of dangerous calls that are denied.
type Denied struct {
	Implicitly []policysim.Case // nothing allows them
	Explicitly []policysim.Case // a statement denies them
}

// ReadDenied has the simulator decide, and returns which of the cases are denied, each once.
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

// Statements returns those of a principal's policies.
func Statements(tb testing.TB, policies ...string) []Statement {
	tb.Helper()
	var all []Statement
	for _, policy := range policies {
		var d struct{ Statement json.RawMessage }
		if err := json.Unmarshal([]byte(policy), &d); err != nil {
			tb.Fatal(err)
		}
		var several []Statement
		if json.Unmarshal(d.Statement, &several) != nil { // it is one
			several = []Statement{{}}
			if err := json.Unmarshal(d.Statement, &several[0]); err != nil {
				tb.Fatal(err)
			}
		}
		all = append(all, several...)
	}
	return all
}

// Against returns what the i-th statement in a weaker form may let pass, asked in the form's
// name and under a policy with which that shows. What a policy allows more with a statement
// weakened that allows, the weakened statement alone allows. A weaker denial is asked beside
// all statements, since alone it allows nothing.
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

// Document is a policy of these statements.
func Document(statements []Statement) string {
	all := slices.Clone(statements)
	for i := range all {
		all[i] = maps.Clone(all[i])
		delete(all[i], "Sid") // it may be made up, where a policy gives none
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// concerns reports whether a request can meet the form otherwise than the statement.
func (m Mutant) concerns(c policysim.Case) bool {
	return m.key == "" || slices.ContainsFunc(c.Context[m.key], func(value string) bool { return Matches(m.value, value) })
}

func covers(patterns []any, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern any) bool { return Matches(pattern.(string), text) })
}

// Matches reports whether a pattern of IAM's covers a text.
func Matches(pattern, text string) bool {
	for at := 0; at < len(pattern); at++ {
		switch {
		case pattern[at] == '*':
			rest := pattern[at+1:]
			for from := 0; from <= len(text)-at; from++ {
				if Matches(rest, text[at+from:]) {
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
