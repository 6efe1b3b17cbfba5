package rayiam

import (
	"fmt"
	"maps"
	"reflect"
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

func groupBuckets(buckets ...leastprivilege.S3Bucket) func(*Properties) {
	return func(p *Properties) { p.WorkerGroups[0].S3Buckets = buckets }
}

func everyOption(lp *leastprivilege.Options) {
	*lp = leastprivilege.Options{
		ClusterName: lp.ClusterName,
		S3Buckets:   []leastprivilege.S3Bucket{{Name: "research-results"}, {Name: "public-datasets", ReadOnly: true}, {Name: "shared-data", ReadOnly: true, Prefixes: []string{"research/", "common"}}},
		FSx:         true, CloudWatch: true, Spot: true,
		EFSFileSystems:    []leastprivilege.EFSFileSystem{{ID: "fs-0aaaaaaaaaaaaaaaa"}, {ID: "fs-0bbbbbbbbbbbbbbbb", ReadOnly: true}},
		SessionManager:    true,
		ECRRepositoryARNs: []string{"arn:aws:ecr:eu-west-1:123456789012:repository/ray", "arn:aws:ecr:eu-west-1:999999999999:repository/shared/base"},
		KMSKeyARNs:        []string{"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
		SecretARNs:        []string{"arn:aws:secretsmanager:eu-west-1:123456789012:secret:research/token-AbCd12"},
		InstanceTagKeys:   []string{"Team", "CostCenter"},
		SubnetIDs:         []string{"subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"},
		SecurityGroupIDs:  []string{"sg-0aaaaaaaaaaaaaaaa"},
		ImageIDs:          []string{"ami-0aaaaaaaaaaaaaaaa"},
		KeyNames:          []string{"ray key"},
		InstanceTypes:     []string{"m6i.4xlarge", "g5.xlarge", "m6i.4xlarge"},
	}
}

// TestLeastPrivilege_ReplacesDefaultPolicies checks that LeastPrivilege removes the default
// policies, and that managed policies which the template names stay.
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
		t.Errorf("the head has the inline policies %v, want %v", got, want)
	}
	for _, node := range nodes[1:] {
		if len(node.ManagedPolicyARNs)+len(node.InlinePolicies) != 0 {
			t.Errorf("%s has the policies %v and %v, want none without options", node.Name, node.ManagedPolicyARNs, node.InlinePolicies)
		}
	}
	for _, ref := range Declare(p, testStack).PolicyReferences() {
		if ref.Default {
			t.Errorf("IAM is asked about the default policy %s, want it not to be", ref.ARN)
		}
	}
}

// TestLeastPrivilege_PassRoleStaysAsItIs checks that the pass-role policy is the same.
// Reference 1.4, 9.1.
func TestLeastPrivilege_PassRoleStaysAsItIs(t *testing.T) {
	const name = "ray-pass-role-policy"
	with := Declare(edited(least(everyOption)), testStack).Nodes("owner")[0].InlinePolicies[name]
	if without := Declare(defaults, testStack).Nodes("owner")[0].InlinePolicies[name]; with != without {
		t.Errorf("the pass-role policy is %s, want %s", with, without)
	}
}

// TestLeastPrivilege_Check checks the rules that a schema cannot express.
// Reference 9.4, 9.5.
func TestLeastPrivilege_Check(t *testing.T) {
	long := func(lp *leastprivilege.Options) {
		for i := range 20 {
			lp.KeyNames = append(lp.KeyNames, strings.Repeat("k", 240)+fmt.Sprint(i))
			lp.S3Buckets = append(lp.S3Buckets, leastprivilege.S3Bucket{Name: strings.Repeat("b", 60) + fmt.Sprint(i)})
		}
	}
	var longBuckets []leastprivilege.S3Bucket
	for i := range 20 {
		bucket := leastprivilege.S3Bucket{Name: strings.Repeat("b", 60) + fmt.Sprint(i)}
		for j := range 8 {
			bucket.Prefixes = append(bucket.Prefixes, fmt.Sprint(i, "-", j))
		}
		longBuckets = append(longBuckets, bucket)
	}
	tests := []struct {
		name  string
		props Properties
		want  []string
	}{
		{"every option", edited(least(everyOption)), nil},
		{"a group's buckets", edited(least(), groupBuckets(leastprivilege.S3Bucket{Name: "data"})), nil},
		{"a group's buckets without LeastPrivilege", edited(groupBuckets(leastprivilege.S3Bucket{Name: "data"})), []string{"WorkerGroups[0].S3Buckets: set LeastPrivilege too"}},
		{"a group's bucket twice", edited(least(), groupBuckets(leastprivilege.S3Bucket{Name: "data"}, leastprivilege.S3Bucket{Name: "data"})), []string{"WorkerGroups[0].S3Buckets[1].Name: S3Buckets[0] has this name"}},
		{"a group's buckets too large", edited(least(), groupBuckets(longBuckets...)), []string{"LeastPrivilege: role ray-worker would have"}},
		{"ARNs of another partition", edited(least(func(lp *leastprivilege.Options) {
			lp.ECRRepositoryARNs = []string{"arn:aws-cn:ecr:cn-north-1:123456789012:repository/a"}
			lp.KMSKeyARNs = []string{"arn:aws:kms:eu-west-1:123456789012:key/a", "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/a"}
			lp.SecretARNs = []string{"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-AbCd12"}
		})), []string{"LeastPrivilege.EcrRepositoryArns[0]: partition aws", "LeastPrivilege.KmsKeyArns[1]: partition aws", "LeastPrivilege.SecretArns[0]: partition aws"}},
		{"generated policies need no boundary", edited(least()), nil},
		{"declared ones do", edited(least(), func(p *Properties) { p.Head.Policies = []InlinePolicy{{"a", "{}"}} }), []string{"Head.Policies: only under a permissions boundary"}},
		{"bucket twice", edited(least(func(lp *leastprivilege.Options) {
			lp.S3Buckets = []leastprivilege.S3Bucket{{Name: "data"}, {Name: "data", ReadOnly: true}}
		})), []string{"LeastPrivilege.S3Buckets[1].Name: S3Buckets[0] has this name"}},
		{"too large by itself", edited(least(long)), []string{"LeastPrivilege: the most characters are taken by KeyNames 5"}},
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
			sameFaults(t, Declare(tt.props, testStack).Check(Bounds{}), tt.want)
		})
	}
}

