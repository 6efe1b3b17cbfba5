package iamsync

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// write makes the one call of a step. The SDK's output is dropped: only a later observation
// counts.
func (s *Sync) write(ctx context.Context, step rayiam.Step) error {
	if step.Role == "" || step.InstanceProfile != "" {
		return s.writeInstanceProfile(ctx, step)
	}
	return s.writeRole(ctx, step)
}

func (s *Sync) writeRole(ctx context.Context, step rayiam.Step) (err error) {
	c, role := s.client.iam, &step.Role
	switch step.Call {
	case rayiam.CreateRole:
		_, err = c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, Path: &step.Path, AssumeRolePolicyDocument: &step.Document, PermissionsBoundary: optional(step.Boundary), Tags: tagList(step.Tags)})
	case rayiam.DeleteRole:
		_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
	case rayiam.TagRole:
		_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: role, Tags: tagList(step.Tags)})
	case rayiam.UntagRole:
		_, err = c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: role, TagKeys: step.TagKeys})
	case rayiam.UpdateAssumeRolePolicy:
		_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &step.Document})
	case rayiam.PutRolePermissionsBoundary:
		_, err = c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: &step.Boundary})
	case rayiam.DeleteRolePermissionsBoundary:
		_, err = c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: role})
	case rayiam.AttachRolePolicy:
		_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: &step.Policy})
	case rayiam.DetachRolePolicy:
		_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: &step.Policy})
	case rayiam.PutRolePolicy:
		_, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: &step.Policy, PolicyDocument: &step.Document})
	case rayiam.DeleteRolePolicy:
		_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: &step.Policy})
	default:
		err = fmt.Errorf("no such step: %s", step.Call)
	}
	return err
}

func (s *Sync) writeInstanceProfile(ctx context.Context, step rayiam.Step) (err error) {
	c, profile := s.client.iam, &step.InstanceProfile
	switch step.Call {
	case rayiam.CreateInstanceProfile:
		_, err = c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: profile, Path: &step.Path, Tags: tagList(step.Tags)})
	case rayiam.DeleteInstanceProfile:
		_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: profile})
	case rayiam.TagInstanceProfile:
		_, err = c.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: profile, Tags: tagList(step.Tags)})
	case rayiam.UntagInstanceProfile:
		_, err = c.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: profile, TagKeys: step.TagKeys})
	case rayiam.AddRoleToInstanceProfile:
		_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{RoleName: &step.Role, InstanceProfileName: profile})
	case rayiam.RemoveRoleFromInstanceProfile:
		_, err = c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{RoleName: &step.Role, InstanceProfileName: profile})
	default:
		err = fmt.Errorf("no such step: %s", step.Call)
	}
	return err
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func tagList(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}
