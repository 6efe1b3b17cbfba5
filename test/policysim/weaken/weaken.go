// Package weaken makes weaker forms of a policy's statement, each weaker in one place. A
// proof that a policy denies dangerous calls is repeated with each form. If the proof still
// succeeds, that place in the policy is not needed, or the proof misses a dangerous call.
package weaken

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Statement is a decoded statement of a policy document.
type Statement = map[string]any

// A Mutant is a statement that is weaker in one place.
type Mutant struct {
	Name      string // says what is weaker, with the statement's Sid
	Statement Statement
	Action    string // pattern of the actions that the form changes; empty for all actions of the statement

	key, value string // the form changes only requests with a value of key that matches the pattern; empty for all
}

// Conditions returns one form without each condition key, and one that accepts any value of
// it. For a negated key, there is one form without each value.
func Conditions(st Statement) []Mutant {
	var all []Mutant
	conditions, _ := st["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key := range keys.(map[string]any) {
			for _, m := range condition(st, operator, key) {
				m.Name = fmt.Sprintf("%s %s", st["Sid"], m.Name)
				all = append(all, m)
			}
		}
	}
	return all
}

func condition(st Statement, operator, key string) []Mutant {
	dropped := Clone(st)
	keys := dropped["Condition"].(map[string]any)[operator].(map[string]any)
	values := List(keys[key])
	delete(keys, key)
	all := []Mutant{{Name: fmt.Sprintf("without %s %s", operator, key), Statement: dropped}}
	if strings.Contains(operator, "Not") {
		for i, value := range values {
			weak := Clone(st)
			weak["Condition"].(map[string]any)[operator].(map[string]any)[key] = slices.Delete(slices.Clone(values), i, i+1)
			all = append(all, Mutant{Name: fmt.Sprintf("with %s %s no longer %s", operator, key, value), Statement: weak})
		}
		return all
	}
	if operator == "Null" || operator == "Bool" {
		return all
	}
	weak := Clone(dropped)
	anything := "*"
	if strings.HasPrefix(operator, "Arn") {
		anything = "arn:*:*:*:*:*"
	}
	add(weak, strings.Replace(operator, "Equals", "Like", 1), key, anything)
	return append(all, Mutant{Name: fmt.Sprintf("with any %s", key), Statement: weak})
}

func add(st Statement, operator, key string, value any) {
	conditions := st["Condition"].(map[string]any)
	keys, ok := conditions[operator].(map[string]any)
	if !ok {
		keys = map[string]any{}
		conditions[operator] = keys
	}
	keys[key] = value
}

// InPart replaces one of the six parts of an ARN.
func InPart(arn string, i int, value string) string {
	parts := strings.SplitN(arn, ":", 6)
	parts[i] = value
	return strings.Join(parts, ":")
}

// List returns the values of an element, which may be one value or a list.
func List(v any) []any {
	if l, ok := v.([]any); ok {
		return slices.Clone(l)
	}
	return []any{v}
}

// Clone returns a copy that shares nothing with st.
func Clone(st Statement) Statement {
	text, err := json.Marshal(st)
	if err != nil {
		panic(err)
	}
	var copied Statement
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	return copied
}
