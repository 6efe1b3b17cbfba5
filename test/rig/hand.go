package rig

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// This file has the changes that a person makes to an account by hand. A call that fails
// fails the test, because the test's initial state is then wrong.

const (
	// TrustByHand is the trust policy of a role that was made by hand. Its Version is the
	// one in the documentation of the AWS CLI.
	TrustByHand = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	// ByHand is the inline policy that a person puts on a role.
	ByHand = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`
	// everything is the document of the account's own managed policies, which tests use as
	// boundaries.
	everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

	awsPolicy = "arn:aws:iam::aws:policy/"
)

// TrustOf returns a trust policy that lets a service assume the role.
func TrustOf(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

// Tag returns a tag in the form of IAM's API.
func Tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

// must fails the test if a call by hand failed.
func (a *Account) must(_ any, err error) {
	a.TB.Helper()
	if err != nil {
		a.TB.Fatalf("setting the scene: %v", err)
	}
}

var background = context.Background() // not the test's own context, which has ended when the test cleans up

// CreateRole makes a role that EC2 may assume.
func (a *Account) CreateRole(name, path string, tags ...types.Tag) {
	a.TB.Helper()
	trust := TrustByHand
	a.must(a.IAM.CreateRole(background, &iam.CreateRoleInput{RoleName: &name, Path: &path, Tags: tags, AssumeRolePolicyDocument: &trust}))
}

// CreateProfile makes an instance profile with the roles in it.
func (a *Account) CreateProfile(name, path string, roles ...string) {
	a.TB.Helper()
	a.must(a.IAM.CreateInstanceProfile(background, &iam.CreateInstanceProfileInput{InstanceProfileName: &name, Path: &path}))
	for _, role := range roles {
		a.AddRole(name, role)
	}
}

// CreatePolicy makes a managed policy that allows everything, and returns its ARN.
func (a *Account) CreatePolicy(name string) string {
	a.TB.Helper()
	document := everything
	a.must(a.IAM.CreatePolicy(background, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document}))
	return "arn:aws:iam::" + a.AccountID + ":policy/" + name
}

// CreateSet makes the roles and instance profiles that people make by hand, and that
// AdoptExisting takes over. The head's role has an inline policy.
func (a *Account) CreateSet() {
	a.TB.Helper()
	for _, name := range []string{"ray-head", "ray-worker"} {
		a.CreateRole(name, "/")
		a.CreateProfile(name, "/", name)
		a.AttachPolicy(name, awsPolicy+"AmazonS3FullAccess")
	}
	a.PutInline("ray-head", "by-hand")
}

// AddRole puts a role into an instance profile.
func (a *Account) AddRole(profile, role string) {
	a.TB.Helper()
	a.must(a.IAM.AddRoleToInstanceProfile(background, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role}))
}

// RemoveRole removes a role from an instance profile.
func (a *Account) RemoveRole(profile, role string) {
	a.TB.Helper()
	a.must(a.IAM.RemoveRoleFromInstanceProfile(background, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role}))
}

// DeleteProfile deletes an instance profile, also if there is a role in it.
func (a *Account) DeleteProfile(name string) {
	a.TB.Helper()
	a.must(nil, deleteProfile(background, a.IAM, &name))
}

// DeleteRole deletes a role with its policies. The role must not be in an instance profile.
func (a *Account) DeleteRole(name string) {
	a.TB.Helper()
	a.must(nil, deleteRole(background, a.IAM, &name))
}

// AttachPolicy attaches a managed policy to a role.
func (a *Account) AttachPolicy(role, arn string) {
	a.TB.Helper()
	a.must(a.IAM.AttachRolePolicy(background, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn}))
}

// DetachPolicy detaches a managed policy from a role.
func (a *Account) DetachPolicy(role, arn string) {
	a.TB.Helper()
	a.must(a.IAM.DetachRolePolicy(background, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn}))
}

// PutInline puts the policy ByHand on a role, and replaces an inline policy of that name.
func (a *Account) PutInline(role, name string) {
	a.TB.Helper()
	document := ByHand
	a.must(a.IAM.PutRolePolicy(background, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &document}))
}

// DeleteInline deletes an inline policy.
func (a *Account) DeleteInline(role, name string) {
	a.TB.Helper()
	a.must(a.IAM.DeleteRolePolicy(background, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &name}))
}

// SetTrust makes a role trust this service and nothing else.
func (a *Account) SetTrust(role, service string) {
	a.TB.Helper()
	trust := TrustOf(service)
	a.must(a.IAM.UpdateAssumeRolePolicy(background, &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &trust}))
}

// PutBoundary sets a role's permissions boundary.
func (a *Account) PutBoundary(role, arn string) {
	a.TB.Helper()
	a.must(a.IAM.PutRolePermissionsBoundary(background, &iam.PutRolePermissionsBoundaryInput{RoleName: &role, PermissionsBoundary: &arn}))
}

// DeleteBoundary deletes a role's permissions boundary.
func (a *Account) DeleteBoundary(role string) {
	a.TB.Helper()
	a.must(a.IAM.DeleteRolePermissionsBoundary(background, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &role}))
}

// TagRole sets a tag of a role.
func (a *Account) TagRole(role, key, value string) {
	a.TB.Helper()
	a.must(a.IAM.TagRole(background, &iam.TagRoleInput{RoleName: &role, Tags: []types.Tag{Tag(key, value)}}))
}

// UntagRole removes a tag from a role.
func (a *Account) UntagRole(role, key string) {
	a.TB.Helper()
	a.must(a.IAM.UntagRole(background, &iam.UntagRoleInput{RoleName: &role, TagKeys: []string{key}}))
}

// TagProfile sets a tag of an instance profile.
func (a *Account) TagProfile(profile, key, value string) {
	a.TB.Helper()
	a.must(a.IAM.TagInstanceProfile(background, &iam.TagInstanceProfileInput{InstanceProfileName: &profile, Tags: []types.Tag{Tag(key, value)}}))
}

// UntagProfile removes a tag from an instance profile.
func (a *Account) UntagProfile(profile, key string) {
	a.TB.Helper()
	a.must(a.IAM.UntagInstanceProfile(background, &iam.UntagInstanceProfileInput{InstanceProfileName: &profile, TagKeys: []string{key}}))
}
