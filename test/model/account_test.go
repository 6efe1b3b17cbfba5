package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// Facts are what an account says of one role or instance profile: "arn", "trusts",
// "boundary", "tag <key>" and "inline <name>" with their values; "attached <ARN>" and
// "holds <role>" with none.
type facts map[string]string

const (
	ownerTag    = "tag ray-iam:owner"
	stackTag    = "tag ray-iam:stack"
	adoptedTag  = "tag ray-iam:adopted"
	declaredTag = "tag ray-iam:declared"
)

func (f facts) owner() string { return f[ownerTag] }

// released returns the facts without the tags of ownership.
func (f facts) released() facts {
	f = maps.Clone(f)
	maps.DeleteFunc(f, func(key, _ string) bool { return strings.HasPrefix(key, "tag ray-iam:") })
	return f
}

// An account is all roles and profiles, as "role <name>" and "profile <name>".
type account map[string]facts

func (a account) clone() account {
	b := account{}
	for entity, f := range a {
		b[entity] = maps.Clone(f)
	}
	return b
}

// names returns the entities in order.
func (a account) names() []string { return slices.Sorted(maps.Keys(a)) }

// read takes an account from its snapshot.
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

// spelled gives a policy document one spelling: sorted keys, lists of strings sorted,
// and lists of one as that one.
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

// diff returns what one account has and the other has not.
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

// between says what of seen is neither as before an operation that failed, nor as
// after it, nor on the way: every fact is of one of both; what both have is there;
// what is there has an owner from the first moment to the last; and what is not the
// operation's own is exactly as before.
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
			fmt.Fprintf(&out, "missing %s: it is there before and after\n", entity)
		case s != nil && b == nil && a == nil:
			fmt.Fprintf(&out, "too much %s: it is there neither before nor after\n", entity)
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
			fmt.Fprintf(&out, "%s lost its owner on the way, it has %q\n", entity, owner)
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
