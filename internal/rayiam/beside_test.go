package rayiam

import (
	"slices"
	"strings"
	"testing"
)

// TestNewPlanBeside checks what is planned beside conflicts: nothing for what is in conflict,
// and nothing new of the same name, but everything else.
// Reference 5.19.
func TestNewPlanBeside(t *testing.T) {
	unowned := func(r *Role) { r.Tags = map[string]string{} }
	remade := func() Observed { return alterRole(settled(defaults), "ray-head", unowned) }
	without := func(o Observed, profile string) Observed { delete(o.InstanceProfiles, profile); return o }
	roleless := func() Observed {
		o := alterProfile(settled(defaults), "ray-head", func(p *InstanceProfile) { p.Tags, p.Roles = nil, nil })
		delete(o.Roles, "ray-head")
		return o
	}
	empty := func(p *InstanceProfile) { p.Roles = nil }
	teamed := edited(func(p *Properties) { p.Tags = []Tag{{Key: "team", Value: "ml"}} })
	for _, tt := range []struct {
		name     string
		desired  Desired
		observed Observed
		left     string // the entities in conflict
		want     string // the plan
	}{
		{"no conflict", desiredFor(defaults), settled(defaults), "", ""},
		{"a role without its tags", desiredFor(defaults), remade(), "role ray-head", ""},
		{"a role made anew", desiredFor(defaults), without(remade(), "ray-head"), "role ray-head", ""},
		{"a role made anew, and its former profile", desiredFor(defaults), alterProfile(remade(), "ray-head", empty), "role ray-head", ""},
		{"a role and a profile", desiredFor(defaults), alterProfile(remade(), "ray-head", func(p *InstanceProfile) { p.Tags = nil }), "role ray-head, instance profile ray-head", ""},
		{"a profile without its role", desiredFor(defaults), roleless(), "instance profile ray-head", ""},
		{"another role has changed", desiredFor(defaults), alterRole(remade(), "ray-worker", func(r *Role) { r.ManagedPolicyARNs = r.ManagedPolicyARNs[1:] }), "role ray-head",
			"attaching policy arn:aws:iam::aws:policy/AmazonFSxFullAccess to role ray-worker"},
		{"another profile is gone", desiredFor(defaults), without(remade(), "ray-worker"), "role ray-head", "creating instance profile ray-worker"},
		{"the role of a profile in conflict has changed", desiredFor(defaults), alterRole(alterProfile(settled(defaults), "ray-head", func(p *InstanceProfile) { p.Tags = nil }), "ray-head", func(r *Role) { r.InlinePolicies["more"] = "{}" }), "instance profile ray-head",
			"deleting inline policy more of role ray-head"},
		{"other tags", desiredFor(teamed), remade(), "role ray-head", "tagging instance profile ray-head"},
		{"a group that is no longer declared", withRemovals(desiredFor(edited(func(p *Properties) { p.WorkerGroups[0].Name = "gpu" })), "ray-worker"), remade(), "role ray-head", "deleting role ray-worker"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, left, err := NewPlanBeside(tt.desired, tt.observed)
			var entities []string
			for _, c := range left {
				entities = append(entities, c.Entity)
			}
			if got := strings.Join(entities, ", "); err != nil || got != tt.left {
				t.Errorf("the conflicts are %q, error %v, want %q", got, err, tt.left)
			}
			if plan.Empty() != (tt.want == "") || !strings.Contains(plan.String(), tt.want) {
				t.Errorf("the plan is\n%s, want %q in it", plan, tt.want)
			}
			for _, s := range slices.Concat(plan.Phases...) {
				if slices.Contains(entities, "role "+s.Role) || slices.Contains(entities, "instance profile "+s.InstanceProfile) {
					t.Errorf("the plan changes what is in conflict: %s", s)
				}
			}
		})
	}
	for name, o := range map[string]Observed{
		"a role of the resource at another path":    alterRole(settled(defaults), "ray-head", func(r *Role) { r.Path = "/x/" }),
		"a profile of the resource at another path": alterProfile(settled(defaults), "ray-head", func(p *InstanceProfile) { p.Path = "/x/" }),
		"a reserved tag in another case":            alterRole(settled(defaults), "ray-head", func(r *Role) { r.Tags["Ray-IAM:Stack"] = "x" }),
		"only the owner's tag of a role is gone":    alterRole(settled(defaults), "ray-head", func(r *Role) { delete(r.Tags, OwnerTag) }),
		"only the owner's tag of a profile is gone": alterProfile(settled(defaults), "ray-head", func(p *InstanceProfile) { delete(p.Tags, OwnerTag) }),
		"the owner's tag is gone, and the role is wide": alterRole(settled(defaults), "ray-head", func(r *Role) {
			delete(r.Tags, OwnerTag)
			r.ManagedPolicyARNs = append(r.ManagedPolicyARNs, "arn:aws:iam::aws:policy/AdministratorAccess")
		}),
	} {
		if _, _, err := NewPlanBeside(desiredFor(defaults), o); err == nil {
			t.Errorf("%s: no error, want a conflict, for the resource may have made it", name)
		}
	}
	held := withRemovals(desiredFor(defaults), "ray-gpu")
	o := settled(edited(func(p *Properties) { p.WorkerGroups[0].Name = "gpu" }))
	alterRole(o, "ray-gpu", func(r *Role) { r.InstanceProfiles = append(r.InstanceProfiles, "other") })
	if _, _, err := NewPlanBeside(held, o); err == nil {
		t.Error("a role to be deleted is in somebody else's profile: no error, want a conflict")
	}
}
