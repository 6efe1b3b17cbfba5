package rayiam

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestConflicts checks which entities a resource must not change, and that the error names
// them.
// Reference 2.12, 4.6, 4.7, 4.8, 5.14.
func TestConflicts(t *testing.T) {
	const other, otherStack = "ray-000000000000", "arn:aws:cloudformation:eu-west-1:123456789012:stack/other/1"
	manyTags := edited(func(p *Properties) {
		for i := range 48 {
			p.Tags = append(p.Tags, Tag{Key: fmt.Sprintf("t%d", i)})
		}
	})
	tests := []struct {
		name     string
		desired  Desired
		observed Observed
		want     []string // parts of the error
	}{
		{"unowned role and profile", desiredFor(defaults), disowned(settled(defaults)),
			[]string{"role ray-head exists", "instance profile ray-head exists", "role ray-worker exists", "instance profile ray-worker exists", "AdoptExisting"}},
		{"lone profile", desiredFor(defaults), lone(),
			[]string{"instance profile ray-head exists without a role of its name", "(aws iam delete-instance-profile --instance-profile-name ray-head)", "AdoptExisting"}},
		{"lone profile with another role", desiredFor(defaults), lone("zoe", "adam"),
			[]string{"(aws iam remove-role-from-instance-profile --instance-profile-name ray-head --role-name adam && aws iam remove-role-from-instance-profile --instance-profile-name ray-head --role-name zoe && aws iam delete-instance-profile --instance-profile-name ray-head)"}},
		{"lone profile of another resource", desiredFor(defaults), alterProfile(lone(), "ray-head", func(p *InstanceProfile) { p.Tags[OwnerTag], p.Tags[StackTag] = other, otherStack }),
			[]string{"instance profile ray-head belongs to another"}},
		{"another resource's", desiredFor(defaults), tagged(tagged(settled(defaults), "ray-worker", OwnerTag, other), "ray-worker", StackTag, otherStack),
			[]string{"role ray-worker belongs to another", other, otherStack, "instance profile ray-worker belongs"}},
		{"another resource's is never adopted", withAdoption(desiredFor(defaults), HoldAdopted), tagged(tagged(settled(defaults), "ray-worker", OwnerTag, other), "ray-worker", StackTag, otherStack),
			[]string{"role ray-worker belongs to another"}},
		{"another logical id's", desiredFor(defaults), tagged(settled(defaults), "ray-worker", OwnerTag, other),
			[]string{"role ray-worker belongs to another logical id of this stack", other, "DeletionPolicy is Retain", "AdoptExisting"}},
		{"an orphaned set without adoption", Desired{Owner: ownerOf(defaults), Nodes: desiredFor(defaults).Nodes, Orphaned: map[string]bool{other: true}}, tagged(settled(defaults), "ray-worker", OwnerTag, other),
			[]string{"role ray-worker exists", "AdoptExisting"}},
		{"another path", desiredFor(edited(func(p *Properties) { p.Path = "/new/" })), settled(defaults),
			[]string{"role ray-head is at path /, and Path asks for /new/", "only together with NamePrefix"}},
		{"name in another case", desiredFor(defaults), alterRole(settled(defaults), "ray-head", func(r *Role) { r.Name = "Ray-Head" }),
			[]string{"role Ray-Head differs from ray-head only in case"}},
		{"group renamed in case", withRemovals(desiredFor(edited(func(p *Properties) { p.WorkerGroups[0].Name = "Worker" })), "ray-worker"), settled(defaults),
			[]string{"role ray-worker differs from ray-Worker only in case"}},
		{"adopted marker as tag 51", desiredFor(manyTags), tagged(settled(defaults), "ray-head", AdoptedTag, Owned),
			[]string{"role ray-head would carry 51 tags"}},
		{"no room for the tags of ownership", withAdoption(desiredFor(defaults), HoldAdopted), alterRole(disowned(settled(defaults)), "ray-head", func(r *Role) {
			for i := range 48 {
				r.Tags[fmt.Sprintf("t%d", i)] = ""
			}
		}), []string{"role ray-head would carry 51 tags while it is adopted", "remove tags"}},
		{"a tag of ownership in another case", withAdoption(desiredFor(defaults), HoldAdopted), tagged(disowned(settled(defaults)), "ray-head", "Ray-IAM:Owner", "me"),
			[]string{"role ray-head carries the tag Ray-IAM:Owner, which IAM treats as", "ray-iam:owner: remove", "instance profile ray-head carries the tag"}},
		{"foreign profile holds a role that goes", deletion(defaults), alterRole(settled(defaults), "ray-worker", func(r *Role) { r.InstanceProfiles = append(r.InstanceProfiles, "other") }),
			[]string{"instance profile other was not made by this resource and holds role ray-worker", "remove-role-from-instance-profile"}},
		{"unowned profile of the same name holds a role that goes", deletion(defaults), alterProfile(settled(defaults), "ray-head", func(p *InstanceProfile) { p.Tags = nil }),
			[]string{"instance profile ray-head was not made by this resource"}},
		{"the role of an orphaned set that others may assume", trusting(deletion(defaults)), alterRole(settled(defaults), "ray-worker", func(r *Role) { r.TrustPolicy = trustOfLambda }),
			[]string{"role ray-worker has another trust policy than the provider gives to a role"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := NewPlan(tt.desired, tt.observed)
			var found Conflicts
			if !errors.As(err, &found) || !plan.Empty() {
				t.Fatalf("NewPlan = %v, %v, want Conflicts and no plan", plan, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

const trustOfLambda = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`

// trusting makes the removals delete only roles with the trust policy of a set's roles.
func trusting(d Desired) Desired {
	for i := range d.Removals {
		d.Removals[i].TrustPolicy = TrustPolicy(testStack)
	}
	return d
}

// TestTrustPolicy_Removals checks which roles of an orphaned set are no conflict: roles that
// EC2 alone may assume, in IAM's spelling too, roles that are only released, and roles of
// another owner.
// Reference 16.4.
func TestTrustPolicy_Removals(t *testing.T) {
	spelled := `{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": ["sts:AssumeRole"] } }`
	others := func(r *Role) { r.TrustPolicy = trustOfLambda }
	for name, tt := range map[string]struct {
		observed Observed
		want     string // of the plan
	}{
		"as made":           {settled(defaults), "deleting role ray-worker\n"},
		"in other spelling": {alterRole(settled(defaults), "ray-worker", func(r *Role) { r.TrustPolicy = spelled }), "deleting role ray-worker\n"},
		"held":              {alterRole(tagged(settled(defaults), "ray-worker", AdoptedTag, Held), "ray-worker", others), "untagging role ray-worker "},
		"another's":         {alterRole(tagged(settled(defaults), "ray-worker", OwnerTag, "other-0123456789ab"), "ray-worker", others), "deleting role ray-head\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustPlan(t, trusting(deletion(defaults)), tt.observed).String(); !strings.Contains(got, tt.want) {
				t.Errorf("the plan is\n%s, want %q in it", got, tt.want)
			}
		})
	}
}

// lone returns an instance profile without an owner and without a role of its name, which
// has these roles in it.
func lone(roles ...string) Observed {
	return Observed{InstanceProfiles: map[string]InstanceProfile{"ray-head": {Name: "ray-head", Path: "/", Tags: map[string]string{}, Roles: roles}}}
}

// TestRefusedCaseChangeRollsBack checks that the Update which rolls back a refused change of
// case succeeds although IAM finds names in any case.
func TestRefusedCaseChangeRollsBack(t *testing.T) {
	o := settled(defaults)
	o.Roles["ray-Worker"], o.InstanceProfiles["ray-Worker"] = o.Roles["ray-worker"], o.InstanceProfiles["ray-worker"]
	if plan := mustPlan(t, withRemovals(desiredFor(defaults), "ray-Worker"), o); !plan.Empty() {
		t.Errorf("plan is not empty:\n%s", plan)
	}
}

// TestForeignIsInNoStep checks that no plan names a role or profile that the
// resource does not own, whatever else there is to do.
// Reference 4.5.
func TestForeignIsInNoStep(t *testing.T) {
	o := settled(edited(addGroup))
	o = tagged(o, "ray-gpu", OwnerTag, "ray-000000000000")
	for name, d := range map[string]Desired{
		"update": withRemovals(desiredFor(defaults), "ray-gpu"),
		"delete": deletion(edited(addGroup)),
	} {
		t.Run(name, func(t *testing.T) {
			for _, steps := range mustPlan(t, d, o).Phases {
				for _, step := range steps {
					if step.Role == "ray-gpu" || step.InstanceProfile == "ray-gpu" {
						t.Errorf("the step %s%s is about a role or profile of another resource", step, step.detail())
					}
				}
			}
		})
	}
}

// TestInconsistent checks which contradictions are no conflict, but come from reading while
// somebody writes.
func TestInconsistent(t *testing.T) {
	holders := func(names ...string) func(*Role) { return func(r *Role) { r.InstanceProfiles = names } }
	without := func(o Observed) Observed { delete(o.InstanceProfiles, "ray-head"); return o }
	tests := []struct {
		name     string
		observed Observed
		want     bool
	}{
		{"nothing", Observed{}, false},
		{"complete", settled(defaults), false},
		{"held by the profile of its name, which is not there", without(alterRole(settled(defaults), "ray-head", holders("other", "ray-head"))), true},
		{"held by another profile", without(alterRole(settled(defaults), "ray-head", holders("other"))), false},
		{"held by nothing", without(alterRole(settled(defaults), "ray-head", holders())), false},
	}
	for _, tt := range tests {
		if got := tt.observed.Inconsistent(); got != tt.want {
			t.Errorf("%s: Inconsistent() = %v, want %v", tt.name, got, tt.want)
		}
	}
}
