package planview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// entities gathers the steps of a plan by the role or instance profile that they change.
func entities(p provider.Preview) []Entity {
	var order []*building
	at := map[[2]string]*building{}
	for _, phase := range p.Plan.Phases {
		for _, step := range phase {
			kind, name := roleKind, step.Role
			if step.InstanceProfile != "" {
				kind, name = profileKind, step.InstanceProfile
			}
			b, ok := at[[2]string{kind, name}]
			if !ok {
				b = &building{Entity: Entity{Kind: kind, Name: name, Action: Change, Details: []Detail{}}, owner: p.Owner}
				b.role, b.profile = p.Observed.Roles[name], p.Observed.InstanceProfiles[name]
				at[[2]string{kind, name}] = b
				order = append(order, b)
			}
			b.add(step)
		}
	}
	list := make([]Entity, len(order))
	for i, b := range order {
		list[i] = b.finished()
	}
	slices.SortStableFunc(list, func(a, b Entity) int {
		return cmp.Compare(slices.Index(p.Names, a.Name), slices.Index(p.Names, b.Name))
	})
	return list
}

// A building is an entity whose steps are being gathered.
type building struct {
	Entity
	owner   string
	role    rayiam.Role
	profile rayiam.InstanceProfile
}

func (b *building) detail(action Mark, what, name, before, after string) {
	b.Details = append(b.Details, Detail{action, what, name, before, after})
}

// add adds one step to the entity.
func (b *building) add(s rayiam.Step) {
	switch s.Call {
	case rayiam.CreateRole:
		b.Action = Create
		b.detail(Add, pathDetail, "", "", s.Path)
		b.detail(Add, trustPolicy, "", "", s.Document)
		if s.Boundary != "" {
			b.detail(Add, boundary, "", "", s.Boundary)
		}
		b.tagged(s.Tags)
	case rayiam.CreateInstanceProfile:
		b.Action = Create
		b.detail(Add, pathDetail, "", "", s.Path)
		b.tagged(s.Tags)
	case rayiam.DeleteRole, rayiam.DeleteInstanceProfile:
		b.Action = Delete
	case rayiam.TagRole, rayiam.TagInstanceProfile:
		if s.Tags[rayiam.OwnerTag] != "" && !owned(b.tags(), b.owner) {
			b.Action = Adopt
		}
		b.tagged(s.Tags)
	case rayiam.UntagRole, rayiam.UntagInstanceProfile:
		if slices.Contains(s.TagKeys, rayiam.OwnerTag) {
			b.Action = Release
		}
		for _, key := range s.TagKeys {
			b.detail(Remove, tagDetail, key, shown(key, b.tags()[key]), "")
		}
	case rayiam.UpdateAssumeRolePolicy:
		b.detail(Alter, trustPolicy, "", b.role.TrustPolicy, s.Document)
	case rayiam.PutRolePermissionsBoundary:
		b.detail(mark(b.role.PermissionsBoundary != ""), boundary, "", b.role.PermissionsBoundary, s.Boundary)
	case rayiam.DeleteRolePermissionsBoundary:
		b.detail(Remove, boundary, "", b.role.PermissionsBoundary, "")
	case rayiam.AttachRolePolicy:
		b.detail(Add, managedPolicy, s.Policy, "", "")
	case rayiam.DetachRolePolicy:
		b.detail(Remove, managedPolicy, s.Policy, "", "")
	case rayiam.PutRolePolicy:
		b.putInline(s)
	case rayiam.DeleteRolePolicy:
		b.detail(Remove, inlinePolicy, s.Policy, b.role.InlinePolicies[s.Policy], "")
	case rayiam.AddRoleToInstanceProfile:
		b.detail(Add, roleDetail, s.Role, "", "")
	case rayiam.RemoveRoleFromInstanceProfile:
		b.detail(Remove, roleDetail, s.Role, "", "")
	}
}

// putInline adds the step that writes an inline policy. If an earlier phase deletes that
// policy, so that the role never has too much, it still counts as changed.
func (b *building) putInline(s rayiam.Step) {
	before, there := b.role.InlinePolicies[s.Policy]
	b.Details = slices.DeleteFunc(b.Details, func(d Detail) bool {
		return d.Action == Remove && d.What == inlinePolicy && d.Name == s.Policy
	})
	if there {
		b.detail(Alter, inlinePolicy, s.Policy, before, s.Document)
		return
	}
	b.detail(Add, inlinePolicy, s.Policy, "", s.Document)
}

func (b *building) tags() map[string]string {
	if b.Kind == profileKind {
		return b.profile.Tags
	}
	return b.role.Tags
}

func (b *building) tagged(tags map[string]string) {
	now := b.tags()
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		before, there := now[key]
		b.detail(mark(there), tagDetail, key, shown(key, before), shown(key, tags[key]))
	}
}

// shown returns the value of a tag as it is shown. Digests mean nothing to a person, so they
// are not shown. If a value is known only after apply, they also differ from the digests that
// will be written.
func shown(key, value string) string {
	if key == rayiam.DeclaredTag {
		return ""
	}
	return value
}

// mark returns the mark of a detail that is written: whether it changes or is added.
func mark(there bool) Mark {
	if there {
		return Alter
	}
	return Add
}

// The order in which a person reads the details of an entity.
var reading = []string{pathDetail, roleDetail, trustPolicy, boundary, managedPolicy, inlinePolicy, tagDetail}

func (b *building) finished() Entity {
	slices.SortStableFunc(b.Details, func(x, y Detail) int {
		return cmp.Or(cmp.Compare(slices.Index(reading, x.What), slices.Index(reading, y.What)), strings.Compare(x.Name, y.Name))
	})
	return b.Entity
}
