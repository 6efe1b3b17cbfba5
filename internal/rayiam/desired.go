package rayiam

import (
	"maps"
	"time"
)

// A Node is one machine identity: a role and the instance profile of the same
// name that holds it.
type Node struct {
	Name                string
	Path                string
	TrustPolicy         string // JSON
	PermissionsBoundary string // a policy ARN; empty for none
	ManagedPolicyARNs   []string
	InlinePolicies      map[string]string // name to JSON
	Tags                map[string]string // ownership included, adoption not
}

// Adoption says what becomes of roles and instance profiles that were there
// before, and so of the AdoptedTag.
type Adoption int

const (
	// KeepAdopted adopts nothing and leaves the tag as it is.
	KeepAdopted Adoption = iota
	// HoldAdopted adopts what no resource owns; what was adopted is Held.
	HoldAdopted
	// OwnAdopted adopts nothing and turns Held into Owned.
	OwnAdopted
)

// A Removal is a name under which nothing of the owner's is to be left.
type Removal struct {
	Name  string
	Owner string
	// Since spares a name under which the owner had something of its own before: what
	// was retained on purpose. What it merely holds is let go all the same. The zero
	// value spares nothing.
	Since time.Time
	// Beyond is whether the name is beyond the administrator's bounds, so that the
	// provider may not even look: then there is nothing that it could have made.
	Beyond bool
}

// Desired is the state that a request asks for. A Delete desires no nodes.
type Desired struct {
	Owner    string // the physical id
	Adoption Adoption
	Nodes    []Node // the head first, then the worker groups in their order
	Removals []Removal
}

// tags returns the tags that node's role or profile is to carry, given
// those that it carries now (nil for what does not exist).
func (d Desired) tags(node Node, now map[string]string) map[string]string {
	tags := maps.Clone(node.Tags)
	marker, adopted := now[AdoptedTag]
	switch {
	case now == nil:
		return tags
	case now[OwnerTag] != d.Owner:
		tags[AdoptedTag] = Held
	case !adopted:
		return tags
	case d.Adoption == HoldAdopted:
		tags[AdoptedTag] = Held
	case d.Adoption == OwnAdopted:
		tags[AdoptedTag] = Owned
	default:
		tags[AdoptedTag] = marker
	}
	return tags
}

// Lookups returns what has to be observed to plan for d, each name once. The names in
// expected are likely to exist.
func (d Desired) Lookups(expected map[string]bool) []Lookup {
	var lookups []Lookup
	at := map[string]int{}
	for _, node := range d.Nodes {
		at[node.Name] = len(lookups)
		lookups = append(lookups, Lookup{Name: node.Name, Expected: expected[node.Name], Documents: sortedKeys(node.InlinePolicies)})
	}
	for _, removal := range d.Removals {
		i, ok := at[removal.Name]
		if !ok {
			i, lookups = len(lookups), append(lookups, Lookup{Name: removal.Name, Expected: expected[removal.Name]})
			at[removal.Name] = i
		}
		lookups[i].Removal = true
		lookups[i].Beyond = removal.Beyond
	}
	return lookups
}
