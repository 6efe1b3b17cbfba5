package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// Facts are the facts about one role or instance profile, by key: "arn", "trusts",
// "boundary", "tag <key>" and "inline <name>" have values; "attached <ARN>" and "holds
// <role>" have none.
type facts map[string]string

const (
	ownerTag    = "tag ray-iam:owner"
	stackTag    = "tag ray-iam:stack"
	adoptedTag  = "tag ray-iam:adopted"
	declaredTag = "tag ray-iam:declared"
)

func (f facts) owner() string { return f[ownerTag] }

// released returns the facts without the tags that record ownership.
func (f facts) released() facts {
	f = maps.Clone(f)
	maps.DeleteFunc(f, func(key, _ string) bool { return strings.HasPrefix(key, "tag ray-iam:") })
	return f
}

// An account has the facts of all roles and profiles, by "role <name>" and "profile
// <name>".
type account map[string]facts

func (a account) clone() account {
	b := account{}
	for entity, f := range a {
		b[entity] = maps.Clone(f)
	}
	return b
}

// names returns the names of the roles and profiles, sorted.
func (a account) names() []string { return slices.Sorted(maps.Keys(a)) }

// read returns the account that a snapshot shows.
func read(snapshot rig.Snapshot) account {
	a := account{}
	for _, line := range snapshot {
		entity, fact, _ := strings.Cut(line, ": ")
		if a[entity] == nil {
			a[entity] = facts{}
		}
		word, rest, _ := strings.Cut(fact, " ")
		switch word {
		case "trusts":
			a[entity]["trusts"] = spelled(rest)
		case "boundary":
			a[entity]["boundary"] = rest
		case "tag":
			key, value, _ := strings.Cut(rest, "=")
			a[entity]["tag "+key] = value
		case "inline":
			name, document, _ := strings.Cut(rest, " ")
			a[entity]["inline "+name] = spelled(document)
		case "attached", "holds":
			a[entity][fact] = ""
		default:
			a[entity]["arn"] = fact
		}
	}
	return a
}

// spelled returns a policy document in one spelling: keys and lists of strings are sorted,
// and a list of one element is that element.
func spelled(document string) string {
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		return document
	}
	out, err := json.Marshal(respelled(v))
	if err != nil {
		return document
	}
	return string(out)
}

func respelled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = respelled(v[key])
		}
	case []any:
		for i := range v {
			v[i] = respelled(v[i])
		}
		slices.SortStableFunc(v, func(a, b any) int {
			s, isA := a.(string)
			t, isB := b.(string)
			if !isA || !isB {
				return 0
			}
			return strings.Compare(s, t)
		})
		if len(v) == 1 {
			return v[0]
		}
	}
	return v
}

// diff returns the facts that only one of the accounts has.
func diff(want, got account) string {
	var out strings.Builder
	each := func(sign string, a, b account) {
		for _, entity := range a.names() {
			if b[entity] == nil {
				fmt.Fprintf(&out, "%s %s: all of it\n", sign, entity)
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(a[entity])) {
				if value, ok := b[entity][key]; !ok || value != a[entity][key] {
					fmt.Fprintf(&out, "%s %s: %s %s\n", sign, entity, key, a[entity][key])
				}
			}
		}
	}
	each("missing", want, got)
	each("too much", got, want)
	return out.String()
}

// between returns how an account differs from the states that a failed operation may leave.
// Each fact must be one of the state before or of the state after the operation. A fact of
// both states must still exist. A role or profile that exists in only one of the states must
// have the owner that it has there. Roles and profiles outside own must be as before.
func between(before, after account, own map[string]bool, seen account) string {
	var out strings.Builder
	all := account{}
	for _, a := range []account{before, after, seen} {
		maps.Copy(all, a)
	}
	for _, entity := range all.names() {
		b, a, s := before[entity], after[entity], seen[entity]
		switch {
		case !own[entity]:
			out.WriteString(diff(only(entity, b), only(entity, s)))
			continue
		case s == nil && b != nil && a != nil:
			fmt.Fprintf(&out, "missing %s: it exists both before and after\n", entity)
		case s != nil && b == nil && a == nil:
			fmt.Fprintf(&out, "too much %s: it exists neither before nor after\n", entity)
		}
		if s == nil {
			continue
		}
		for key, value := range s {
			if !has(b, key, value) && !has(a, key, value) {
				fmt.Fprintf(&out, "too much %s: %s %s\n", entity, key, value)
			}
		}
		for key, value := range b {
			if has(a, key, value) && !has(s, key, value) {
				fmt.Fprintf(&out, "missing %s: %s %s\n", entity, key, value)
			}
		}
		if owner := s.owner(); b != nil && a == nil && owner != b.owner() || b == nil && a != nil && owner != a.owner() {
			fmt.Fprintf(&out, "%s has the owner %q, want the owner before or after the operation\n", entity, owner)
		}
	}
	return out.String()
}

func only(entity string, f facts) account {
	if f == nil {
		return account{}
	}
	return account{entity: f}
}

func has(f facts, key, value string) bool {
	v, ok := f[key]
	return ok && v == value
}
