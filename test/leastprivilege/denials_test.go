package leastprivilege

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
)

// denials returns a statement that denies in every weakened form: gone, and with each
// value of its conditions taken out.
func denials(st statement) []mutant {
	all := []mutant{{Name: fmt.Sprintf("%s gone", st["Sid"])}}
	for operator, keys := range st["Condition"].(map[string]any) {
		for key, values := range keys.(map[string]any) {
			for i, value := range list(values) {
				weak := weaken.Clone(st)
				weak["Condition"].(map[string]any)[operator].(map[string]any)[key] = slices.Delete(list(values), i, i+1)
				all = append(all, mutant{Name: fmt.Sprintf("%s without %s", st["Sid"], value), Statement: weak})
			}
		}
	}
	return all
}

// beside returns what a weakened denial may let pass: it is asked beside all statements
// that allow, since alone it allows nothing.
func (p played) beside(m mutant, statements []statement, denied []policysim.Case) []policysim.Case {
	var rest []any
	for _, st := range statements {
		if st["Effect"] == "Allow" {
			st = maps.Clone(st)
			delete(st, "Sid") // that of the pass-role policy is made up here
			rest = append(rest, st)
		}
	}
	if m.Statement != nil {
		rest = append(rest, m.Statement)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": rest})
	if err != nil {
		panic(err)
	}
	var cases []policysim.Case
	for _, c := range denied {
		if c.Context["aws:TagKeys"] == nil {
			continue // the denial is of tags
		}
		c = p.by("head", map[string]string{"": string(text)}, []policysim.Case{c})[0]
		c.Name = m.Name
		cases = append(cases, c)
	}
	return cases
}
