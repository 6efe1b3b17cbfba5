package rayiam

import (
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Plan is the list of writes that make the observed state the desired state. The steps of
// one phase are independent of each other and may run at once; a phase begins when the one
// before is done.
//
// The order keeps a role, at every moment, within the permissions that it had before or will
// have after: where the boundary or the trust policy changes, permissions are taken away before
// the change, and given after it.
type Plan struct {
	Phases [][]Step
}

// The phases, in order. Empty ones are left out of a plan.
const (
	establish = iota // create, and adopt
	revoke           // take permissions away, where a boundary or trust policy changes
	restrict         // set the boundary and the trust policy, remove what prevents the next phase
	grant            // all other changes of existing entities
	detach           // detach the policies and roles of entities to be deleted
	remove           // delete or release them
	phaseCount
)

// NewPlan returns the steps from o to d. If a step would change an entity that the resource
// must not change, the error is Conflicts, and there is no plan.
func NewPlan(d Desired, o Observed) (Plan, error) {
	d.Removals = slices.DeleteFunc(slices.Clone(d.Removals), o.Retained)
	if found := d.conflicts(o); len(found) > 0 {
		return Plan{}, found
	}
	var b builder
	for _, node := range d.Nodes {
		b.role(d, node, o)
		b.instanceProfile(d, node, o)
	}
	b.removals(d, o)
	return b.plan(), nil
}

// Empty reports whether the observed state is the desired one.
func (p Plan) Empty() bool { return len(p.Phases) == 0 }

// Split returns the phases before the first phase that changes a name of the removals, and the
// other phases.
func (p Plan) Split(removals []Removal) (before, from Plan) {
	i := slices.IndexFunc(p.Phases, func(steps []Step) bool {
		return slices.ContainsFunc(steps, func(s Step) bool {
			return slices.ContainsFunc(removals, func(r Removal) bool { return r.Name == s.Role || r.Name == s.InstanceProfile })
		})
	})
	if i < 0 {
		i = len(p.Phases)
	}
	return Plan{Phases: p.Phases[:i]}, Plan{Phases: p.Phases[i:]}
}

// String renders the plan, one step a line, a blank line between phases.
func (p Plan) String() string {
	phases := make([]string, len(p.Phases))
	for i, steps := range p.Phases {
		var lines strings.Builder
		for _, step := range steps {
			lines.WriteString(step.String() + step.detail() + "\n")
		}
		phases[i] = lines.String()
	}
	return strings.Join(phases, "\n")
}

// Fresh returns the names of the instance profiles that EC2 may not know yet once the plan is
// applied: new profiles, and profiles with a new role.
func (p Plan) Fresh() []string {
	var names []string
	for _, steps := range p.Phases {
		for _, step := range steps {
			switch step.Call {
			case CreateRole:
				names = append(names, step.Role)
			case CreateInstanceProfile, AddRoleToInstanceProfile:
				names = append(names, step.InstanceProfile)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

type builder struct {
	phases [phaseCount][]Step
}

func (b *builder) plan() Plan {
	var plan Plan
	for _, steps := range b.phases {
		if len(steps) > 0 {
			plan.Phases = append(plan.Phases, steps)
		}
	}
	return plan
}

func (b *builder) removals(d Desired, o Observed) {
	for _, removal := range d.Removals {
		b.removeInstanceProfile(d, removal, o)
		b.removeRole(removal, o)
	}
}

func (b *builder) add(phase int, step Step) { b.phases[phase] = append(b.phases[phase], step) }

func (b *builder) role(d Desired, node Node, o Observed) {
	role, exists := o.Roles[node.Name]
	if !exists {
		b.add(establish, Step{Call: CreateRole, Role: node.Name, Path: node.Path, Document: node.TrustPolicy, Boundary: node.PermissionsBoundary, Tags: d.roleTags(node, nil)})
		b.policies(node, Role{}, grant)
		return
	}
	b.tags(d.roleTags(node, role.Tags), role.Tags, d.ownership(role.Tags), Step{Call: TagRole, Role: node.Name}, Step{Call: UntagRole, Role: node.Name})
	takeAway := grant
	if !policydoc.Equal(role.TrustPolicy, node.TrustPolicy) {
		takeAway = revoke
		b.add(restrict, Step{Call: UpdateAssumeRolePolicy, Role: node.Name, Document: node.TrustPolicy})
	}
	switch {
	case strings.EqualFold(role.PermissionsBoundary, node.PermissionsBoundary):
	case node.PermissionsBoundary == "":
		takeAway = revoke
		b.add(restrict, Step{Call: DeleteRolePermissionsBoundary, Role: node.Name})
	default:
		takeAway = revoke
		b.add(restrict, Step{Call: PutRolePermissionsBoundary, Role: node.Name, Boundary: node.PermissionsBoundary})
	}
	b.policies(node, role, takeAway)
}

// policies plans the managed and inline policies of a role; takeAway is the phase that removes
// policies that are no longer declared. An inline policy whose name changes only in case is
// removed first, because IAM treats both names as one.
func (b *builder) policies(node Node, role Role, takeAway int) {
	for _, arn := range node.ManagedPolicyARNs {
		if !containsFold(role.ManagedPolicyARNs, arn) {
			b.add(grant, Step{Call: AttachRolePolicy, Role: node.Name, Policy: arn})
		}
	}
	for _, arn := range sorted(role.ManagedPolicyARNs) {
		if !containsFold(node.ManagedPolicyARNs, arn) {
			b.add(takeAway, Step{Call: DetachRolePolicy, Role: node.Name, Policy: arn})
		}
	}
	renamed := inOtherCase(role.InlinePolicies, node.InlinePolicies)
	for _, name := range sortedKeys(node.InlinePolicies) {
		document := node.InlinePolicies[name]
		now, ok := role.InlinePolicies[name]
		if ok && policydoc.Equal(now, document) && !containsFold(renamed, name) {
			continue
		}
		if ok && takeAway == revoke {
			b.add(revoke, Step{Call: DeleteRolePolicy, Role: node.Name, Policy: name})
		}
		b.add(grant, Step{Call: PutRolePolicy, Role: node.Name, Policy: name, Document: document})
	}
	for _, name := range sortedKeys(role.InlinePolicies) {
		phase := takeAway
		if slices.Contains(renamed, name) {
			phase = min(takeAway, restrict)
		}
		if _, ok := node.InlinePolicies[name]; !ok {
			b.add(phase, Step{Call: DeleteRolePolicy, Role: node.Name, Policy: name})
		}
	}
}

func (b *builder) instanceProfile(d Desired, node Node, o Observed) {
	add := Step{Call: AddRoleToInstanceProfile, Role: node.Name, InstanceProfile: node.Name}
	profile, exists := o.InstanceProfiles[node.Name]
	if !exists {
		b.add(establish, Step{Call: CreateInstanceProfile, InstanceProfile: node.Name, Path: node.Path, Tags: d.profileTags(node, nil)})
		b.add(grant, add)
		return
	}
	b.tags(d.profileTags(node, profile.Tags), profile.Tags, d.ownership(profile.Tags), Step{Call: TagInstanceProfile, InstanceProfile: node.Name}, Step{Call: UntagInstanceProfile, InstanceProfile: node.Name})
	for _, other := range sorted(profile.Roles) {
		if other != node.Name {
			b.add(restrict, Step{Call: RemoveRoleFromInstanceProfile, Role: other, InstanceProfile: node.Name})
		}
	}
	if !slices.Contains(profile.Roles, node.Name) {
		b.add(grant, add)
	}
}

// tags plans the tags of an existing entity. An adopted entity is tagged first of all, so that
// every later step changes an entity that the resource owns. A key that exists in another case
// is removed before it is set: a later removal would also remove the new key.
func (b *builder) tags(want, now map[string]string, state ownership, tag, untag Step) {
	tag.Tags = map[string]string{}
	for key, value := range want {
		if have, ok := now[key]; !ok || have != value {
			tag.Tags[key] = value
		}
	}
	for _, key := range sortedKeys(now) {
		if _, ok := want[key]; !ok && !awsTag(key) {
			untag.TagKeys = append(untag.TagKeys, key)
		}
	}
	tagPhase, untagPhase := grant, grant
	renamed := len(inOtherCase(now, tag.Tags)) > 0
	switch {
	case state == unowned && renamed:
		tag, untagPhase = b.adopt(tag), restrict
	case state == unowned:
		tagPhase = establish
	case renamed || len(want)+len(untag.TagKeys) > maxTags:
		untagPhase = restrict
	}
	if len(tag.Tags) > 0 {
		b.add(tagPhase, tag)
	}
	if len(untag.TagKeys) > 0 {
		b.add(untagPhase, untag)
	}
}

// adopt plans the tags of ownership as a step of their own, and returns the step with the other
// tags.
func (b *builder) adopt(tag Step) Step {
	ownership, others := tag, tag
	ownership.Tags, others.Tags = map[string]string{}, map[string]string{}
	for key, value := range tag.Tags {
		if reserved(key) {
			ownership.Tags[key] = value
		} else {
			others.Tags[key] = value
		}
	}
	b.add(establish, ownership)
	return others
}

// awsTag reports whether the tag belongs to AWS, so that nobody else can change it.
func awsTag(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

func (b *builder) removeRole(removal Removal, o Observed) {
	if o.roleOwnership(removal.Name, removal.Owner) != ours {
		return
	}
	role := o.Roles[removal.Name]
	if !o.deletesRole(removal) {
		b.add(remove, Step{Call: UntagRole, Role: removal.Name, TagKeys: reservedKeys(role.Tags)})
		return
	}
	for _, arn := range sorted(role.ManagedPolicyARNs) {
		b.add(detach, Step{Call: DetachRolePolicy, Role: removal.Name, Policy: arn})
	}
	for _, name := range sortedKeys(role.InlinePolicies) {
		b.add(detach, Step{Call: DeleteRolePolicy, Role: removal.Name, Policy: name})
	}
	b.add(remove, Step{Call: DeleteRole, Role: removal.Name})
}

func (b *builder) removeInstanceProfile(d Desired, removal Removal, o Observed) {
	if o.profileOwnership(removal.Name, removal.Owner) != ours {
		return
	}
	profile := o.InstanceProfiles[removal.Name]
	held := profile.Tags[AdoptedTag] == Held
	for _, role := range sorted(profile.Roles) {
		if !held || d.deletesRole(o, role) {
			b.add(detach, Step{Call: RemoveRoleFromInstanceProfile, Role: role, InstanceProfile: removal.Name})
		}
	}
	if held {
		b.add(remove, Step{Call: UntagInstanceProfile, InstanceProfile: removal.Name, TagKeys: reservedKeys(profile.Tags)})
		return
	}
	b.add(remove, Step{Call: DeleteInstanceProfile, InstanceProfile: removal.Name})
}

func reservedKeys(tags map[string]string) []string {
	return slices.DeleteFunc(sortedKeys(tags), func(key string) bool { return !reserved(key) })
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// unique returns the distinct strings of list, sorted.
func unique(list []string) []string { return slices.Compact(sorted(list)) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
