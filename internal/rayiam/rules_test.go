package rayiam

import (
	"fmt"
	"strings"
	"testing"
)

// TestCheck checks the rules that a schema cannot express: each case names the paths of all
// the faults it must have.
// Reference 2.6, 2.7, 2.9, 2.10, 8.2, 8.3, 8.4, 12.2.
func TestCheck(t *testing.T) {
	const (
		mine  = "arn:aws:iam::123456789012:policy/mine"
		admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	)
	document := func(size int) string {
		return fmt.Sprintf(`{"a":"%s"}`, strings.Repeat("x", size-len(`{"a":""}`)))
	}
	builtIn := sizeOf(Declare(defaults, testStack).nodes[0].builtIn)
	tests := []struct {
		name   string
		props  Properties
		bounds Bounds
		want   []string // path: part of the sentence
	}{
		{"defaults", defaults, Bounds{}, nil},
		{"name of 64", edited(func(p *Properties) { p.NamePrefix = strings.Repeat("r", 57) }), Bounds{}, nil},
		{"name of 65", edited(func(p *Properties) { p.NamePrefix = strings.Repeat("r", 58) }), Bounds{}, []string{"WorkerGroups[0].Name: 65 characters"}},
		{"duplicate group", edited(func(p *Properties) { p.WorkerGroups = append(p.WorkerGroups, WorkerGroup{Name: "Worker"}) }), Bounds{}, []string{"WorkerGroups[1].Name: WorkerGroups[0] has this name already"}},
		{"policy of another partition", edited(func(p *Properties) { p.Head.ManagedPolicyARNs = []string{"arn:aws-cn:iam::aws:policy/X"} }), Bounds{}, []string{"Head.ManagedPolicyArns[0]: partition aws"}},
		{"policy of another account", edited(func(p *Properties) {
			p.WorkerGroups[0].ManagedPolicyARNs = []string{mine, "arn:aws:iam::999999999999:policy/X"}
		}), Bounds{}, []string{"WorkerGroups[0].ManagedPolicyArns[1]: account 123456789012"}},
		{"boundary of another account", edited(func(p *Properties) { p.PermissionsBoundary = "arn:aws:iam::999999999999:policy/X" }), Bounds{}, []string{"PermissionsBoundary: account 123456789012"}},
		{"inline policies without a boundary", edited(func(p *Properties) { p.Head.Policies = []InlinePolicy{{"a", "{}"}} }), Bounds{}, []string{"Head.Policies: only under a permissions boundary"}},
		{"inline policies under a boundary", edited(setBoundary, func(p *Properties) { p.Head.Policies = []InlinePolicy{{"a", "{}"}} }), Bounds{}, nil},
		{"inline policies under a boundary that the template chose", edited(setBoundary, func(p *Properties) {
			p.Head, p.WorkerGroups[0].ManagedPolicyARNs, p.Head.Policies = NodeProperties{}, nil, []InlinePolicy{{"a", "{}"}}
		}), Bounds{AllowedPolicyARNs: []string{"arn:aws:iam::aws:policy/*"}}, []string{"Head.Policies: itself a managed policy which the administrator of the provider allows"}},
		{"inline policies under a boundary that is an allowed policy", edited(setBoundary, func(p *Properties) { p.Head.Policies = []InlinePolicy{{"a", "{}"}} }), Bounds{AllowedPolicyARNs: []string{"arn:aws:iam::*"}}, nil},
		{"duplicate inline policy", edited(setBoundary, func(p *Properties) { p.WorkerGroups[0].Policies = []InlinePolicy{{"a", "{}"}, {"A", "{}"}} }), Bounds{}, []string{"WorkerGroups[0].Policies[1].PolicyName: WorkerGroups[0].Policies[0] has this name"}},
		{"name of the built-in policy", edited(setBoundary, func(p *Properties) { p.Head.Policies = []InlinePolicy{{"ray-pass-role-policy", "{}"}} }), Bounds{}, []string{"Head.Policies[0].PolicyName: the built-in policy has this name"}},
		{"inline documents of 10,240", edited(setBoundary, func(p *Properties) {
			p.Head.Policies = []InlinePolicy{{"a", document(5000)}, {"b", document(maxInlinePolicy - 5000 - builtIn)}}
		}), Bounds{}, nil},
		{"inline documents of 10,241", edited(setBoundary, func(p *Properties) {
			p.Head.Policies = []InlinePolicy{{"a", document(5000)}, {"b", document(maxInlinePolicy - 4999 - builtIn)}}
		}), Bounds{}, []string{"Head.Policies: 10241 characters"}},
		{"duplicate tag", edited(func(p *Properties) { p.Tags = []Tag{{"a", ""}, {"A", ""}} }), Bounds{}, []string{"Tags[1].Key: Tags[0] has this key already"}},
		{"48 tags and adoption", edited(func(p *Properties) {
			p.AdoptExisting = true
			for i := range 48 {
				p.Tags = append(p.Tags, Tag{Key: fmt.Sprint(i)})
			}
		}), Bounds{}, []string{"Tags: 48 tags are too many with AdoptExisting"}},
		{"adoption outside the bound", edited(func(p *Properties) { p.AdoptExisting = true }), Bounds{NoAdoption: true}, []string{"AdoptExisting: allows no adoption"}},
		{"no adoption inside the bound", defaults, Bounds{NoAdoption: true}, nil},
		{"path outside the bound", defaults, Bounds{Path: "/ray/"}, []string{`Path: allows only "/ray/"`}},
		{"path inside the bound", defaults, Bounds{Path: "/"}, nil},
		{"prefix outside the bound", defaults, Bounds{NamePrefix: "team-"}, []string{`NamePrefix: begin with "team-"`}},
		{"prefix inside the bound", defaults, Bounds{NamePrefix: "ra"}, nil},
		{"boundary outside the bound", edited(setBoundary), Bounds{PermissionsBoundary: mine}, []string{"PermissionsBoundary: allows only \"" + mine + "\""}},
		{"boundary of the bound", edited(func(p *Properties) { p.PermissionsBoundary = mine }), Bounds{PermissionsBoundary: mine}, nil},
		{"policies outside the patterns", edited(func(p *Properties) { p.Head.ManagedPolicyARNs = []string{mine, admin} }), Bounds{AllowedPolicyARNs: []string{"arn:aws:iam::*:policy/mine", "*Amazon*", "*CloudWatch*"}}, []string{"Head.ManagedPolicyArns[1]: that match arn:aws:iam::*:policy/mine"}},
		{"defaults outside the patterns", defaults, Bounds{AllowedPolicyARNs: []string{"*/Amazon*"}}, []string{"Head.ManagedPolicyArns (default): that match", "WorkerGroups[0].ManagedPolicyArns (default): that match"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sameFaults(t, Declare(tt.props, testStack).Check(tt.bounds), tt.want)
		})
	}
}

