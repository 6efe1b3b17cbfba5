package rayiam

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const boundaryARN = "arn:aws:iam::123456789012:policy/boundary"

func removals(owner string, names ...string) []Removal {
	var list []Removal
	for _, name := range names {
		list = append(list, Removal{Name: name, Owner: owner})
	}
	return list
}

func deletion(p Properties) Desired {
	return Desired{Removals: removals(ownerOf(p), p.Names()...)}
}

func withAdoption(d Desired, a Adoption) Desired {
	d.Adoption = a
	return d
}

func withRemovals(d Desired, names ...string) Desired {
	d.Removals = removals(d.Owner, names...)
	return d
}

func addGroup(p *Properties) { p.WorkerGroups = append(p.WorkerGroups, WorkerGroup{Name: "gpu"}) }

func setBoundary(p *Properties) { p.PermissionsBoundary = boundaryARN }

func inlineOfHead(name string) func(*Properties) {
	return func(p *Properties) {
		p.Head.Policies = []InlinePolicy{{name, `{"Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}`}}
	}
}

func withInline(name string) Properties { return edited(inlineOfHead(name)) }

func setTags(p *Properties) { p.Tags = []Tag{{"team", "ml"}, {"cost", "7"}} }

// TestPlans compares plans with their golden files, one file for each change.
// Reference 4.7, 4.9, 4.10, 5.1, 5.5, 5.6, 5.7, 5.11.
func TestPlans(t *testing.T) {
	empty := Observed{}
	onlyS3 := edited(func(p *Properties) {
		p.Head.ManagedPolicyARNs = []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
		p.PermissionsBoundary = boundaryARN
		p.Head.Policies = []InlinePolicy{{"extra", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}}
	})
	tests := []struct {
		name     string
		desired  Desired
		observed Observed
	}{
		{"create", desiredFor(defaults), empty},
		{"create-with-everything", desiredFor(edited(addGroup, setBoundary, setTags, func(p *Properties) { p.Path = "/ray/" })), empty},
		{"create-after-a-crash", desiredFor(defaults), func() Observed {
			o := settled(defaults)
			delete(o.Roles, "ray-worker")
			delete(o.InstanceProfiles, "ray-head")
			return alterRole(o, "ray-head", func(r *Role) { r.ManagedPolicyARNs, r.InlinePolicies = nil, nil })
		}()},
		{"policies-changed", desiredFor(edited(func(p *Properties) {
			p.Head.ManagedPolicyARNs = []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
			p.WorkerGroups[0].ManagedPolicyARNs = []string{}
		})), settled(defaults)},
		{"group-added", desiredFor(edited(addGroup)), settled(defaults)},
		{"group-removed", withRemovals(desiredFor(defaults), "ray-gpu"), settled(edited(addGroup))},
		{"boundary-set-with-policies", desiredFor(onlyS3), settled(defaults)},
		{"boundary-removed", desiredFor(defaults), settled(edited(setBoundary))},
		{"tags-changed", desiredFor(edited(setTags)), tagged(tagged(settled(defaults), "ray-head", "team", "web"), "ray-head", "old", "1")},
		{"inline-policy-renamed-in-case", desiredFor(withInline("Extra")), settled(withInline("extra"))},
		{"inline-policy-renamed-in-case-with-boundary", desiredFor(edited(setBoundary, inlineOfHead("Extra"))), settled(withInline("extra"))},
		{"tag-renamed-in-case", desiredFor(edited(setTags)), tagged(settled(defaults), "ray-head", "Team", "ml")},
		{"least-privilege-on", desiredFor(edited(least(everyOption))), settled(defaults)},
		{"least-privilege-off", desiredFor(defaults), settled(edited(least(everyOption)))},
		{"least-privilege-narrowed", desiredFor(edited(least())), settled(edited(least(everyOption)))},
		{"drift", desiredFor(defaults), func() Observed {
			o := alterRole(settled(defaults), "ray-head", func(r *Role) {
				r.TrustPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`
				r.ManagedPolicyARNs = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
				r.InlinePolicies["by-hand"] = ""
			})
			return alterProfile(o, "ray-worker", func(p *InstanceProfile) { p.Roles = []string{"somebody-else"} })
		}()},
		{"adopt-what-was-made-by-hand", withAdoption(desiredFor(defaults), HoldAdopted), disowned(settled(defaults))},
		{"adopt-with-a-tag-in-another-case", withAdoption(desiredFor(edited(setTags)), HoldAdopted), tagged(disowned(settled(defaults)), "ray-worker", "Team", "ml")},
		{"adopted-becomes-owned", withAdoption(desiredFor(defaults), OwnAdopted), recorded(tagged(settled(defaults), "ray-head", AdoptedTag, Held))},
		{"owned-becomes-held", withAdoption(desiredFor(defaults), HoldAdopted), recorded(tagged(settled(defaults), "ray-head", AdoptedTag, Owned))},
		{"made-by-an-older-version", desiredFor(defaults), unrecorded(settled(defaults))},
		{"delete", deletion(defaults), settled(defaults)},
		{"delete-releases-adopted", deletion(defaults), tagged(settled(defaults), "ray-head", AdoptedTag, Held)},
		{"delete-deletes-owned", deletion(defaults), tagged(settled(defaults), "ray-head", AdoptedTag, Owned)},
		{"delete-with-an-adopted-profile", deletion(defaults), alterProfile(settled(defaults), "ray-head", func(p *InstanceProfile) { p.Tags[AdoptedTag] = Held })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustPlan(t, tt.desired, tt.observed).String()
			file := filepath.Join("testdata", "plans", tt.name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("plan differs from %s (write it anew with -update):\n%s", file, got)
			}
		})
	}
}

// TestPlanOfWhatIsSoIsEmpty checks, for every way to declare a set, that the plan is empty if
// IAM has the set: an update that changes nothing writes nothing.
// Reference 5.1, 5.20, 12.3.
func TestPlanOfWhatIsSoIsEmpty(t *testing.T) {
	held := withAdoption(desiredFor(defaults), HoldAdopted)
	tests := []struct {
		name     string
		desired  Desired
		observed Observed
	}{
		{"defaults", desiredFor(defaults), settled(defaults)},
		{"everything", desiredFor(edited(addGroup, setBoundary, setTags)), settled(edited(addGroup, setBoundary, setTags))},
		{"least privilege", desiredFor(edited(addGroup, least(everyOption))), settled(edited(addGroup, least(everyOption)))},
		{"owned by adoption, kept", desiredFor(defaults), recorded(tagged(settled(defaults), "ray-head", AdoptedTag, Owned))},
		{"held by adoption", held, recorded(tagged(settled(defaults), "ray-head", AdoptedTag, Held))},
		{"created under AdoptExisting", held, settled(defaults)},
		{"no longer adopting, created", withAdoption(desiredFor(defaults), OwnAdopted), settled(defaults)},
		{"tags of AWS itself", desiredFor(defaults), tagged(settled(defaults), "ray-head", "aws:cloudformation:stack-name", "x")},
		{"ARNs in another case", desiredFor(edited(setBoundary)), alterRole(settled(edited(setBoundary)), "ray-head", func(r *Role) {
			r.PermissionsBoundary = strings.ToUpper(r.PermissionsBoundary)
			r.ManagedPolicyARNs[0] = strings.ToLower(r.ManagedPolicyARNs[0])
		})},
		{"a second profile holds the role", desiredFor(defaults), alterRole(settled(defaults), "ray-head", func(r *Role) { r.InstanceProfiles = []string{"ray-head", "other"} })},
		{"delete of nothing", deletion(defaults), Observed{}},
		{"delete of what another resource owns", deletion(defaults), tagged(tagged(settled(defaults), "ray-head", OwnerTag, "ray-000000000000"), "ray-worker", OwnerTag, "ray-000000000000")},
		{"delete of what nobody owns", deletion(defaults), disowned(settled(defaults))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if plan := mustPlan(t, tt.desired, tt.observed); !plan.Empty() {
				t.Errorf("plan is not empty:\n%s", plan)
			}
		})
	}
}

// TestNoPermissionBeforeItsBound checks the order: if the boundary or the trust policy
// changes, permissions are removed before the change and added after it.
// Reference 5.7.
func TestNoPermissionBeforeItsBound(t *testing.T) {
	desired := desiredFor(edited(setBoundary, func(p *Properties) { p.Head.ManagedPolicyARNs = []string{"arn:aws:iam::aws:policy/PowerUserAccess"} }))
	plan := mustPlan(t, desired, settled(defaults))
	at := func(call Call) int {
		return slices.IndexFunc(plan.Phases, func(steps []Step) bool {
			return slices.ContainsFunc(steps, func(s Step) bool { return s.Call == call && s.Role == "ray-head" })
		})
	}
	if d, p, a := at(DetachRolePolicy), at(PutRolePermissionsBoundary), at(AttachRolePolicy); d < 0 || p <= d || a <= p {
		t.Errorf("phases: detach %d, boundary %d, attach %d; want them in this order", d, p, a)
	}
	// A policy that changes under the same name is deleted in between.
	now := alterRole(settled(defaults), "ray-head", func(r *Role) {
		r.InlinePolicies["ray-pass-role-policy"] = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	})
	plan = mustPlan(t, desired, now)
	if d, p, a := at(DeleteRolePolicy), at(PutRolePermissionsBoundary), at(PutRolePolicy); d < 0 || p <= d || a <= p {
		t.Errorf("phases: delete %d, boundary %d, put %d; want them in this order", d, p, a)
	}
}

// TestRenamedInCaseGoesFirst checks that names that IAM treats as one are never removed and
// set at once, nor removed last, whatever IAM returns for either name.
// Reference 5.20.
func TestRenamedInCaseGoesFirst(t *testing.T) {
	desired := desiredFor(edited(inlineOfHead("Extra"), setTags))
	before := func() Observed { return tagged(settled(withInline("extra")), "ray-head", "Team", "ml") }
	tests := []struct {
		name     string
		desired  Desired
		observed Observed
	}{
		{"owned", desired, before()},
		{"a read under the new name finds the old policy", desired, alterRole(before(), "ray-head", func(r *Role) {
			r.InlinePolicies["Extra"] = r.InlinePolicies["extra"]
		})},
		{"adopted", withAdoption(desired, HoldAdopted), tagged(disowned(before()), "ray-head", "Team", "ml")},
	}
	for _, tt := range tests {
		plan := mustPlan(t, tt.desired, tt.observed)
		at := func(match func(Step) bool) int {
			return slices.IndexFunc(plan.Phases, func(steps []Step) bool { return slices.ContainsFunc(steps, match) })
		}
		removed := at(func(s Step) bool { return s.Call == DeleteRolePolicy && s.Policy == "extra" })
		put := at(func(s Step) bool { return s.Call == PutRolePolicy && s.Policy == "Extra" })
		untagged := at(func(s Step) bool { return s.Call == UntagRole && slices.Contains(s.TagKeys, "Team") })
		tag := at(func(s Step) bool { return s.Call == TagRole && s.Tags["team"] != "" && s.Role == "ray-head" })
		if removed < 0 || put <= removed || untagged < 0 || tag <= untagged {
			t.Errorf("%s: phases: delete %d, put %d, untag %d, tag %d; want each pair in this order\n%s", tt.name, removed, put, untagged, tag, plan)
		}
	}
}

// TestFresh checks which instance profiles EC2 may not know yet.
// Reference 6.6.
func TestFresh(t *testing.T) {
	got := mustPlan(t, desiredFor(edited(addGroup)), settled(defaults)).Fresh()
	if want := []string{"ray-gpu"}; !slices.Equal(got, want) {
		t.Errorf("Fresh = %v, want %v", got, want)
	}
}

// TestSplit checks that a plan can be split before the first phase that changes a name of the
// removals.
func TestSplit(t *testing.T) {
	step := func(call Call, role, profile string) Step {
		return Step{Call: call, Role: role, InstanceProfile: profile}
	}
	plan := Plan{Phases: [][]Step{
		{step(CreateRole, "a", "")}, {step(AttachRolePolicy, "a", ""), step(DetachRolePolicy, "b", "")}, {step(DeleteInstanceProfile, "", "c"), step(DeleteRole, "b", "")},
	}}
	for name, want := range map[string]int{"b": 1, "c": 2, "d": 3} {
		before, from := plan.Split([]Removal{{Name: name}})
		if len(before.Phases) != want || len(from.Phases) != len(plan.Phases)-want {
			t.Errorf("%s: split into %d and %d phases, want %d before", name, len(before.Phases), len(from.Phases), want)
		}
	}
	if before, from := plan.Split(nil); len(before.Phases) != 3 || !from.Empty() {
		t.Errorf("a plan without removals is split into %v and %v, want it all before", before, from)
	}
}
