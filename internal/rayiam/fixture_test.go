package rayiam

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// The fixtures of this package's tests: a stack, its resource, and the state of IAM right
// after the resource was created.
var (
	testStack = Stack{
		ID:        "arn:aws:cloudformation:eu-west-1:123456789012:stack/ray/6e1f0c50",
		Partition: "aws", Region: "eu-west-1", Account: "123456789012",
	}
	defaults = Properties{NamePrefix: "ray", Path: "/", WorkerGroups: []WorkerGroup{{Name: "worker"}}}
)

const logicalID = "RayIAM"

func ownerOf(p Properties) string { return PhysicalID(p.NamePrefix, testStack.ID, logicalID) }

func desiredFor(p Properties) Desired {
	return Desired{Owner: ownerOf(p), Nodes: Declare(p, testStack).Nodes(ownerOf(p))}
}

// edited returns the default properties with these edits.
func edited(edits ...func(*Properties)) Properties {
	p := defaults
	p.WorkerGroups = slices.Clone(p.WorkerGroups)
	for _, edit := range edits {
		edit(&p)
	}
	return p
}

// settled returns the state of IAM after p was created, without later changes.
func settled(p Properties) Observed {
	o := Observed{Roles: map[string]Role{}, InstanceProfiles: map[string]InstanceProfile{}}
	d := desiredFor(p)
	for _, n := range d.Nodes {
		o.Roles[n.Name] = Role{
			Name: n.Name, Path: n.Path,
			TrustPolicy: n.TrustPolicy, PermissionsBoundary: n.PermissionsBoundary,
			Tags: d.roleTags(n, nil), ManagedPolicyARNs: slices.Clone(n.ManagedPolicyARNs),
			InlinePolicies: maps.Clone(n.InlinePolicies), InstanceProfiles: []string{n.Name},
		}
		o.InstanceProfiles[n.Name] = InstanceProfile{
			Name: n.Name, Path: n.Path,
			Tags: d.profileTags(n, nil), Roles: []string{n.Name},
		}
	}
	return o
}

// alterRole and alterProfile are changes by hand.
func alterRole(o Observed, name string, alter func(*Role)) Observed {
	role := o.Roles[name]
	alter(&role)
	o.Roles[name] = role
	return o
}

func alterProfile(o Observed, name string, alter func(*InstanceProfile)) Observed {
	profile := o.InstanceProfiles[name]
	alter(&profile)
	o.InstanceProfiles[name] = profile
	return o
}

// tagged returns IAM with one more tag on a role and on the profile of the same name.
func tagged(o Observed, name, key, value string) Observed {
	o = alterRole(o, name, func(r *Role) { r.Tags[key] = value })
	return alterProfile(o, name, func(p *InstanceProfile) { p.Tags[key] = value })
}

// recorded sets DeclaredTag on everything to its present digests.
func recorded(o Observed) Observed {
	for name := range o.Roles {
		alterRole(o, name, func(r *Role) { r.Tags[DeclaredTag] = r.Digests().String() })
	}
	for name := range o.InstanceProfiles {
		alterProfile(o, name, func(p *InstanceProfile) { p.Tags[DeclaredTag] = p.Digests().String() })
	}
	return o
}

// unrecorded returns a set that an older version without DeclaredTag made.
func unrecorded(o Observed) Observed {
	for name := range o.Roles {
		alterRole(o, name, func(r *Role) { delete(r.Tags, DeclaredTag) })
		alterProfile(o, name, func(p *InstanceProfile) { delete(p.Tags, DeclaredTag) })
	}
	return o
}

// disowned removes the tags of ownership from everything, as on roles and profiles that people
// made by hand.
func disowned(o Observed) Observed {
	for name := range o.Roles {
		alterRole(o, name, func(r *Role) { r.Tags = map[string]string{} })
		alterProfile(o, name, func(p *InstanceProfile) { p.Tags = map[string]string{} })
	}
	return o
}

func mustPlan(t *testing.T, d Desired, o Observed) Plan {
	t.Helper()
	plan, err := NewPlan(d, o)
	if err != nil {
		t.Fatalf("NewPlan: %v", err)
	}
	return plan
}

// sameFaults fails the test unless there is one fault for each of want, in order. Each of
// want is a fault's path, ": ", and a part of its sentence.
func sameFaults(t *testing.T, faults []Fault, want []string) {
	t.Helper()
	if len(faults) != len(want) {
		t.Fatalf("%d faults, want %d: %v", len(faults), len(want), faults)
	}
	for i, each := range want {
		path, sentence, _ := strings.Cut(each, ": ")
		if faults[i].Path != path || !strings.Contains(faults[i].String(), sentence) {
			t.Errorf("fault %q, want %q at %s", faults[i], sentence, path)
		}
	}
}
