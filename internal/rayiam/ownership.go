package rayiam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// ownership is the relation of a role or instance profile to a resource, by its tags.
type ownership int

const (
	absent  ownership = iota // there is no such role or instance profile
	unowned                  // it exists and no resource owns it
	foreign                  // another resource owns it
	ours
)

func ownershipOf(exists bool, tags map[string]string, owner string) ownership {
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

// ownership returns the ownership of a declared role or profile by its tags. An orphaned set
// counts as unowned.
func (d Desired) ownership(tags map[string]string) ownership {
	state := ownershipOf(true, tags, d.Owner)
	if state == foreign && d.Orphaned[tags[OwnerTag]] {
		return unowned
	}
	return state
}

// roleOwnership and profileOwnership return the ownership of the role or profile of exactly
// this name. IAM also returns a role or profile whose name differs only in case, which counts
// as absent.
func (o Observed) roleOwnership(name, owner string) ownership {
	role := o.Roles[name]
	return ownershipOf(role.Name == name, role.Tags, owner)
}

func (o Observed) profileOwnership(name, owner string) ownership {
	profile := o.InstanceProfiles[name]
	return ownershipOf(profile.Name == name, profile.Tags, owner)
}

// Retained reports whether the removal keeps its name, because the owner had a role or profile
// of this name before removal.Since.
func (o Observed) Retained(removal Removal) bool {
	role, profile := o.Roles[removal.Name], o.InstanceProfiles[removal.Name]
	older := func(state ownership, tags map[string]string, created time.Time) bool {
		return state == ours && tags[AdoptedTag] != Held && created.Before(removal.Since)
	}
	return older(o.roleOwnership(removal.Name, removal.Owner), role.Tags, role.Created) ||
		older(o.profileOwnership(removal.Name, removal.Owner), profile.Tags, profile.Created)
}

// deletesRole reports whether the removal deletes a role: it does so if the owner has the role
// and the role is not Held.
func (o Observed) deletesRole(removal Removal) bool {
	return o.roleOwnership(removal.Name, removal.Owner) == ours && o.Roles[removal.Name].Tags[AdoptedTag] != Held
}

// deletesRole reports whether one of the removals deletes the role of this name.
func (d Desired) deletesRole(o Observed, name string) bool {
	return slices.ContainsFunc(d.Removals, func(r Removal) bool { return r.Name == name && o.deletesRole(r) })
}

// A Conflict is a role or instance profile that a request would have to change, and that the
// resource must not change.
type Conflict struct {
	Entity string // "role ray-head"
	Reason string // why, and what to do
	Owner  string // the physical id of the resource that owns it; empty if none does
	Stack  string // the id of the owner's stack
}

// Conflicts are all conflicts of one request.
type Conflicts []Conflict

// Error names every conflict.
func (cs Conflicts) Error() string {
	clauses := make([]string, len(cs))
	for i, c := range cs {
		clauses[i] = c.Entity + " " + c.Reason
	}
	return strings.Join(clauses, "; ")
}

// Refused is true: the names that the template asks for are taken.
func (Conflicts) Refused() bool { return true }

// conflicts returns the conflicts of d with o, or nil.
func (d Desired) conflicts(o Observed) Conflicts {
	var found Conflicts
	for _, node := range d.Nodes {
		role, profile := d.conflictsOfNode(node, o)
		found = slices.Concat(found, role, profile)
	}
	return append(found, d.conflictsOfRemovals(o)...)
}

// conflictsOfNode returns the conflicts about a node's role and its instance profile.
func (d Desired) conflictsOfNode(node Node, o Observed) (ofRole, ofProfile Conflicts) {
	role, exists := o.Roles[node.Name]
	if exists {
		ofRole = d.conflictsOf("role", node, role.Name, role.Path, role.Tags)
	}
	profile, ok := o.InstanceProfiles[node.Name]
	switch {
	case !ok:
	case !exists && d.ownership(profile.Tags) == unowned && d.Adoption != HoldAdopted:
		ofProfile = Conflicts{loneProfile(profile)}
	default:
		ofProfile = d.conflictsOf("instance profile", node, profile.Name, profile.Path, profile.Tags)
	}
	return ofRole, ofProfile
}

// conflictsOfRemovals returns the conflicts about names to be deleted.
func (d Desired) conflictsOfRemovals(o Observed) Conflicts {
	var found Conflicts
	for _, removal := range d.Removals {
		found = append(found, d.sameButForCase(o, removal)...)
		found = append(found, foreignHolders(o, removal)...)
		found = append(found, otherTrustPolicy(o, removal)...)
	}
	return found
}

func (d Desired) conflictsOf(kind string, node Node, name, path string, tags map[string]string) Conflicts {
	entity := kind + " " + name
	because := func(reason string) Conflicts { return Conflicts{{Entity: entity, Reason: reason}} }
	state := d.ownership(tags)
	_, isID := OwnerNamePrefix(tags[OwnerTag])
	switch {
	case state == foreign && !isID:
		return because(ownedByNoResource(tags[OwnerTag]))
	case state == foreign && tags[StackTag] == node.Tags[StackTag]:
		return Conflicts{{entity, ownedByAnotherLogicalID(tags[OwnerTag]), tags[OwnerTag], tags[StackTag]}}
	case state == foreign:
		return Conflicts{{entity, ownedByAnother(tags[OwnerTag], tags[StackTag]), tags[OwnerTag], tags[StackTag]}}
	case state == unowned && d.Adoption != HoldAdopted:
		return because(existsUnowned)
	case name != node.Name:
		return because(sameNameButForCase(node.Name))
	case path != node.Path:
		return because(otherPath(path, node.Path))
	}
	want := d.tags(node, tags)
	want[DeclaredTag] = "" // whatever its value
	if keys := slices.DeleteFunc(inOtherCase(tags, want), func(key string) bool { return !reserved(key) }); len(keys) > 0 {
		return because(reservedInOtherCase(keys[0]))
	}
	delete(want, DeclaredTag) // left out if there is no room: see record
	if both := len(union(want, tags)); state == unowned && both > maxTags {
		// The entity is tagged as owned before anything else about it is changed, its other
		// tags included.
		return because(tooManyTagsToAdopt(both))
	}
	if total := len(want); total > maxTags {
		return because(tooManyTagsToOwn(total, total-len(node.Tags)+2))
	}
	return nil
}

// loneProfile is the conflict with an instance profile that nobody owns, and whose role is
// gone, because somebody deleted only the role. IAM's console does not show it.
func loneProfile(profile InstanceProfile) Conflict {
	var commands []string
	for _, role := range sorted(profile.Roles) {
		commands = append(commands, fmt.Sprintf("aws iam remove-role-from-instance-profile --instance-profile-name %s --role-name %s", profile.Name, role))
	}
	commands = append(commands, "aws iam delete-instance-profile --instance-profile-name "+profile.Name)
	return Conflict{Entity: "instance profile " + profile.Name, Reason: existsWithoutRole(strings.Join(commands, " && "))}
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// foreignHolders finds instance profiles that the resource does not own and that contain a
// role to be deleted. IAM would refuse to delete the role, and removing the role from somebody
// else's profile may take the credentials from running instances.
func foreignHolders(o Observed, removal Removal) Conflicts {
	if !o.deletesRole(removal) {
		return nil
	}
	var found Conflicts
	for _, holder := range o.Roles[removal.Name].InstanceProfiles {
		if o.profileOwnership(holder, removal.Owner) != ours {
			found = append(found, Conflict{Entity: "instance profile " + holder, Reason: holdsRoleToDelete(holder, removal.Name)})
		}
	}
	return found
}

// otherTrustPolicy finds a role that is to be deleted and does not have the trust policy that the
// removal demands.
func otherTrustPolicy(o Observed, removal Removal) Conflicts {
	if removal.TrustPolicy == "" || !o.deletesRole(removal) || policydoc.Equal(o.Roles[removal.Name].TrustPolicy, removal.TrustPolicy) {
		return nil
	}
	return Conflicts{{Entity: "role " + removal.Name, Reason: trustsOthers}}
}

// sameButForCase finds a role or profile to be deleted whose name differs only in case from a
// new one. IAM treats the two as one name, so the new one cannot be created while the old one
// exists, and groups that are no longer declared are deleted last.
func (d Desired) sameButForCase(o Observed, removal Removal) Conflicts {
	if o.roleOwnership(removal.Name, removal.Owner) != ours && o.profileOwnership(removal.Name, removal.Owner) != ours {
		return nil
	}
	for _, node := range d.Nodes {
		if node.Name != removal.Name && strings.EqualFold(node.Name, removal.Name) {
			return Conflicts{{Entity: "role " + removal.Name, Reason: sameNameButForCase(node.Name)}}
		}
	}
	return nil
}
