package policydoc

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Equal reports whether two policy documents differ only in these ways: the order of object
// keys, order and repetition in lists of strings, a single string or statement in place of a
// list of one, numbers and booleans in place of their strings, and white space.
//
// It does not judge meaning: statements in another order, a wildcard that covers another
// entry, an action in another case, and a missing Version all make documents unequal. Two
// documents that are not JSON are equal only if they are the same text.
func Equal(a, b string) bool {
	if a == b {
		return true
	}
	ca, errA := Canonical(a)
	cb, errB := Canonical(b)
	return errA == nil && errB == nil && ca == cb
}

// Canonical returns the one spelling that all documents which are Equal share.
// The error says why the text is not JSON.
func Canonical(document string) (string, error) {
	v, err := parse(document)
	if err != nil {
		return "", fmt.Errorf("reading policy document: %w", err)
	}
	if doc, ok := v.(map[string]any); ok {
		if st, ok := doc["Statement"]; ok {
			doc["Statement"] = canonicalStatements(st)
		}
	}
	out, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("writing policy document: %w", err)
	}
	return string(out), nil
}

func canonicalStatements(v any) []any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, s := range list {
		if st, ok := s.(map[string]any); ok {
			canonicalStatement(st)
		}
	}
	return list
}

// canonicalStatement rewrites the elements of a statement that IAM accepts as one string or a
// list of strings. A Principal is "*" or a map of such values, a Condition a map of maps of
// such values.
func canonicalStatement(st map[string]any) {
	for key, v := range st {
		switch key {
		case "Action", "NotAction", "Resource", "NotResource":
			st[key] = stringSet(v)
		case "Principal", "NotPrincipal":
			canonicalValues(v)
		case "Condition":
			if operators, ok := v.(map[string]any); ok {
				for _, keys := range operators {
					canonicalValues(keys)
				}
			}
		}
	}
}

func canonicalValues(v any) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	for key := range m {
		m[key] = stringSet(m[key])
	}
}

// stringSet turns a scalar or a list of scalars into a sorted list without
// repetitions. Anything else stays as it is.
func stringSet(v any) any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	set := make([]string, 0, len(list))
	for _, e := range list {
		switch e := e.(type) {
		case string:
			set = append(set, e)
		case bool, json.Number:
			set = append(set, fmt.Sprint(e))
		default:
			return v
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}
