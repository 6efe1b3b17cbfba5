package rayiam

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// facetOf has the facets in which a field of a Node shows, for the role and for the instance
// profile.
var facetOf = map[string][2][]Facet{
	"TrustPolicy":         {{TrustFacet}, nil},
	"PermissionsBoundary": {{BoundaryFacet}, nil},
	"ManagedPolicyARNs":   {{ManagedFacet}, nil},
	"InlinePolicies":      {{InlineFacet}, nil},
	"Tags":                {{TagsFacet}, {TagsFacet}},
}

// TestDigests_EveryField checks, for each change of a node that IAM can make in place, that
// the digests of the observed unchanged node differ from the digests of the changed node, in
// the facet of that field and in no other.
// Reference 15.1, 15.2.
func TestDigests_EveryField(t *testing.T) {
	p := edited(setBoundary, setTags, func(p *Properties) {
		p.Head.Policies = []InlinePolicy{{Name: "extra", Document: `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}}
	})
	for _, tt := range nodeChanges {
		want, inPlace := facetOf[tt.field]
		if !inPlace {
			if tt.field != "Name" && tt.field != "Path" { // which would name another role
				t.Errorf("field %s has no facet", tt.field)
			}
			continue
		}
		d, now := desiredFor(p), settled(p)
		tt.change(&d.Nodes[0])
		role, okRole := now.Roles["ray-head"].Digests().Differing(d.roleTags(d.Nodes[0], nil)[DeclaredTag])
		profile, okProfile := now.InstanceProfiles["ray-head"].Digests().Differing(d.profileTags(d.Nodes[0], nil)[DeclaredTag])
		if !okRole || !okProfile || !slices.Equal(role, want[0]) || !slices.Equal(profile, want[1]) {
			t.Errorf("%s %s: role differs in %v, instance profile in %v, want %v", tt.field, tt.name, role, profile, want)
		}
	}
}

// byHand are changes that somebody makes by hand, and whether each is drift.
var byHand = []struct {
	name  string
	alter func(Observed) Observed
	drift bool
}{
	{"nothing", func(o Observed) Observed { return o }, false},
	{"a managed policy attached", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) {
			r.ManagedPolicyARNs = append(r.ManagedPolicyARNs, "arn:aws:iam::aws:policy/AdministratorAccess")
		})
	}, true},
	{"an inline policy added", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) { r.InlinePolicies["more"] = `{"Statement":[]}` })
	}, true},
	{"an inline policy renamed in case", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) {
			r.InlinePolicies["Ray-pass-role-policy"] = r.InlinePolicies["ray-pass-role-policy"]
			delete(r.InlinePolicies, "ray-pass-role-policy")
		})
	}, true},
	{"the trust policy written in another way", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) {
			r.TrustPolicy = `{"Statement": {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}}, "Version": "2012-10-17"}`
		})
	}, false},
	{"another trust policy", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) {
			r.TrustPolicy = strings.Replace(r.TrustPolicy, "ec2", "lambda", 1)
		})
	}, true},
	{"ARNs as IAM may spell them", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) {
			r.PermissionsBoundary = strings.ToUpper(r.PermissionsBoundary)
			r.ManagedPolicyARNs[0] = strings.ToLower(r.ManagedPolicyARNs[0])
			slices.Reverse(r.ManagedPolicyARNs)
		})
	}, false},
	{"the boundary removed", func(o Observed) Observed {
		return alterRole(o, "ray-head", func(r *Role) { r.PermissionsBoundary = "" })
	}, true},
	{"a tag of AWS itself", func(o Observed) Observed { return tagged(o, "ray-head", "aws:servicecatalog:x", "1") }, false},
	{"a tag added", func(o Observed) Observed { return tagged(o, "ray-head", "by", "hand") }, true},
	{"the stack's tag changed", func(o Observed) Observed { return tagged(o, "ray-head", StackTag, "other") }, true},
	{"the role taken out of its profile", func(o Observed) Observed {
		return alterProfile(o, "ray-head", func(p *InstanceProfile) { p.Roles = nil })
	}, true},
	{"another role in the profile", func(o Observed) Observed {
		return alterProfile(o, "ray-head", func(p *InstanceProfile) { p.Roles = []string{"other"} })
	}, true},
}

// TestDigests_AgreeWithThePlan checks that exactly those changes count as drift that an update
// of the same properties would write.
// Reference 15.2, 15.3.
func TestDigests_AgreeWithThePlan(t *testing.T) {
	p := edited(setBoundary, setTags)
	for _, tt := range byHand {
		o := tt.alter(settled(p))
		plan := mustPlan(t, desiredFor(p), o)
		role, _ := o.Roles["ray-head"].Digests().Differing(o.Roles["ray-head"].Tags[DeclaredTag])
		profile, _ := o.InstanceProfiles["ray-head"].Digests().Differing(o.InstanceProfiles["ray-head"].Tags[DeclaredTag])
		if drift := len(role)+len(profile) > 0; drift != tt.drift || drift == plan.Empty() {
			t.Errorf("%s: drift of the role %v, of the instance profile %v, want drift: %v; the plan:\n%s", tt.name, role, profile, tt.drift, plan)
		}
	}
}

// TestDigests_CutShort checks, for a plan that is cut off after any of its steps, that the
// state of IAM then counts as drift, unless it is the state before or after the plan. So no
// role or profile that a killed request has begun to change counts as settled.
// Reference 15.4.
func TestDigests_CutShort(t *testing.T) {
	from, to := edited(setTags), edited(setBoundary, inlineOfHead("extra"), func(p *Properties) { p.Head.ManagedPolicyARNs = []string{boundaryARN} })
	steps := slices.Concat(mustPlan(t, desiredFor(to), settled(from)).Phases...)
	var ofHead []Step
	for _, s := range steps {
		if s.Role == "ray-head" {
			ofHead = append(ofHead, s)
		}
	}
	before, after := settled(from).Roles["ray-head"], settled(to).Roles["ray-head"]
	for done := range 1 << len(ofHead) { // which steps were done; the steps of one phase have no order
		role := settled(from).Roles["ray-head"]
		for i, s := range ofHead {
			if done&(1<<i) != 0 {
				carryOut(t, &role, s)
			}
		}
		differing, ok := role.Digests().Differing(role.Tags[DeclaredTag])
		same := func(r Role) bool { return role.Digests().String() == r.Digests().String() }
		if settled := ok && len(differing) == 0; settled && !same(before) && !same(after) {
			t.Fatalf("the set is settled after only some of the steps: %b of %v", done, ofHead)
		}
	}
	if len(ofHead) < 8 {
		t.Errorf("the plan has %d steps, want more: %v", len(ofHead), ofHead)
	}
}

// carryOut changes a role as IAM does for a step.
func carryOut(t *testing.T, r *Role, s Step) {
	t.Helper()
	switch s.Call {
	case TagRole:
		maps.Copy(r.Tags, s.Tags)
	case UntagRole:
		maps.DeleteFunc(r.Tags, func(key, _ string) bool { return slices.Contains(s.TagKeys, key) })
	case PutRolePermissionsBoundary:
		r.PermissionsBoundary = s.Boundary
	case AttachRolePolicy:
		r.ManagedPolicyARNs = append(r.ManagedPolicyARNs, s.Policy)
	case DetachRolePolicy:
		r.ManagedPolicyARNs = slices.DeleteFunc(r.ManagedPolicyARNs, func(arn string) bool { return arn == s.Policy })
	case PutRolePolicy:
		r.InlinePolicies[s.Policy] = s.Document
	case DeleteRolePolicy:
		delete(r.InlinePolicies, s.Policy)
	default:
		t.Fatalf("this test does not know the step %s", s)
	}
}

// TestDigests_Form checks the tag's form: only characters that IAM allows in a tag, and not
// too many.
// Reference 15.1.
func TestDigests_Form(t *testing.T) {
	allowed := regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]{1,256}$`)
	o := settled(edited(setBoundary, setTags, least(everyOption)))
	for _, value := range []string{o.Roles["ray-head"].Tags[DeclaredTag], o.InstanceProfiles["ray-head"].Tags[DeclaredTag]} {
		if !allowed.MatchString(value) || !strings.HasPrefix(value, "v1/") {
			t.Errorf("IAM does not allow the tag's value %q", value)
		}
	}
}

// TestDigests_Unknown checks that only text in the form of this version is compared.
// Reference 15.3.
func TestDigests_Unknown(t *testing.T) {
	role := settled(defaults).Roles["ray-head"]
	value := role.Tags[DeclaredTag]
	for name, text := range map[string]string{
		"none": "", "a later form": "v2" + strings.TrimPrefix(value, "v1"), "a facet less": value[:strings.LastIndex(value, "/")],
		"a facet more": value + "/more=0123456789ab", "cut short": value[:len(value)-1], "another facet": strings.Replace(value, "trust", "truth", 1),
		"no digits": value[:len(value)-1] + "x", "an instance profile's": settled(defaults).InstanceProfiles["ray-head"].Tags[DeclaredTag],
	} {
		if facets, ok := role.Digests().Differing(text); ok {
			t.Errorf("%s: the value %q was compared, with the result %v", name, text, facets)
		}
	}
	if facets, ok := role.Digests().Differing(value); !ok || len(facets) > 0 {
		t.Errorf("the role's own value: %v, %v, want no difference", facets, ok)
	}
}

// TestRecord_GivesWay checks that a declaration which leaves no room for the record is planned
// without it, and that nothing is left to do then.
// Reference 12.2, 15.3.
func TestRecord_GivesWay(t *testing.T) {
	for count, recorded := range map[int]bool{47: true, 48: false} {
		p := edited(func(p *Properties) {
			for i := range count {
				p.Tags = append(p.Tags, Tag{Key: fmt.Sprintf("t%d", i)})
			}
		})
		for _, observed := range []Observed{{}, settled(defaults)} {
			plan := mustPlan(t, desiredFor(p), observed)
			for _, step := range slices.Concat(plan.Phases...) {
				if _, has := step.Tags[DeclaredTag]; len(step.Tags) > 40 && has != recorded {
					t.Errorf("%d tags: the step sets the record: %v, want %v: %s", count, has, recorded, step)
				}
				if len(step.Tags) > maxTags {
					t.Errorf("%d tags: one step sets %d tags, want at most 50", count, len(step.Tags))
				}
			}
		}
		if plan := mustPlan(t, desiredFor(p), settled(p)); !plan.Empty() {
			t.Errorf("%d tags: a second plan has the steps\n%s", count, plan)
		}
	}
}

// TestOnlyRecords checks which plans change only the record.
// Reference 15.5.
func TestOnlyRecords(t *testing.T) {
	tests := []struct {
		name     string
		desired  Desired
		observed Observed
		want     bool
	}{
		{"nothing to do", desiredFor(defaults), settled(defaults), true},
		{"made by an older version", desiredFor(defaults), unrecorded(settled(defaults)), true},
		{"and a tag besides", desiredFor(edited(setTags)), unrecorded(settled(defaults)), false},
		{"and a policy besides", desiredFor(edited(addGroup)), unrecorded(settled(defaults)), false},
		{"and a tag to remove", desiredFor(defaults), tagged(settled(defaults), "ray-head", "team", "x"), false},
		{"create", desiredFor(defaults), Observed{}, false},
	}
	for _, tt := range tests {
		if plan := mustPlan(t, tt.desired, tt.observed); plan.OnlyRecords() != tt.want {
			t.Errorf("%s: OnlyRecords = %v, want %v:\n%s", tt.name, !tt.want, tt.want, plan)
		}
	}
}

// TestDigests_Documented compares the table of facets in docs/drift.md with the facets of the
// digests. The table also has the differences that package drift finds itself.
// Reference 15.1.
func TestDigests_Documented(t *testing.T) {
	page, err := os.ReadFile("../../docs/drift.md")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"both missing", "both owner", "both undeclared"}
	for _, facet := range slices.Concat(roleFacets, profileFacets) {
		of := "both"
		if !slices.Contains(profileFacets, facet) {
			of = "role"
		} else if !slices.Contains(roleFacets, facet) {
			of = "instance profile"
		}
		want = append(want, of+" "+string(facet))
	}
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (role|instance profile|both) \\|").FindAllStringSubmatch(string(page), -1) {
		got = append(got, m[2]+" "+m[1])
	}
	slices.Sort(got)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("docs/drift.md has the facets %q, want %q", got, want)
	}
}
