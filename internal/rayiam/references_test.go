package rayiam

import (
	"fmt"
	"testing"
)

// TestToAsk checks which policies IAM is asked for during the observation, and which only
// after a role turns out not to have them.
// Reference 10.7.
func TestToAsk(t *testing.T) {
	const s3, ec2, own = "arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::aws:policy/AmazonEC2FullAccess", "arn:aws:iam::123456789012:policy/own"
	ref := func(role, arn string) PolicyReference { return PolicyReference{ARN: arn, Role: role} }
	head := Observed{Roles: map[string]Role{"ray-head": {Name: "ray-head", ManagedPolicyARNs: []string{s3, own}}}}
	for _, tt := range []struct {
		name      string
		refs, old []PolicyReference
		ask, late string
	}{
		{"nothing is known", []PolicyReference{ref("ray-head", s3), ref("ray-head", ec2)}, nil, "[" + ec2 + " " + s3 + "]", "[" + ec2 + "]"},
		{"declared before and attached", []PolicyReference{ref("ray-head", s3)}, []PolicyReference{ref("ray-head", s3)}, "[]", "[]"},
		{"declared before and detached by hand", []PolicyReference{ref("ray-head", ec2)}, []PolicyReference{ref("ray-head", ec2)}, "[]", "[" + ec2 + "]"},
		{"declared before for another role", []PolicyReference{ref("ray-head", s3), ref("ray-gpu", s3)}, []PolicyReference{ref("ray-head", s3)}, "[" + s3 + "]", "[" + s3 + "]"},
		{"of the account", []PolicyReference{ref("ray-head", own)}, []PolicyReference{ref("ray-head", own)}, "[" + own + "]", "[" + own + "]"},
		{"the boundary", []PolicyReference{ref("", s3)}, []PolicyReference{ref("", s3)}, "[" + s3 + "]", "[" + s3 + "]"},
	} {
		if got := fmt.Sprint(ToAsk(tt.refs, tt.old)); got != tt.ask {
			t.Errorf("%s: IAM is asked about %s, want %s", tt.name, got, tt.ask)
		}
		if got := fmt.Sprint(Unattached(tt.refs, head)); got != tt.late {
			t.Errorf("%s: unattached %s, want %s", tt.name, got, tt.late)
		}
	}
}

// TestNeedsAny checks which steps IAM refuses if a policy does not exist: those that attach it,
// and those that make it a role's boundary.
// Reference 2.7.
func TestNeedsAny(t *testing.T) {
	const gone = "arn:aws:iam::123456789012:policy/gone"
	for _, tt := range []struct {
		step Step
		want bool
	}{
		{Step{Call: AttachRolePolicy, Role: "ray-head", Policy: gone}, true},
		{Step{Call: PutRolePermissionsBoundary, Role: "ray-head", Boundary: gone}, true},
		{Step{Call: CreateRole, Role: "ray-head", Boundary: gone}, true},
		{Step{Call: CreateRole, Role: "ray-head"}, false},
		{Step{Call: DetachRolePolicy, Role: "ray-head", Policy: gone}, false},
		{Step{Call: AttachRolePolicy, Role: "ray-head", Policy: "arn:aws:iam::aws:policy/AmazonS3FullAccess"}, false},
		{Step{Call: TagRole, Role: "ray-head", Tags: map[string]string{"team": "ml"}}, false},
	} {
		plan := Plan{Phases: [][]Step{{{Call: DeleteRole, Role: "ray-old"}}, {tt.step}}}
		if got := plan.NeedsAny(map[string]bool{gone: true}); got != tt.want {
			t.Errorf("NeedsAny = %v for %s, want %v", got, tt.step, tt.want)
		}
	}
}
