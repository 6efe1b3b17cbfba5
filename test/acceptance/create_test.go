package acceptance

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

const (
	trustsEC2 = `trusts {"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}],"Version":"2012-10-17"}`
	awsPolicy = "arn:aws:iam::aws:policy/"
)

// TestDefaults_AreTheDefaultPolicies checks what a Create without properties makes.
// Reference 1.1, 1.2, 1.3, 1.4, 1.5.
func TestDefaults_AreTheDefaultPolicies(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.has("role ray-head: "+trustsEC2, "role ray-worker: "+trustsEC2, "profile ray-head: holds ray-head", "profile ray-worker: holds ray-worker")
	for role, want := range rig.DefaultPolicies() {
		var got []string
		for _, line := range l.Snapshot().Matching("role " + role + ": attached ") {
			got = append(got, strings.TrimPrefix(line, "role "+role+": attached "+awsPolicy))
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("role %s has %v attached, want %v", role, got, want)
		}
	}
	l.hasNot("role ray-worker: inline")
	l.has(`role ray-head: inline ray-pass-role-policy {"Statement":[{"Action":"iam:PassRole","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}},"Effect":"Allow","Resource":"arn:aws:iam::` + l.AccountID + `:role/ray-worker"}],"Version":"2012-10-17"}`)
	for _, entity := range []string{"role ray-head", "profile ray-head", "role ray-worker", "profile ray-worker"} {
		l.has(entity+": tag ray-iam:owner="+s.PhysicalID, entity+": tag ray-iam:stack="+s.ID)
	}
	l.hasNot("ray-iam:adopted")
}

// TestAttributes checks the attributes and the Ref of a created resource.
// Reference 3.1, 3.2.
func TestAttributes(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	answer, _ := s.Create(quick.With(properties{"NamePrefix": "ml", "Path": "/team/", "WorkerGroups": []any{
		map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu.large"},
	}}))
	l.OK(answer)
	arn := func(kind, name string) string { return "arn:aws:iam::" + l.AccountID + ":" + kind + "/team/" + name }
	want := map[string]string{
		"HeadInstanceProfileArn": arn("instance-profile", "ml-head"), "HeadInstanceProfileName": "ml-head",
		"HeadRoleArn": arn("role", "ml-head"), "HeadRoleName": "ml-head",
		"WorkerInstanceProfileArn": arn("instance-profile", "ml-cpu"), "WorkerInstanceProfileName": "ml-cpu",
		"WorkerRoleArn": arn("role", "ml-cpu"), "WorkerRoleName": "ml-cpu",
		"WorkerGroups.cpu.InstanceProfileArn": arn("instance-profile", "ml-cpu"), "WorkerGroups.cpu.RoleArn": arn("role", "ml-cpu"),
		"WorkerGroups.gpu.large.InstanceProfileArn": arn("instance-profile", "ml-gpu.large"), "WorkerGroups.gpu.large.RoleArn": arn("role", "ml-gpu.large"),
	}
	if !maps.Equal(answer.Data, want) {
		t.Errorf("Data is %v, want %v", answer.Data, want)
	}
	for name, value := range answer.Data {
		if strings.HasSuffix(name, "Arn") && len(l.Snapshot().Matching(": "+value)) == 0 {
			t.Errorf("the attribute %s is %s, which IAM does not have", name, value)
		}
	}
}

// TestProperties_EveryPropertyIsApplied checks what a Create makes of Path,
// PermissionsBoundary, Tags, policies and worker groups.
// Reference 2.8, 2.9, 2.11.
func TestProperties_EveryPropertyIsApplied(t *testing.T) {
	l := newLab(t)
	boundary := l.CreatePolicy("boundary")
	l.created(everything(boundary))
	for _, node := range []string{"ml-head", "ml-cpu", "ml-gpu"} {
		l.has("role "+node+": arn:aws:iam::"+l.AccountID+":role/team/"+node, "profile "+node+": arn:aws:iam::"+l.AccountID+":instance-profile/team/"+node,
			"role "+node+": boundary "+boundary, "role "+node+": tag team=ml", "profile "+node+": tag team=ml")
	}
	l.has("role ml-head: attached "+awsPolicy+"AmazonEC2ReadOnlyAccess", "role ml-head: inline extra", "role ml-gpu: inline gpu")
	l.hasNot("role ml-head: attached "+awsPolicy+"AmazonEC2FullAccess", "role ml-cpu: attached", "role ml-gpu: attached "+awsPolicy+"AmazonSSM")
	l.has(`"Resource":["arn:aws:iam::` + l.AccountID + `:role/team/ml-cpu","arn:aws:iam::` + l.AccountID + `:role/team/ml-gpu"]`)
}

// everything returns properties that use every property of the schema.
func everything(boundary string) properties {
	document := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": true}}}}}
	return quick.With(properties{
		"ServiceTimeout": 600, "NamePrefix": "ml", "Path": "/team/", "PermissionsBoundary": boundary, "Revision": "1", "AdoptExisting": false, "AllowDeleteInUse": false,
		"Head": map[string]any{
			"ManagedPolicyArns": []any{awsPolicy + "AmazonEC2ReadOnlyAccess"},
			"Policies":          []any{map[string]any{"PolicyName": "extra", "PolicyDocument": document}},
		},
		"WorkerGroups": []any{
			map[string]any{"Name": "cpu", "ManagedPolicyArns": []any{}},
			map[string]any{"Name": "gpu", "Policies": []any{map[string]any{"PolicyName": "gpu", "PolicyDocument": document}}},
		},
		"Tags": tags("team", "ml"),
	})
}

// TestCreate_Converges proves that a Create that is sent again, as Lambda does after the
// first attempt was cut off, ends in the same state with the same answer.
// Reference 5.3.
func TestCreate_Converges(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	first, _ := s.Create(quick)
	l.OK(first)
	complete := l.Snapshot()
	l.Proxy.Reset()
	again := s.Send(s.Event("Create", quick))
	l.OK(again)
	l.writesNothing("the Create again")
	if again.PhysicalResourceID != first.PhysicalResourceID || !maps.Equal(again.Data, first.Data) {
		t.Errorf("the second answer is %+v, want %+v", again, first)
	}
	for _, undo := range []func(){
		func() { l.DetachPolicy("ray-worker", awsPolicy+"AmazonS3FullAccess") },
		func() { l.RemoveRole("ray-head", "ray-head") },
		func() { l.DeleteProfile("ray-worker") },
	} {
		undo()
		l.OK(s.Send(s.Event("Create", quick)))
		l.unchanged(complete, "the repeated Create")
	}
}
