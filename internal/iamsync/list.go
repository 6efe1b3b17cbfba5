package iamsync

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// pages reads every page of a list, each with its own retries: next makes the call
// for one page and returns the marker of the page after it, nil at the end.
func (b *batch) pages(doing, role string, next func(ctx context.Context, marker *string) (*string, error)) error {
	var marker *string
	for {
		var after *string
		err := b.read(doing+role, []entity{{roleKind, role}}, func(ctx context.Context) (err error) {
			after, err = next(ctx, marker)
			return err
		})
		if err != nil || aws.ToString(after) == "" {
			return err
		}
		marker = after
	}
}

func (b *batch) listAttachedRolePolicies(role string) ([]string, error) {
	var arns []string
	err := b.pages("listing the managed policies of role ", role, func(ctx context.Context, marker *string) (*string, error) {
		out, err := b.sync.client.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &role, Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, p := range out.AttachedPolicies {
			arns = append(arns, aws.ToString(p.PolicyArn))
		}
		return out.Marker, nil
	})
	return arns, err
}

func (b *batch) listRolePolicies(role string) ([]string, error) {
	var names []string
	err := b.pages("listing the inline policies of role ", role, func(ctx context.Context, marker *string) (*string, error) {
		out, err := b.sync.client.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &role, Marker: marker})
		if err != nil {
			return nil, err
		}
		names = append(names, out.PolicyNames...)
		return out.Marker, nil
	})
	return names, err
}

func (b *batch) listInstanceProfilesForRole(role string) ([]string, error) {
	var names []string
	err := b.pages("listing the instance profiles of role ", role, func(ctx context.Context, marker *string) (*string, error) {
		out, err := b.sync.client.iam.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: &role, Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, p := range out.InstanceProfiles {
			names = append(names, aws.ToString(p.InstanceProfileName))
		}
		return out.Marker, nil
	})
	return names, err
}
