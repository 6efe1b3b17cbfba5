package model

import (
	"maps"
	"slices"
	"strings"
)

// A change is the effect that one request asks for: the roles and profiles that must then
// exist, and those that the owner must not have any more.
type change struct {
	declared account
	owner    string
	adopt    bool
	update   bool // of an Update: held and owned may change
	removed  []string
	from     string // the owner of the removed roles and profiles

	guarded   bool // refused while an instance uses a removed profile
	rollsBack bool // sent by CloudFormation to roll the stack back
}

// own returns the roles and profiles that the change may touch.
func (c change) own() map[string]bool {
	own := map[string]bool{}
	for entity := range c.declared {
		own[entity] = true
	}
	for _, name := range c.removed {
		own["role "+name], own["profile "+name] = true, true
	}
	return own
}

// deletes reports whether the change deletes the role: the role has the owner, and is not
// held.
func (c change) deletes(a account, name string) bool {
	role := a["role "+name]
	return slices.Contains(c.removed, name) && role != nil && role.owner() == c.from && role[adoptedTag] != "held"
}

// inTheWay returns the roles and profiles because of which the change must be refused.
func (c change) inTheWay(a account) []string {
	found := map[string]bool{}
	for entity, want := range c.declared {
		now, exists := a[entity]
		switch owner, owned := now[ownerTag]; {
		case !exists:
		case owned && owner != c.owner, !owned && !c.adopt, now["arn"] != want["arn"]:
			found[entity] = true
		}
	}
	for _, name := range c.removed {
		for entity, f := range a {
			if _, holds := f["holds "+name]; holds && c.deletes(a, name) && f.owner() != c.from {
				found[entity] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// apply returns the account after the change.
func (c change) apply(a account) account {
	after := a.clone()
	for entity, want := range c.declared {
		after[entity] = maps.Clone(want)
		now, exists := a[entity]
		marker, adopted := now[adoptedTag]
		switch {
		case !exists:
		case now.owner() != c.owner:
			after[entity][adoptedTag] = "held"
		case !adopted:
		case c.adopt:
			after[entity][adoptedTag] = "held"
		case c.update:
			after[entity][adoptedTag] = "owned"
		default:
			after[entity][adoptedTag] = marker
		}
		after[entity][declaredTag] = record(entity, after[entity])
	}
	for _, name := range c.removed {
		for _, entity := range []string{"profile " + name, "role " + name} {
			now, exists := a[entity]
			switch {
			case !exists || now.owner() != c.from:
			case now[adoptedTag] != "held":
				delete(after, entity)
			default:
				after[entity] = now.released()
				maps.DeleteFunc(after[entity], func(key, _ string) bool {
					role, holds := strings.CutPrefix(key, "holds ")
					return holds && c.deletes(a, role)
				})
			}
		}
	}
	return after
}
