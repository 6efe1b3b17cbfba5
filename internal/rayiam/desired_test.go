package rayiam

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestDocumentsOfEachPartition checks the trust and pass-role policies and the
// partition of AWS's managed policies.
// Reference 1.3, 1.4, 1.6.
func TestDocumentsOfEachPartition(t *testing.T) {
	tests := []struct{ partition, trusted, passedTo string }{
		{"aws", `"Service":"ec2.amazonaws.com"`, `"iam:PassedToService":"ec2.amazonaws.com"`},
		{"aws-us-gov", `"Service":"ec2.amazonaws.com"`, `"iam:PassedToService":"ec2.amazonaws.com"`},
		{"aws-cn", `"Service":"ec2.amazonaws.com.cn"`, `"iam:PassedToService":["ec2.amazonaws.com","ec2.amazonaws.com.cn"]`},
	}
	for _, tt := range tests {
		t.Run(tt.partition, func(t *testing.T) {
			stack := testStack
			stack.Partition = tt.partition
			p := edited(addGroup, func(p *Properties) { p.Path = "/a/b/" })
			head := Declare(p, stack).Nodes("owner")[0]
			if want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{` + tt.trusted + `},"Action":"sts:AssumeRole"}]}`; head.TrustPolicy != want {
				t.Errorf("trust policy %s, want %s", head.TrustPolicy, want)
			}
			roles := `["arn:` + tt.partition + `:iam::123456789012:role/a/b/ray-gpu","arn:` + tt.partition + `:iam::123456789012:role/a/b/ray-worker"]`
			want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":` + roles + `,"Condition":{"StringEquals":{` + tt.passedTo + `}}}]}`
			if got := head.InlinePolicies["ray-pass-role-policy"]; got != want {
				t.Errorf("pass-role policy %s, want %s", got, want)
			}
			for _, arn := range head.ManagedPolicyARNs {
				if !strings.HasPrefix(arn, "arn:"+tt.partition+":iam::aws:policy/") {
					t.Errorf("managed policy %s is not of %s", arn, tt.partition)
				}
			}
		})
	}
}

// TestNodes checks names and default policies, ManagedPolicyArns and Policies.
// Reference 1.2, 1.4, 1.5, 2.8, 2.9.
func TestNodes(t *testing.T) {
	p := edited(addGroup, func(p *Properties) {
		p.WorkerGroups[0].ManagedPolicyARNs = []string{}
		p.WorkerGroups[1].ManagedPolicyARNs = []string{"arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"}
		p.Head.Policies = []InlinePolicy{{Name: "extra", Document: "{}"}}
	})
	nodes := Declare(p, testStack).Nodes(ownerOf(p))
	wantPolicies := map[string][]string{
		"ray-head":   unique(headDefaults),
		"ray-worker": {},
		"ray-gpu":    {"A", "B"},
	}
	for i, name := range []string{"ray-head", "ray-worker", "ray-gpu"} {
		var got []string
		for _, arn := range nodes[i].ManagedPolicyARNs {
			got = append(got, strings.TrimPrefix(arn, "arn:aws:iam::aws:policy/"))
		}
		if nodes[i].Name != name || !slices.Equal(got, wantPolicies[name]) {
			t.Errorf("node %d is %s with %v, want %s with %v", i, nodes[i].Name, got, name, wantPolicies[name])
		}
	}
	if got, want := sortedKeys(nodes[0].InlinePolicies), []string{"extra", "ray-pass-role-policy"}; !slices.Equal(got, want) {
		t.Errorf("inline policies of the head: %v, want %v", got, want)
	}
	if len(nodes[1].InlinePolicies) != 0 {
		t.Errorf("inline policies of the workers: %v, want none", nodes[1].InlinePolicies)
	}
}

// TestAttributes checks the attributes of two groups at a path.
// Reference 3.1.
func TestAttributes(t *testing.T) {
	p := edited(addGroup, func(p *Properties) { p.NamePrefix, p.Path = "ml", "/x/" })
	const profile, role = "arn:aws:iam::123456789012:instance-profile/x/", "arn:aws:iam::123456789012:role/x/"
	want := map[string]string{
		"HeadInstanceProfileArn": profile + "ml-head", "HeadInstanceProfileName": "ml-head",
		"HeadRoleArn": role + "ml-head", "HeadRoleName": "ml-head",
		"WorkerInstanceProfileArn": profile + "ml-worker", "WorkerInstanceProfileName": "ml-worker",
		"WorkerRoleArn": role + "ml-worker", "WorkerRoleName": "ml-worker",
		"WorkerGroups.worker.InstanceProfileArn": profile + "ml-worker", "WorkerGroups.worker.RoleArn": role + "ml-worker",
		"WorkerGroups.gpu.InstanceProfileArn": profile + "ml-gpu", "WorkerGroups.gpu.RoleArn": role + "ml-gpu",
	}
	if got := Declare(p, testStack).Attributes(); !maps.Equal(got, want) {
		t.Errorf("Attributes = %v, want %v", got, want)
	}
}

// TestPossibleNames proves that bad properties still give the names that they make possible,
// each once.
func TestPossibleNames(t *testing.T) {
	p := Properties{NamePrefix: "ray", WorkerGroups: []WorkerGroup{{Name: "worker"}, {Name: "head"}, {Name: "no spaces"}, {Name: strings.Repeat("x", 70)}, {Name: "worker"}}}
	if got, want := p.PossibleNames(), []string{"ray-head", "ray-worker"}; !slices.Equal(got, want) {
		t.Errorf("PossibleNames = %v, want %v", got, want)
	}
}
