package supersede

import (
	"context"
	"errors"
	"log/slog"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// Resources tells how CloudFormation sees the resources of a stack, by logical id as Stacks
// does or by physical id. The error wraps stackresource.ErrNoStack or ErrNoResource, or says
// that CloudFormation could not be asked.
type Resources interface {
	Stacks
	Find(ctx context.Context, stackID, physicalID string) (stackresource.State, error)
}

// Orphaned reports, for a request that may adopt it, whether the set of an owner belongs to no resource any more: the stack
// that made it is gone, or has deleted the resource, or kept it by its DeletionPolicy, or has
// another one in its place. CloudFormation must say so twice, confirmPause apart. The error
// says that it cannot be asked; the set then counts as owned.
//
// The owner does not tell its logical id, but it can be checked. So the one of the resource
// at hand, which is mostly the same, is tried first; otherwise the stack's resources are
// searched for the owner.
func Orphaned(ctx context.Context, resources Resources, r customresource.Request, owner, stackID string, log *slog.Logger) (bool, error) {
	ask := func() (bool, error) {
		var state stackresource.State
		var err error
		if _, ours := rayiam.NamePrefixOf(owner, stackID, r.LogicalID); ours {
			state, err = resources.Read(ctx, stackID, r.LogicalID)
		} else {
			state, err = resources.Find(ctx, stackID, owner)
		}
		log.Info("asked CloudFormation for an owner", "owner", owner, "ownersStack", stackID, "resourceStatus", state.Status, "resourcePhysicalId", state.PhysicalID, "answer", err)
		switch {
		case errors.Is(err, stackresource.ErrNoStack) && stackID == r.StackID:
			return false, err // the request's own stack exists, so this is not the CloudFormation that has it
		case errors.Is(err, stackresource.ErrNoStack), errors.Is(err, stackresource.ErrNoResource):
			return true, nil
		case err != nil:
			return false, err
		case state.PhysicalID != owner:
			return !state.InProgress(), nil // the cleanup of a replacement may be under way
		}
		return state.Removed(), nil
	}
	if orphaned, err := ask(); err != nil || !orphaned {
		return false, err
	}
	if err := sleep(ctx, confirmPause); err != nil {
		return false, err
	}
	return ask()
}
