package rayiam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

func least(edits ...func(*leastprivilege.Options)) func(*Properties) {
	return func(p *Properties) {
		lp := leastprivilege.Options{ClusterName: "research"}
		for _, edit := range edits {
			edit(&lp)
		}
		p.LeastPrivilege = &lp
	}
}

func everyOption(lp *leastprivilege.Options) {
	*lp = leastprivilege.Options{
		ClusterName: lp.ClusterName,
		S3Buckets:   []leastprivilege.S3Bucket{{Name: "research-results"}, {Name: "public-datasets", ReadOnly: true}},
		FSx:         true, CloudWatch: true, Spot: true,
		SubnetIDs:        []string{"subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"},
		SecurityGroupIDs: []string{"sg-0aaaaaaaaaaaaaaaa"},
		ImageIDs:         []string{"ami-0aaaaaaaaaaaaaaaa"},
		KeyNames:         []string{"ray key"},
		InstanceTypes:    []string{"m6i.4xlarge", "g5.xlarge", "m6i.4xlarge"},
	}
}

// TestLeastPrivilege_ReplacesDefaultPolicies holds that the default policies go with the
// property's presence, and that those which the template names stay.
// Reference 9.1.
func TestLeastPrivilege_ReplacesDefaultPolicies(t *testing.T) {
	const named = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
	p := edited(addGroup, setBoundary, least(), func(p *Properties) {
		p.Head.ManagedPolicyARNs = []string{named}
		p.Head.Policies = []InlinePolicy{{"extra", "{}"}}
	})
	nodes := Declare(p, testStack).Nodes("owner")
	if got := nodes[0].ManagedPolicyARNs; !slices.Equal(got, []string{named}) {
		t.Errorf("the head has %v, want the named policy", got)
	}
	if got, want := sortedKeys(nodes[0].InlinePolicies), []string{"extra", "ray-autoscaler-policy", "ray-pass-role-policy"}; !slices.Equal(got, want) {
		t.Errorf("the head has inline %v, want %v", got, want)
	}
	for _, node := range nodes[1:] {
		if len(node.ManagedPolicyARNs)+len(node.InlinePolicies) != 0 {
			t.Errorf("%s has %v and %v, want nothing: no option asks for it", node.Name, node.ManagedPolicyARNs, node.InlinePolicies)
		}
	}
	for _, ref := range Declare(p, testStack).PolicyReferences() {
		if ref.Default {
			t.Errorf("%s is asked for by default", ref.ARN)
		}
	}
}

// TestLeastPrivilege_PassRoleStaysAsItIs holds that the pass-role policy is the same.
// Reference 1.4, 9.1.
func TestLeastPrivilege_PassRoleStaysAsItIs(t *testing.T) {
	const name = "ray-pass-role-policy"
	with := Declare(edited(least(everyOption)), testStack).Nodes("owner")[0].InlinePolicies[name]
	if without := Declare(defaults, testStack).Nodes("owner")[0].InlinePolicies[name]; with != without {
		t.Errorf("%s, want %s", with, without)
	}
}

// TestLeastPrivilege_Check holds what the schema cannot say.
// Reference 9.4, 9.5.
func TestLeastPrivilege_Check(t *testing.T) {
	long := func(lp *leastprivilege.Options) {
		for i := range 20 {
			lp.KeyNames = append(lp.KeyNames, strings.Repeat("k", 240)+fmt.Sprint(i))
			lp.S3Buckets = append(lp.S3Buckets, leastprivilege.S3Bucket{Name: strings.Repeat("b", 60) + fmt.Sprint(i)})
		}
	}
	tests := []struct {
		name  string
		props Properties
		want  []string
	}{
		{"every option", edited(least(everyOption)), nil},
		{"generated policies need no boundary", edited(least()), nil},
		{"declared ones do", edited(least(), func(p *Properties) { p.Head.Policies = []InlinePolicy{{"a", "{}"}} }), []string{"Head.Policies: only under a permissions boundary"}},
		{"bucket twice", edited(least(func(lp *leastprivilege.Options) {
			lp.S3Buckets = []leastprivilege.S3Bucket{{Name: "data"}, {Name: "data", ReadOnly: true}}
		})), []string{"LeastPrivilege.S3Buckets[1].Name: S3Buckets[0] has this name"}},
		{"too large by itself", edited(least(long)), []string{"LeastPrivilege: role ray-head would have"}},
		{"too large by itself, and more on top", edited(least(long), setBoundary, func(p *Properties) { p.Head.Policies = []InlinePolicy{{"a", "{}"}} }), []string{"LeastPrivilege: role ray-head would have"}},
		{"too large with what is on top", edited(least(everyOption), setBoundary, func(p *Properties) {
			p.WorkerGroups[0].Policies = []InlinePolicy{{"a", `{"x":"` + strings.Repeat("x", 9000) + `"}`}}
		}), []string{"WorkerGroups[0].Policies: IAM allows 10240"}},
		{"names of the generated policies", edited(least(everyOption), setBoundary, func(p *Properties) {
			p.Head.Policies = []InlinePolicy{{"Ray-autoscaler-policy", "{}"}}
			p.WorkerGroups[0].Policies = []InlinePolicy{{"ray-data-policy", "{}"}}
		}), []string{"Head.Policies[0].PolicyName: the built-in policy has this name", "WorkerGroups[0].Policies[0].PolicyName: the built-in policy has this name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			faults := Declare(tt.props, testStack).Check(Bounds{})
			if len(faults) != len(tt.want) {
				t.Fatalf("%d faults, want %d: %v", len(faults), len(tt.want), faults)
			}
			for i, want := range tt.want {
				path, sentence, _ := strings.Cut(want, ": ")
				if faults[i].Path != path || !strings.Contains(faults[i].String(), sentence) {
					t.Errorf("fault %q, want %q at %s", faults[i], sentence, path)
				}
			}
		})
	}
}

