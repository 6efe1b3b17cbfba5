package rig

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Wipe deletes every role, instance profile and customer managed policy of the account,
// except those with the names to keep, so that the next test finds it empty.
func Wipe(ctx context.Context, c *iam.Client, keep ...string) error {
	kept := func(name *string) bool { return slices.Contains(keep, aws.ToString(name)) }
	if err := deleteProfiles(ctx, c, kept); err != nil {
		return err
	}
	if err := deleteRoles(ctx, c, kept); err != nil {
		return err
	}
	return deletePolicies(ctx, c, kept)
}

// Each of these functions reads the whole list before it deletes: a page begins at a
// position in the list, which deletions would move.

func deleteProfiles(ctx context.Context, c *iam.Client, kept func(*string) bool) error {
	var all []types.InstanceProfile
	for pages := iam.NewListInstanceProfilesPaginator(c, &iam.ListInstanceProfilesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		all = append(all, page.InstanceProfiles...)
	}
	for _, p := range all {
		if kept(p.InstanceProfileName) {
			continue
		}
		if err := deleteProfile(ctx, c, p.InstanceProfileName); err != nil {
			return err
		}
	}
	return nil
}

func deleteProfile(ctx context.Context, c *iam.Client, name *string) error {
	profile, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
	if err != nil {
		return err
	}
	for _, role := range profile.InstanceProfile.Roles {
		if _, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: role.RoleName}); err != nil {
			return err
		}
	}
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	return err
}

func deleteRoles(ctx context.Context, c *iam.Client, kept func(*string) bool) error {
	var all []types.Role
	for pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		all = append(all, page.Roles...)
	}
	for _, role := range all {
		if kept(role.RoleName) {
			continue
		}
		if err := deleteRole(ctx, c, role.RoleName); err != nil {
			return err
		}
	}
	return nil
}

func deleteRole(ctx context.Context, c *iam.Client, name *string) error {
	attached, inline, err := policiesOf(ctx, c, aws.ToString(name))
	if err != nil {
		return err
	}
	for _, arn := range attached {
		if _, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: &arn}); err != nil {
			return err
		}
	}
	for _, policy := range inline {
		if _, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: &policy}); err != nil {
			return err
		}
	}
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	return err
}

func deletePolicies(ctx context.Context, c *iam.Client, kept func(*string) bool) error {
	var all []types.Policy
	for pages := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		all = append(all, page.Policies...)
	}
	for _, p := range all {
		if kept(p.PolicyName) {
			continue
		}
		if err := deletePolicy(ctx, c, p.Arn); err != nil {
			return err
		}
	}
	return nil
}

func deletePolicy(ctx context.Context, c *iam.Client, arn *string) error {
	versions, err := c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	for _, version := range versions.Versions {
		if version.IsDefaultVersion {
			continue
		}
		if _, err := c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: version.VersionId}); err != nil {
			return err
		}
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	return err
}