// TestLeastPrivilege_EveryListIsWeighed checks that the sentence about policies that are too
// large can name every option which makes policies longer: otherwise it would name another
// option.
// Reference 9.5.
func TestLeastPrivilege_EveryListIsWeighed(t *testing.T) {
	p := edited(least(everyOption), groupBuckets(leastprivilege.S3Bucket{Name: "data"}))
	without := withoutEach(p)
	for i := range reflect.TypeFor[leastprivilege.Options]().NumField() {
		field := reflect.TypeFor[leastprivilege.Options]().Field(i)
		if kind := field.Type.Kind(); kind == reflect.Bool || field.Name == "ClusterNamePrefix" {
			continue
		}
		if !slices.ContainsFunc(slices.Sorted(maps.Keys(without)), func(option string) bool { return strings.EqualFold(option, field.Name) }) {
			t.Errorf("the option %s is missing in withoutEach", field.Name)
		}
	}
	for option, q := range without {
		weight := 0
		for i, node := range Declare(p, testStack).nodes {
			weight += sizeOf(node.builtIn) - sizeOf(Declare(q, testStack).nodes[i].builtIn)
		}
		if option != "ImageIds" && weight <= 0 { // without ImageIds other statements are added
			t.Errorf("%s weighs %d characters", option, weight)
		}
	}
}

// TestLeastPrivilege_GroupsBuckets checks that a group's buckets replace the buckets of
// LeastPrivilege, for this group and no other node, and that an empty list means no bucket.
// Reference 9.13.
func TestLeastPrivilege_GroupsBuckets(t *testing.T) {
	p := edited(addGroup, addGroup, least(everyOption), groupBuckets(leastprivilege.S3Bucket{Name: "own"}))
	p.WorkerGroups[1].S3Buckets = []leastprivilege.S3Bucket{}
	p.WorkerGroups[2].Name = "third"
	for i, want := range []map[string]bool{
		{"research-results": true, "own": false},
		{"research-results": false, "own": true},
		{"research-results": false, "own": false},
		{"research-results": true, "own": false},
	} {
		node := Declare(p, testStack).Nodes("owner")[i]
		for bucket, has := range want {
			if got := strings.Contains(node.InlinePolicies["ray-data-policy"], ":s3:::"+bucket+`"`); got != has {
				t.Errorf("%s may use the bucket %s: %v, want %v", node.Name, bucket, got, has)
			}
		}
	}
}

// TestLeastPrivilege_FitsWhatIsUsual checks that every option together, with lists as long as
// clusters usually have them, stays within IAM's size.
// Reference 9.5.
func TestLeastPrivilege_FitsWhatIsUsual(t *testing.T) {
	list := func(n int, form string) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(form, i))
		}
		return all
	}
	p := edited(addGroup, least(everyOption, func(lp *leastprivilege.Options) {
		lp.ClusterName = "a-cluster-with-quite-a-long-name"
		lp.S3Buckets = nil
		for i := range 4 {
			lp.S3Buckets = append(lp.S3Buckets, leastprivilege.S3Bucket{Name: fmt.Sprintf("research-results-%02d", i), ReadOnly: i%2 == 0, Prefixes: list(2*(i%2), "research/team-%d/")})
		}
		lp.ECRRepositoryARNs = list(2, "arn:aws:ecr:eu-west-1:123456789012:repository/research/image-%d")
		lp.KMSKeyARNs = list(1, "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890a%d")
		lp.SecretARNs = list(2, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:research/token-%d-AbCd12")
		lp.InstanceTagKeys = list(5, "company:tag-%d")
		lp.SubnetIDs = list(3, "subnet-%017x")
		lp.SecurityGroupIDs = list(2, "sg-%017x")
		lp.ImageIDs = list(2, "ami-%017x")
		lp.KeyNames = list(1, "ray-key-%02d")
		lp.InstanceTypes = list(8, "m6i.%02dxlarge")
	}))
	declared := Declare(p, testStack)
	t.Logf("the policies have %d characters", sizeOf(declared.nodes[0].builtIn))
	if faults := declared.Check(Bounds{}); len(faults) != 0 {
		t.Errorf("the policies have %d characters, want no fault: %v", sizeOf(declared.nodes[0].builtIn), faults)
	}
}

// TestLeastPrivilege_Fits checks that the lists that limit a launch and the buckets, as long
// as the schema allows and with names of usual length, stay within IAM's size together.
// Reference 9.5.
func TestLeastPrivilege_Fits(t *testing.T) {
	p := edited(addGroup, least(func(lp *leastprivilege.Options) {
		lp.FSx, lp.CloudWatch, lp.Spot = true, true, true
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
	t.Logf("the policies have %d characters", size)
	if faults := declared.Check(Bounds{}); len(faults) != 0 {
		t.Errorf("the policies have %d characters, want no fault: %v", size, faults)
	}
}

// TestLeastPrivilege_SwitchNeverWidens checks that a change from the default policies to least
// privilege attaches no managed policy, that the change back removes every generated policy,
// and that neither changes boundary, trust policy or instance profile.
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
