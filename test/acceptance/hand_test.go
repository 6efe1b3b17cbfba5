package acceptance

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// What somebody does to the account by hand.

// done fails the test when a call by hand failed: then the scene is not set.
func done[T any](t *testing.T, out T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const trustsEC2Document = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

func (l *lab) makeRole(name, path string, tags ...types.Tag) {
	l.t.Helper()
	out, err := l.iam.CreateRole(l.t.Context(), &iam.CreateRoleInput{RoleName: &name, Path: &path, Tags: tags, AssumeRolePolicyDocument: ptr(trustsEC2Document)})
	done(l.t, out, err)
}

func (l *lab) makeProfile(name, path string, roles ...string) {
	l.t.Helper()
	out, err := l.iam.CreateInstanceProfile(l.t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name, Path: &path})
	done(l.t, out, err)
	for _, role := range roles {
		l.fillProfile(name, role)
	}
}

func (l *lab) fillProfile(name, role string) {
	l.t.Helper()
	out, err := l.iam.AddRoleToInstanceProfile(l.t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &role})
	done(l.t, out, err)
}

func (l *lab) emptyProfile(name, role string) {
	l.t.Helper()
	out, err := l.iam.RemoveRoleFromInstanceProfile(l.t.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &name, RoleName: &role})
	done(l.t, out, err)
}

func (l *lab) dropProfile(name string) {
	l.t.Helper()
	out, err := l.iam.DeleteInstanceProfile(l.t.Context(), &iam.DeleteInstanceProfileInput{InstanceProfileName: &name})
	done(l.t, out, err)
}

// dropRole deletes a role and what it carries.
func (l *lab) dropRole(name string) {
	l.t.Helper()
	attached, err := l.iam.ListAttachedRolePolicies(l.t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	for _, p := range done(l.t, attached, err).AttachedPolicies {
		l.detach(name, *p.PolicyArn)
	}
	inline, err := l.iam.ListRolePolicies(l.t.Context(), &iam.ListRolePoliciesInput{RoleName: &name})
	for _, policy := range done(l.t, inline, err).PolicyNames {
		out, err := l.iam.DeleteRolePolicy(l.t.Context(), &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: &policy})
		done(l.t, out, err)
	}
	out, err := l.iam.DeleteRole(l.t.Context(), &iam.DeleteRoleInput{RoleName: &name})
	done(l.t, out, err)
}

func (l *lab) attach(role, arn string) {
	l.t.Helper()
	out, err := l.iam.AttachRolePolicy(l.t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
	done(l.t, out, err)
}

func (l *lab) detach(role, arn string) {
	l.t.Helper()
	out, err := l.iam.DetachRolePolicy(l.t.Context(), &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
	done(l.t, out, err)
}

func (l *lab) putInline(role, name string) {
	l.t.Helper()
	out, err := l.iam.PutRolePolicy(l.t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`)})
	done(l.t, out, err)
}

func (l *lab) setTrust(role, service string) {
	l.t.Helper()
	out, err := l.iam.UpdateAssumeRolePolicy(l.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`)})
	done(l.t, out, err)
}

func (l *lab) setTag(role, key, value string) {
	l.t.Helper()
	out, err := l.iam.TagRole(l.t.Context(), &iam.TagRoleInput{RoleName: &role, Tags: []types.Tag{{Key: &key, Value: &value}}})
	done(l.t, out, err)
}

// policy makes a customer managed policy and returns its ARN.
func (l *lab) policy(name string) string {
	l.t.Helper()
	out, err := l.iam.CreatePolicy(l.t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	return *done(l.t, out, err).Policy.Arn
}

// makeRecipe makes the recipe's roles and profiles by hand, with a policy of its own.
func (l *lab) makeRecipe() {
	l.t.Helper()
	for _, name := range []string{"ray-head", "ray-worker"} {
		l.makeRole(name, "/")
		l.makeProfile(name, "/", name)
		l.attach(name, awsPolicy+"AmazonS3FullAccess")
	}
	l.putInline("ray-head", "by-hand")
}

// removeBoundary takes a role's permissions boundary away by hand.
func (l *lab) removeBoundary(role string) {
	l.t.Helper()
	out, err := l.iam.DeleteRolePermissionsBoundary(l.t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: &role})
	done(l.t, out, err)
}

// bound sets a role's permissions boundary by hand.
func (l *lab) bound(role, arn string) {
	l.t.Helper()
	out, err := l.iam.PutRolePermissionsBoundary(l.t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: &role, PermissionsBoundary: &arn})
	done(l.t, out, err)
}

func (l *lab) setProfileTag(profile, key, value string) {
	l.t.Helper()
	out, err := l.iam.TagInstanceProfile(l.t.Context(), &iam.TagInstanceProfileInput{InstanceProfileName: &profile, Tags: []types.Tag{{Key: &key, Value: &value}}})
	done(l.t, out, err)
}

// denyFor has IAM deny one action on one role or instance profile.
func (l *lab) denyFor(action, name string) {
	l.proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return c.Action == action && (c.Form.Get("RoleName") == name || c.Form.Get("InstanceProfileName") == name)
	}, iamproxy.Answer(http.StatusForbidden, "AccessDenied")))
}
