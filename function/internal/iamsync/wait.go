package iamsync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// AwaitProfiles reads each instance profile until it lists the role of its name,
// and then lets wait pass, so that EC2 knows it too: EC2 copies IAM's profiles and
// says for a while that a new one does not exist or has no role. With a wait of 0
// it neither reads nor waits.
func (s *Sync) AwaitProfiles(ctx context.Context, names []string, wait time.Duration) error {
	if len(names) == 0 || wait <= 0 {
		return nil
	}
	errs := s.parallel(ctx, len(names), func(b *batch, i int) error {
		name := names[i]
		return b.do(call{
			doing:   fmt.Sprintf("waiting for instance profile %s to list its role", name),
			verdict: visibility,
			attempt: func(ctx context.Context) error { return s.listsItsRole(ctx, name) },
		})
	})
	if err := joined(errs); err != nil {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting %s for EC2 to see the instance profiles: %w", wait, ctx.Err())
	}
}

var errNotListed = errors.New("the instance profile does not list its role yet")

func visibility(err error) verdict {
	if errors.Is(err, errNotListed) {
		return waiting
	}
	return absentIsWaiting(err)
}

func (s *Sync) listsItsRole(ctx context.Context, name string) error {
	out, err := s.client.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err != nil {
		return err
	}
	for _, role := range out.InstanceProfile.Roles {
		if aws.ToString(role.RoleName) == name {
			return nil
		}
	}
	return errNotListed
}
