package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// everyLeastPrivilege returns every option of LeastPrivilege, in the form in which
// CloudFormation sends it.
var everyLeastPrivilege = map[string]any{
	"ClusterName": "research",
	"S3Buckets":   []any{map[string]any{"Name": "research-results"}, map[string]any{"Name": "public-datasets", "ReadOnly": "true"}},
	"FSx":         "true", "CloudWatch": "true", "Spot": "true",
	"SubnetIds":        []any{"subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"},
	"SecurityGroupIds": []any{"sg-0aaaaaaaaaaaaaaaa"},
	"ImageIds":         []any{"ami-0aaaaaaaaaaaaaaaa"},
	"KeyNames":         []any{"ray key"},
	"InstanceTypes":    []any{"m6i.4xlarge", "g5.xlarge"},
	"EfsFileSystems":   []any{map[string]any{"Id": "fs-0aaaaaaaaaaaaaaaa", "ReadOnly": "true"}}, "SessionManager": "true",
	"EcrRepositoryArns": []any{"arn:aws:ecr:us-east-1:999999999999:repository/shared/base"},
	"KmsKeyArns":        []any{"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
	"SecretArns":        []any{"arn:aws:secretsmanager:us-east-1:123456789012:secret:research/token-AbCd12"},
	"InstanceTagKeys":   []any{"Team"},
}

func leastPrivilege(fields ...any) properties {
	lp := map[string]any{"ClusterName": "research"}
	for i := 0; i < len(fields); i += 2 {
		lp[fields[i].(string)] = fields[i+1]
	}
	return properties{"LeastPrivilege": lp}
}

// TestLeastPrivilege_EveryOption proves that a Create with all options makes the generated
// policies and attaches no default policy, that the policies which the template names apply
// too, and that an Update then writes nothing.
// Reference 9.1.
func TestLeastPrivilege_EveryOption(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	p := quick.With(properties{
		"LeastPrivilege": everyLeastPrivilege,
		"WorkerGroups": []any{map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu", "ManagedPolicyArns": []any{awsPolicy + "AmazonEC2ContainerRegistryReadOnly"},
			"S3Buckets": []any{map[string]any{"Name": "gpu-results", "Prefixes": []any{"run"}}}}},
	})
	s := l.created(p)
	own := "arn:aws:ec2:us-east-1:" + l.AccountID
	l.has(
		"role ray-head: inline ray-pass-role-policy",
		"role ray-head: inline ray-autoscaler-policy",
		"role ray-head: inline ray-cloudwatch-policy",
		"role ray-head: inline ray-agent-policy",
		"role ray-head: inline ray-data-policy",
		"role ray-cpu: inline ray-agent-policy",
		"role ray-cpu: inline ray-data-policy",
		"role ray-gpu: attached "+awsPolicy+"AmazonEC2ContainerRegistryReadOnly",
		own+":instance/*",
		"arn:aws:ec2:*:*:subnet/subnet-0bbbbbbbbbbbbbbbb",
		"arn:aws:iam::"+l.AccountID+":instance-profile/ray-gpu",
		"arn:aws:s3:::public-datasets/*",
		"arn:aws:elasticfilesystem:us-east-1:"+l.AccountID+":file-system/fs-0aaaaaaaaaaaaaaaa",
		"arn:aws:s3:::gpu-results/run/*",
	)
	l.hasNot("role ray-head: attached", "role ray-cpu: attached", "role ray-cpu: inline ray-autoscaler-policy")
	l.likeNew(s, p, before)
}

// TestLeastPrivilege_GeneratedPoliciesNeedNoBoundary proves that generated policies are
// accepted without a permissions boundary, and that the template's own Policies still need
// one.
// Reference 2.10, 9.4.
func TestLeastPrivilege_GeneratedPoliciesNeedNoBoundary(t *testing.T) {
	l := newLab(t)
	l.created(quick.With(leastPrivilege()))
	l.has("role ray-head: inline ray-autoscaler-policy")
	refused, _ := l.Stack().Create(quick.With(leastPrivilege()).With(properties{"NamePrefix": "other", "Head": map[string]any{"Policies": []any{inline("extra", "a:B")}}}))
	l.Failed(refused, "Head.Policies", "PermissionsBoundary", "nothing was changed")
	boundary := l.CreatePolicy("boundary")
	l.created(quick.With(leastPrivilege()).With(properties{"NamePrefix": "third", "PermissionsBoundary": boundary, "Head": map[string]any{"Policies": []any{inline("extra", "a:B")}}}))
	l.has("role third-head: inline extra", "role third-head: inline third-autoscaler-policy", "role third-head: boundary "+boundary)
}

