package rayiam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// claim is what the tags of a role or instance profile say to a resource.
type claim int

const (
	absent  claim = iota // there is no such role or instance profile
	unowned              // it is there and belongs to no resource
	foreign              // it belongs to another resource
	ours
)

func claimOf(exists bool, tags map[string]string, owner string) claim {
	switch tagged, has := tags[OwnerTag]; {
	case !exists:
		return absent
	case !has:
		return unowned
	case tagged != owner:
		return foreign
	}
	return ours
}

// claimOnRole and claimOnProfile say what is there under exactly this name. What
// IAM returns for a name that differs in case is not it.
func (o Observed) claimOnRole(name, owner string) claim {
	role := o.Roles[name]
	return claimOf(role.Name == name, role.Tags, owner)
}

func (o Observed) claimOnProfile(name, owner string) claim {
	profile := o.InstanceProfiles[name]
	return claimOf(profile.Name == name, profile.Tags, owner)
}

// spares reports whether nothing is removed under a name, because its owner had something
// of its own there before.
func (o Observed) spares(removal Removal) bool {
	role, profile := o.Roles[removal.Name], o.InstanceProfiles[removal.Name]
	had := func(claim claim, tags map[string]string, created time.Time) bool {
		return claim == ours && tags[AdoptedTag] != Held && created.Before(removal.Since)
	}
	return had(o.claimOnRole(removal.Name, removal.Owner), role.Tags, role.Created) ||
		had(o.claimOnProfile(removal.Name, removal.Owner), profile.Tags, profile.Created)
}

// deletes reports whether the removal deletes a role: one that is the owner's and
// was not merely adopted.
func (o Observed) deletes(removal Removal) bool {
	return o.claimOnRole(removal.Name, removal.Owner) == ours && o.Roles[removal.Name].Tags[AdoptedTag] != Held
}

// removes reports whether one of the removals deletes this role.
func (d Desired) removes(o Observed, role string) bool {
	return slices.ContainsFunc(d.Removals, func(r Removal) bool { return r.Name == role && o.deletes(r) })
}

// A Conflict is something in IAM that stands in the way and that the resource
// must not touch.
type Conflict struct {
	Entity string // "role ray-head"
	Reason string // why, and what to do
}

// Conflicts are all that stands in the way of one request.
type Conflicts []Conflict

// Error names every conflict.
func (cs Conflicts) Error() string {
	clauses := make([]string, len(cs))
	for i, c := range cs {
		clauses[i] = c.Entity + " " + c.Reason
	}
	return strings.Join(clauses, "; ")
}

// conflicts returns what forbids to make o what d desires. It is nil where
// nothing does.
func (d Desired) conflicts(o Observed) Conflicts {
	var found Conflicts
	for _, node := range d.Nodes {
		if role, ok := o.Roles[node.Name]; ok {
			found = append(found, d.conflictsOf("role", node, role.Name, role.Path, role.Tags)...)
		}
		if profile, ok := o.InstanceProfiles[node.Name]; ok {
			found = append(found, d.conflictsOf("instance profile", node, profile.Name, profile.Path, profile.Tags)...)
		}
	}
	for _, removal := range d.Removals {
		found = append(found, d.caseTwin(o, removal)...)
		found = append(found, foreignHolders(o, removal)...)
	}
	return found
}

func (d Desired) conflictsOf(kind string, node Node, name, path string, tags map[string]string) Conflicts {
	entity := kind + " " + name
	switch claimOf(true, tags, d.Owner) {
	case foreign:
		return Conflicts{{entity, fmt.Sprintf("belongs to another Custom::RayIAM resource, %s of stack %s: choose another NamePrefix or group name, or delete that resource first", tags[OwnerTag], tags[StackTag])}}
	case unowned:
		if d.Adoption != HoldAdopted {
			return Conflicts{{entity, "exists and was not made by this resource: choose another NamePrefix or group name, remove it, or set AdoptExisting to true to take it over"}}
		}
	}
	if name != node.Name {
		return Conflicts{{entity, fmt.Sprintf("differs from %s in case only, and IAM takes both for one name: choose a name that differs in more", node.Name)}}
	}
	if path != node.Path {
		return Conflicts{{entity, fmt.Sprintf("is at path %s, and Path asks for %s: IAM cannot move it, so change Path only together with NamePrefix", path, node.Path)}}
	}
	want := d.tags(node, tags)
	if both := len(union(want, tags)); claimOf(true, tags, d.Owner) == unowned && both > maxTags {
		// It is claimed before anything else is changed, its other tags included.
		return Conflicts{{entity, fmt.Sprintf("would carry %d tags while it is adopted, and IAM allows %d: remove tags from it that are not declared", both, maxTags)}}
	}
	if total := len(want); total > maxTags {
		return Conflicts{{entity, fmt.Sprintf("would carry %d tags, the ownership's %d included, and IAM allows %d: declare fewer Tags", total, total-len(node.Tags)+2, maxTags)}}
	}
	return nil
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// foreignHolders finds instance profiles that are not the resource's own and hold
// a role that is to be deleted: IAM would refuse to delete it, and emptying a
// profile that somebody else made may take an identity from running machines.
func foreignHolders(o Observed, removal Removal) Conflicts {
	if !o.deletes(removal) {
		return nil
	}
	var found Conflicts
	for _, holder := range o.Roles[removal.Name].InstanceProfiles {
		if o.claimOnProfile(holder, removal.Owner) != ours {
			found = append(found, Conflict{"instance profile " + holder, fmt.Sprintf("was not made by this resource and holds role %s, which is to be deleted: remove the role from it (aws iam remove-role-from-instance-profile --instance-profile-name %s --role-name %s), then try again", removal.Name, holder, removal.Name)})
		}
	}
	return found
}

// caseTwin finds a role or profile that is to go while one whose name differs in
// case only is to come: IAM takes the two for one, so the second cannot be made
// while the first is there, and groups that go are deleted last.
func (d Desired) caseTwin(o Observed, removal Removal) Conflicts {
	if o.claimOnRole(removal.Name, removal.Owner) != ours && o.claimOnProfile(removal.Name, removal.Owner) != ours {
		return nil
	}
	for _, node := range d.Nodes {
		if node.Name != removal.Name && strings.EqualFold(node.Name, removal.Name) {
			return Conflicts{{"role " + removal.Name, fmt.Sprintf("and %s differ in case only, and IAM takes both for one name: choose a name that differs in more", node.Name)}}
		}
	}
	return nil
}