// TestLeastPrivilege_Fits holds that lists as long as the schema allows, of names as
// long as they usually are, stay within IAM's size together.
// Reference 9.5.
func TestLeastPrivilege_Fits(t *testing.T) {
	p := edited(addGroup, least(everyOption, func(lp *leastprivilege.Options) {
		lp.ClusterName = "a-cluster-with-quite-a-long-name"
		lp.S3Buckets, lp.SubnetIDs, lp.SecurityGroupIDs, lp.ImageIDs, lp.KeyNames, lp.InstanceTypes = nil, nil, nil, nil, nil, nil
		for i := range 12 {
			lp.S3Buckets = append(lp.S3Buckets, leastprivilege.S3Bucket{Name: fmt.Sprintf("research-results-%02d", i), ReadOnly: i%2 == 0})
		}
		for i := range 12 {
			lp.SubnetIDs = append(lp.SubnetIDs, fmt.Sprintf("subnet-%017x", i))
		}
		for i := range 8 {
			lp.SecurityGroupIDs = append(lp.SecurityGroupIDs, fmt.Sprintf("sg-%017x", i))
			lp.ImageIDs = append(lp.ImageIDs, fmt.Sprintf("ami-%017x", i))
			lp.KeyNames = append(lp.KeyNames, fmt.Sprintf("ray-key-%02d", i))
		}
		for i := range 24 {
			lp.InstanceTypes = append(lp.InstanceTypes, fmt.Sprintf("m6i.%02dxlarge", i))
		}
	}))
	stack := testStack
	stack.Partition, stack.Region = "aws-us-gov", "us-gov-west-1"
	declared := Declare(p, stack)
	size := sizeOf(declared.nodes[0].builtIn)
	t.Logf("%d characters", size)
	if faults := declared.Check(Bounds{}); len(faults) != 0 {
		t.Errorf("%d characters: %v", size, faults)
	}
}

// TestLeastPrivilege_SwitchNeverWidens holds that on the way from the default policies to
// least privilege nothing managed is attached, that the way back takes every generated
// policy away, and that neither touches boundary, trust or profile.
// Reference 9.10.
func TestLeastPrivilege_SwitchNeverWidens(t *testing.T) {
	on := mustPlan(t, desiredFor(edited(least(everyOption))), settled(defaults))
	off := mustPlan(t, desiredFor(defaults), settled(edited(least(everyOption))))
	managed := len(headDefaults) + len(workerDefaults)
	tests := []struct {
		name string
		plan Plan
		want map[Call]int
	}{
		{"on", on, map[Call]int{DetachRolePolicy: managed, PutRolePolicy: 6, TagRole: 2}},
		{"off", off, map[Call]int{AttachRolePolicy: managed, DeleteRolePolicy: 6, TagRole: 2}},
	}
	for _, tt := range tests {
		got := map[Call]int{}
		for _, steps := range tt.plan.Phases {
			for _, step := range steps {
				got[step.Call]++
			}
		}
		if !maps.Equal(got, tt.want) {
			t.Errorf("%s: calls %v, want %v", tt.name, got, tt.want)
		}
	}
}
