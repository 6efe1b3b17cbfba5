package iamsync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// AwaitProfiles reads each instance profile until it lists the role of its name, and then
// waits for wait, so that EC2 can use it too: EC2 copies IAM's profiles, and for a while
// reports that a new profile does not exist or has no role. With a wait of 0 it neither reads
// nor waits.
func (s *Sync) AwaitProfiles(ctx context.Context, names []string, wait time.Duration) error {
	if len(names) == 0 || wait <= 0 {
		return nil
	}
	errs := s.parallel(ctx, len(names), func(b *batch, i int) error {
		name := names[i]
		return b.do(apiCall{
			doing:   fmt.Sprintf("waiting for instance profile %s to list its role", name),
			about:   []entity{{profileKind, name}},
			judge:   visibility,
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

// showTime bounds how long AwaitShown waits. Mostly, IAM shows a new entity at once.
const showTime = 15 * time.Second

// AwaitShown reads the roles and profiles that this request made until IAM shows them, for at
// most showTime or half of the time that is left. It is for a request that fails: the next
// request looks for the entities of this one, and treats an entity that it does not see as
// absent. Failed reads are in the log.
func (s *Sync) AwaitShown(ctx context.Context) {
	limit := showTime
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	made := s.made()
	errs := s.parallel(ctx, len(made), func(b *batch, i int) (err error) {
		lookup := rayiam.Lookup{Name: made[i].name}
		if made[i].kind == roleKind {
			_, err = b.getRole(lookup)
		} else {
			_, err = b.getInstanceProfile(lookup)
		}
		return err
	})
	if err := joined(errs); err != nil {
		s.log.Warn("IAM does not show what was made", slog.String("error", err.Error()))
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
	out, err := s.client.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
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
