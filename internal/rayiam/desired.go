package rayiam

import (
	"maps"
	"time"
)

// A Node is a role and the instance profile of the same name that contains this role.
type Node struct {
	Name                string
	Path                string
	TrustPolicy         string // JSON
	PermissionsBoundary string // a policy ARN; empty for none
	ManagedPolicyARNs   []string
	InlinePolicies      map[string]string // name to JSON
	Tags                map[string]string // of the template, and OwnerTag and StackTag
}

// Adoption says whether a request adopts roles and instance profiles that no resource owns, and
// how it changes the AdoptedTag.
type Adoption int

const (
	// KeepAdopted adopts nothing and leaves the tag as it is.
	KeepAdopted Adoption = iota
	// HoldAdopted adopts roles and instance profiles that no resource owns, and sets the tag
	// to Held on everything that was adopted.
	HoldAdopted
	// OwnAdopted adopts nothing and turns Held into Owned.
	OwnAdopted
)

// A Removal is the name of a role and instance profile of the owner that are to be deleted, or
// released if they were adopted.
type Removal struct {
	Name  string
	Owner string
	// Since, if it is set, keeps a role or profile that the owner made under the name before
	// that time. A role or profile that was adopted and is still Held is released even then.
	Since time.Time
	// TrustPolicy, if it is set, is the trust policy that a role to be deleted must have:
	// another one is a conflict. JSON.
	TrustPolicy string
	// OutOfBounds says that the name is outside the administrator's bounds, so that the
	// provider may not even read it. Then the provider has made no role or profile with the
	// name.
	OutOfBounds bool
}

// Desired is the desired state of a request. For a Delete, it has no nodes.
type Desired struct {
	Owner    string // the physical id
	Adoption Adoption
	Orphaned map[string]bool // owners of orphaned sets, which are adopted as if no resource owned them
	Nodes    []Node          // the head first, then the worker groups in their order
	Removals []Removal
}

// roleTags returns the desired tags of node's role. now has the tags that the role carries; nil
// if it does not exist.
func (d Desired) roleTags(node Node, now map[string]string) map[string]string {
	tags := d.tags(node, now)
	return record(tags, now, Role{
		TrustPolicy: node.TrustPolicy, PermissionsBoundary: node.PermissionsBoundary,
		ManagedPolicyARNs: node.ManagedPolicyARNs, InlinePolicies: node.InlinePolicies, Tags: tags,
	}.Digests())
}

// profileTags returns the desired tags of node's instance profile, as roleTags does for its
// role.
func (d Desired) profileTags(node Node, now map[string]string) map[string]string {
	tags := d.tags(node, now)
	return record(tags, now, InstanceProfile{Tags: tags, Roles: []string{node.Name}}.Digests())
}

// record adds DeclaredTag if IAM has room for it. A declaration that leaves no room is still
// applied, but then nobody can tell whether its set has drifted. During adoption, an entity
// has its old and its new tags for a moment, so both count.
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

// tags returns the desired tags of node's role and instance profile, without DeclaredTag.
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

// Lookups returns the names that have to be observed for a plan, each once. The names in
// expected probably exist.
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