// TestMatches checks IAM's wildcards.
// Reference 8.3.
func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"arn:aws:iam::aws:policy/*", "arn:aws:iam::aws:policy/service-role/X", true},
		{"arn:aws:iam::aws:policy/Amazon*Access", "arn:aws:iam::aws:policy/AmazonS3FullAccess", true},
		{"arn:aws:iam::aws:policy/Amazon*Access", "arn:aws:iam::aws:policy/AmazonS3FullAccessX", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*", "", true},
		{"**a*", "bca", true},
		{"a*b*c", "aXbYbZc", true},
		{"", "", true},
		{"", "a", false},
		{"[a]", "a", false},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.s); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.pattern, tt.s, got, tt.want)
		}
	}
}

// TestBoundsFromEnvironment checks which bound each variable sets.
// Reference 8.1.
func TestBoundsFromEnvironment(t *testing.T) {
	env := map[string]string{"RAYIAM_NAME_PREFIX": "ray", "RAYIAM_PATH": "/r/", "RAYIAM_PERMISSIONS_BOUNDARY": " ", "RAYIAM_ALLOWED_POLICY_ARNS": "a*, ,b", "RAYIAM_ALLOWED_BUCKETS": "c,d", "RAYIAM_ALLOWED_CLUSTER_NAMES": " e ,"}
	got := BoundsFromEnvironment(func(name string) string { return env[name] })
	if got.NamePrefix != "ray" || got.Path != "/r/" || got.PermissionsBoundary != "" || fmt.Sprint(got.AllowedPolicyARNs, got.AllowedBuckets, got.AllowedClusterNames) != "[a* b] [c d] [e]" {
		t.Errorf("BoundsFromEnvironment = %+v, want the values of the variables", got)
	}
	if p := (Bounds{PermissionsBoundary: "b"}).Default(defaults); p.PermissionsBoundary != "b" {
		t.Errorf("Default = %+v, want the administrator's boundary", p)
	}
}

// TestMissingPolicies checks that the faults name each property with a missing policy.
// Reference 2.7.
func TestMissingPolicies(t *testing.T) {
	p := edited(setBoundary, func(p *Properties) { p.WorkerGroups[0].ManagedPolicyARNs = []string{"arn:x"} })
	faults := MissingPolicies(Declare(p, testStack).PolicyReferences(), map[string]bool{"arn:x": true, boundaryARN: true, "arn:aws:iam::aws:policy/AmazonSSMFullAccess": true})
	var got []string
	for _, fault := range faults {
		got = append(got, fault.Path)
	}
	if want := "[PermissionsBoundary Head.ManagedPolicyArns (default) WorkerGroups[0].ManagedPolicyArns[0]]"; fmt.Sprint(got) != want {
		t.Errorf("faults at %v, want %s", got, want)
	}
}
