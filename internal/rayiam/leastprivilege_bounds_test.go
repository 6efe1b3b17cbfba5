package rayiam

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// TestLeastPrivilege_Bounds checks the administrator's bounds on LeastPrivilege: patterns for
// buckets and names, and no way around the list of managed policies.
// Reference 8.2, 8.8.
func TestLeastPrivilege_Bounds(t *testing.T) {
	named := func(o leastprivilege.Options) func(*Properties) {
		return func(p *Properties) {
			if o.ClusterName == "" && o.ClusterNamePrefix == "" {
				o.ClusterName = "research"
			}
			p.LeastPrivilege = &o
		}
	}
	buckets := func(names ...string) (o leastprivilege.Options) {
		for _, name := range names {
			o.S3Buckets = append(o.S3Buckets, leastprivilege.S3Bucket{Name: name})
		}
		return o
	}
	const mine = "arn:aws:iam::123456789012:policy/boundary"
	policies := Bounds{AllowedPolicyARNs: []string{"*CloudWatchAgentServerPolicy"}}
	with := func(b Bounds, edits ...func(*Bounds)) Bounds {
		for _, edit := range edits {
			edit(&b)
		}
		return b
	}
	onBuckets := func(b *Bounds) { b.AllowedBuckets = []string{"research-*", "public"} }
	onNames := func(b *Bounds) { b.AllowedClusterNames = []string{"research*", "ci-?*", "lab"} }
	bounded := func(b *Bounds) { b.PermissionsBoundary = mine }
	all := leastprivilege.Options{
		EFSFileSystems: []leastprivilege.EFSFileSystem{{ID: "fs-0aaaaaaaaaaaaaaaa"}}, ECRRepositoryARNs: []string{"arn:aws:ecr:eu-west-1:123456789012:repository/a"},
		KMSKeyARNs: []string{"arn:aws:kms:eu-west-1:123456789012:key/a"}, SecretARNs: []string{"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCd12"},
	}
	unbounded := []string{"EcrRepositoryArns", "KmsKeyArns", "SecretArns", "EfsFileSystems"}
	for i, option := range unbounded {
		unbounded[i] = "LeastPrivilege." + option + ": would be a way around that list"
	}
	const wayAround = "LeastPrivilege: AllowedBuckets and AllowedClusterNames"
	tests := []struct {
		name   string
		edit   func(*Properties)
		bounds Bounds
		want   []string // path: part of the sentence
	}{
		{"no bound", named(buckets("payroll")), Bounds{}, nil},
		{"bucket inside", named(buckets("research-results", "public")), with(Bounds{}, onBuckets), nil},
		{"bucket outside", named(buckets("research-results", "payroll", "public2")), with(Bounds{}, onBuckets), []string{"LeastPrivilege.S3Buckets[1].Name: match research-*, public", "LeastPrivilege.S3Buckets[2].Name: match"}},
		{"a group's bucket outside", func(p *Properties) {
			named(leastprivilege.Options{})(p)
			groupBuckets(leastprivilege.S3Bucket{Name: "payroll"})(p)
		}, with(Bounds{}, onBuckets), []string{"WorkerGroups[0].S3Buckets[0].Name: match research-*, public"}},
		{"name inside", named(leastprivilege.Options{ClusterName: "ci-1"}), with(Bounds{}, onNames), nil},
		{"name outside", named(leastprivilege.Options{ClusterName: "payroll"}), with(Bounds{}, onNames), []string{"LeastPrivilege.ClusterName: match research*"}},
		{"name in another case", named(leastprivilege.Options{ClusterName: "Research"}), with(Bounds{}, onNames), []string{"LeastPrivilege.ClusterName: match"}},
		{"beginning inside", named(leastprivilege.Options{ClusterNamePrefix: "research"}), with(Bounds{}, onNames), nil},
		{"longer beginning inside", named(leastprivilege.Options{ClusterNamePrefix: "ci-a"}), with(Bounds{}, onNames), nil},
		{"beginning that is wider", named(leastprivilege.Options{ClusterNamePrefix: "r"}), with(Bounds{}, onNames), []string{"LeastPrivilege.ClusterNamePrefix: not every name that begins so"}},
		{"beginning of which one name is outside", named(leastprivilege.Options{ClusterNamePrefix: "ci-"}), with(Bounds{}, onNames), []string{"LeastPrivilege.ClusterNamePrefix: not every name"}},
		{"beginning that is itself allowed, and nothing longer", named(leastprivilege.Options{ClusterNamePrefix: "lab"}), with(Bounds{}, onNames), []string{"LeastPrivilege.ClusterNamePrefix: not every name"}},
		{"around the list of policies", named(buckets("research-results")), policies, []string{wayAround}},
		{"around it, with a boundary of the template's", func(p *Properties) {
			named(leastprivilege.Options{})(p)
			p.PermissionsBoundary = mine
		}, policies, []string{wayAround}},
		{"around it, with buckets bounded alone", named(buckets("research-results")), with(policies, onBuckets), []string{wayAround}},
		{"around it, with names bounded alone", named(buckets("research-results")), with(policies, onNames), []string{wayAround}},
		{"both bounded", named(buckets("research-results")), with(policies, onBuckets, onNames), nil},
		{"both bounded, and what has no pattern", named(all), with(policies, onBuckets, onNames), unbounded},
		{"under the administrator's boundary", func(p *Properties) {
			named(all)(p)
			p.PermissionsBoundary = mine
		}, with(policies, bounded), nil},
		{"no list of policies", named(all), with(Bounds{}, onBuckets, onNames), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := edited(tt.edit)
			sameFaults(t, Declare(p, testStack).Check(tt.bounds), tt.want)
		})
	}
}