// TestLeastPrivilege_OnChangeInPlace proves that LeastPrivilege can be switched on and off
// and changed in place, with the result that a Create would have. Switching it on attaches
// no policy.
// Reference 5.4, 9.10.
func TestLeastPrivilege_OnChangeInPlace(t *testing.T) {
	t.Parallel()
	broad, narrow := quick, quick.With(properties{"LeastPrivilege": everyLeastPrivilege})
	for _, tt := range []struct {
		name     string
		from, to properties
		never    string
	}{
		{"switched on", broad, narrow, "AttachRolePolicy"},
		{"switched off", narrow, broad, "PutRolePolicy"},
		{"options removed", narrow, quick.With(leastPrivilege()), "AttachRolePolicy"},
		{"clusters with a common prefix", narrow, quick.With(properties{"LeastPrivilege": map[string]any{"ClusterNamePrefix": "research"}}), "AttachRolePolicy"},
		{"another cluster", narrow, quick.With(leastPrivilege("ClusterName", "other")), "AttachRolePolicy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(tt.from)
			l.Proxy.Reset()
			l.updated(s, tt.to)
			if writes := l.Proxy.Writes(); len(writes) == 0 || slices.Contains(writes, tt.never) {
				t.Errorf("writes %v, want some and no %s", writes, tt.never)
			}
			l.likeNew(s, tt.to, before)
		})
	}
}

// TestLeastPrivilege_DriftIsRepaired proves that an Update restores a generated policy that
// was replaced by hand, and removes a policy that was added by hand.
// Reference 9.10.
func TestLeastPrivilege_DriftIsRepaired(t *testing.T) {
	l := newLab(t)
	p := quick.With(leastPrivilege("Spot", true))
	s := l.created(p)
	before := l.Snapshot()
	l.PutInline("ray-head", "ray-autoscaler-policy")
	l.PutInline("ray-worker", "by-hand")
	l.updated(s, p.With(properties{"Revision": "2"}))
	l.unchanged(before, "drift and its repair")
}

// TestLeastPrivilege_BadInputIsRefused proves that each fault is refused before any write,
// with its property's path, also in the second entry of a list. Policies that exceed IAM's
// size are a fault too.
// Reference 2.4, 9.3, 9.5.
func TestLeastPrivilege_BadInputIsRefused(t *testing.T) {
	l := newLab(t)
	bucket := func(fields ...any) []any {
		second := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			second[fields[i].(string)] = fields[i+1]
		}
		return []any{map[string]any{"Name": "research-results"}, second}
	}
	var longNames []any
	for i := range 8 {
		longNames = append(longNames, fmt.Sprintf("%s-%d", strings.Repeat("k", 250), i))
	}
	var longBuckets []any
	for i := range 12 {
		longBuckets = append(longBuckets, map[string]any{"Name": fmt.Sprintf("%s-%02d", strings.Repeat("b", 60), i)})
	}
	tooLarge := leastPrivilege("KeyNames", longNames, "S3Buckets", longBuckets, "CloudWatch", true, "ClusterName", strings.Repeat("c", 245))
	for _, tt := range []struct {
		name  string
		props properties
		want  []string
	}{
		{"unknown option", leastPrivilege("Fsx", true), []string{"LeastPrivilege.Fsx", "FSx"}},
		{"bucket twice", leastPrivilege("S3Buckets", bucket("Name", "research-results", "ReadOnly", true)), []string{"LeastPrivilege.S3Buckets[1].Name", "S3Buckets[0] has this name"}},
		{"neither form of a cluster's name", properties{"LeastPrivilege": map[string]any{"Spot": true}}, []string{"LeastPrivilege", "ClusterName or ClusterNamePrefix"}},
		{"both forms of a cluster's name", leastPrivilege("ClusterNamePrefix", "research"), []string{"LeastPrivilege", "one of the two"}},
		{"a group's buckets without LeastPrivilege", properties{"WorkerGroups": []any{map[string]any{"Name": "cpu", "S3Buckets": []any{map[string]any{"Name": "data"}}}}}, []string{"WorkerGroups[0].S3Buckets", "set LeastPrivilege too"}},
		{"a tag of Ray's in another case", leastPrivilege("InstanceTagKeys", []any{"Team", "Ray-Cluster-Name"}), []string{"LeastPrivilege.InstanceTagKeys[1]", "Ray-Cluster-Name"}},
		{"a key of another partition", leastPrivilege("KmsKeyArns", []any{"arn:aws-cn:kms:cn-north-1:123456789012:key/a"}), []string{"LeastPrivilege.KmsKeyArns[0]", "partition aws"}},
		{"policies too large", tooLarge, []string{"LeastPrivilege: the policies of role ray-head would have", "IAM allows 10240", "the most characters are taken by"}},
		{"several at once", leastPrivilege("ClusterName", "", "Spot", 5, "ImageIds", []any{"x"}), []string{"3 properties", "LeastPrivilege.ClusterName", "LeastPrivilege.Spot", "LeastPrivilege.ImageIds[0]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := l.Snapshot()
			l.Proxy.Reset()
			create, rollback := l.Stack().Create(quick.With(tt.props))
			l.Failed(create, append(tt.want, "nothing was changed")...)
			l.OK(rollback)
			l.writesNothing(tt.name)
			l.unchanged(before, tt.name)
		})
	}
}
