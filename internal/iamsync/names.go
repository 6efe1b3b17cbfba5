package iamsync

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// RoleNames returns the names of the account's roles that begin with prefix, sorted. IAM has
// no such filter, so every role of the account is listed.
func (s *Sync) RoleNames(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	err := s.read(ctx, []func(*batch) error{func(b *batch) error {
		return b.pages("listing the roles of the account", "", func(ctx context.Context, marker *string) (*string, error) {
			out, err := s.client.iam.ListRoles(ctx, &iam.ListRolesInput{Marker: marker})
			if err != nil {
				return nil, err
			}
			for _, role := range out.Roles {
				if name := aws.ToString(role.RoleName); strings.HasPrefix(name, prefix) {
					names = append(names, name)
				}
			}
			return out.Marker, nil
		})
	}})
	slices.Sort(names)
	return names, err
}
