package rayiam

import "slices"

// NewPlanBeside returns the steps from o to d that NewPlan would return if there were no
// conflicts about declared roles and instance profiles, and these conflicts. It has no step for
// a role or instance profile in conflict, and beside one it creates nothing of the same name,
// and adds no role.
//
// A conflict about a name to be deleted is an error, as in NewPlan. So is a conflict about a role
// or instance profile that the resource has made, or may have made: nobody can then tell
// whether it has the policies that are declared.
func NewPlanBeside(d Desired, o Observed) (Plan, Conflicts, error) {
	d.Removals = slices.DeleteFunc(slices.Clone(d.Removals), o.Retained)
	if found := d.conflictsOfRemovals(o); len(found) > 0 {
		return Plan{}, nil, found
	}
	var (
		b    builder
		left Conflicts
	)
	for _, node := range d.Nodes {
		role, profile := d.conflictsOfNode(node, o)
		if len(role) > 0 && d.mayHaveMade(o.Roles[node.Name].Tags) || len(profile) > 0 && d.mayHaveMade(o.InstanceProfiles[node.Name].Tags) {
			return Plan{}, nil, slices.Concat(role, profile)
		}
		left = slices.Concat(left, role, profile)
		beside := len(role)+len(profile) > 0
		if _, exists := o.Roles[node.Name]; len(role) == 0 && (exists || !beside) {
			b.role(d, node, o)
		}
		if _, exists := o.InstanceProfiles[node.Name]; len(profile) == 0 && (exists || !beside) {
			b.instanceProfile(d, node, o.holding(node.Name, beside))
		}
	}
	b.removals(d, o)
	return b.plan(), left, nil
}

// mayHaveMade reports whether the resource may have made a role or instance profile with these
// tags: it is the owner, or somebody has removed the owner's tag and left another one.
func (d Desired) mayHaveMade(tags map[string]string) bool {
	state := d.ownership(tags)
	return state == ours || state == unowned && len(reservedKeys(tags)) > 0
}

// holding returns o, and if pretend is set, with the role of this name in the instance profile of
// this name.
func (o Observed) holding(name string, pretend bool) Observed {
	profile := o.InstanceProfiles[name]
	if !pretend || slices.Contains(profile.Roles, name) {
		return o
	}
	profile.Roles = append(slices.Clone(profile.Roles), name)
	return Observed{Roles: o.Roles, InstanceProfiles: map[string]InstanceProfile{name: profile}}
}
