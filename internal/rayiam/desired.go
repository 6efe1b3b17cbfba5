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
	Tags                map[string]string // of the template, and OwnerTag and StackTag
}

// Adoption says whether a request adopts roles and instance profiles that no resource
// owns, and what becomes of the AdoptedTag.
type Adoption int

const (
	// KeepAdopted adopts nothing and leaves the tag as it is.
	KeepAdopted Adoption = iota
	// HoldAdopted adopts what no resource owns, and makes everything adopted Held.
	HoldAdopted
	// OwnAdopted adopts nothing and turns Held into Owned.
	OwnAdopted
)

// A Removal is the name of a role and instance profile of the owner's that are to go:
// deleted, or released if they were adopted.
type Removal struct {
	Name  string
	Owner string
	// Since, where it is set, retains what the owner had of its own under the name
	// before then. What is only held by adoption is released all the same.
	Since time.Time
	// OutOfBounds says that the name is outside the administrator's bounds, so that
	// the provider may not even read it: then there is nothing that it has made.
	OutOfBounds bool
}

// Desired is the state that a request asks for. A Delete desires no nodes.
type Desired struct {
	Owner    string // the physical id
	Adoption Adoption
	Orphaned map[string]bool // owners whose sets no stack has any more: to be adopted like what no resource owns
	Nodes    []Node          // the head first, then the worker groups in their order
	Removals []Removal
}

// roleTags returns the tags that node's role is to carry, given those that it carries now:
// nil where it does not exist.
func (d Desired) roleTags(node Node, now map[string]string) map[string]string {
	tags := d.tags(node, now)
	return record(tags, now, Role{
		TrustPolicy: node.TrustPolicy, PermissionsBoundary: node.PermissionsBoundary,
		ManagedPolicyARNs: node.ManagedPolicyARNs, InlinePolicies: node.InlinePolicies, Tags: tags,
	}.Digests())
}

// profileTags is roleTags for node's instance profile.
func (d Desired) profileTags(node Node, now map[string]string) map[string]string {
	tags := d.tags(node, now)
	return record(tags, now, InstanceProfile{Tags: tags, Roles: []string{node.Name}}.Digests())
}

// record adds DeclaredTag, where IAM has room for it. A declaration that leaves no room is
// applied all the same, as before there was this tag: it is only not known whether it drifts.
// What is being adopted has its other tags beside those that it gets.
func record(tags, now map[string]string, declared Digests) map[string]string {
	room := maxTags - len(tags)
	if _, adopted := tags[AdoptedTag]; adopted && now[OwnerTag] != tags[OwnerTag] {
		room = maxTags - len(union(tags, now))
	}
	if room > 0 {
		tags[DeclaredTag] = declared.String()
	}
	return tags
}

// tags returns the tags that both are to carry, but for DeclaredTag.
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

// Lookups returns what has to be observed for a plan, each name once. The names in
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
		lookups[i].OutOfBounds = removal.OutOfBounds
	}
	return lookups
}
