package supersede

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// Resources tells how CloudFormation sees the resources of a stack, by logical id as Stacks
// does or by physical id. The error wraps stackresource.ErrNoStack or ErrNoResource, or says
// that CloudFormation could not be asked.
type Resources interface {
	Stacks
	Finder
}

// Finder is the part of Resources that searches.
type Finder interface {
	Statuses
	Find(ctx context.Context, stackID, physicalID string, accepts func(logicalID string) bool) (stackresource.State, error)
}

// IsOrphaned reports, for a request that may adopt it, whether the set of an owner belongs to no resource any more: the stack
// that made it is gone, or has deleted the resource, or kept it by its DeletionPolicy, or has
// another one in its place and will not roll back to this one. CloudFormation must say so
// twice, confirmPause apart. The error says that it cannot be asked; the set then counts as
// owned. So does the set of a stack of another account: CloudFormation knows none, and the id
// is from a tag, which somebody may have written by hand.
//
// The owner does not tell its logical id, but it can be checked. So the one of the resource
// at hand, which is mostly the same, is tried first; otherwise the stack's resources are
// searched for the owner.
func IsOrphaned(ctx context.Context, resources Resources, r customresource.Request, owner, stackID string, log *slog.Logger) (bool, error) {
	own, err := rayiam.ParseStackID(r.StackID)
	if err == nil {
		err = inAccount(stackID, own.Account)
	}
	if err != nil {
		return false, err
	}
	ask := func() (bool, error) {
		var state stackresource.State
		var err error
		if _, ours := rayiam.NamePrefixOf(owner, stackID, r.LogicalID); ours {
			state, err = resources.Read(ctx, stackID, r.LogicalID)
		} else {
			state, err = find(ctx, resources, owner, stackID)
		}
		log.Info("asked CloudFormation for an owner", "owner", owner, "ownersStack", stackID, "resourceStatus", state.Status, "resourcePhysicalId", state.PhysicalID, "answer", err)
		if errors.Is(err, stackresource.ErrNoStack) && stackID == r.StackID {
			return false, err // the request's own stack exists, so this is not the CloudFormation that has it
		}
		left, _, err := leaves(ctx, resources, state, owner, stackID, err)
		return left, err
	}
	if orphaned, err := ask(); err != nil || !orphaned {
		return false, err
	}
	if err := smithytime.SleepWithContext(ctx, confirmPause); err != nil {
		return false, err
	}
	return ask()
}

// inAccount returns an error unless this is the id of a stack of the account.
func inAccount(stackID, account string) error {
	stack, err := rayiam.ParseStackID(stackID)
	if err == nil && stack.Account != account {
		err = fmt.Errorf("stack %s is of another account than %s, and is not asked for", stackID, account)
	}
	return err
}

// find searches the resource that an owner stands for. The owner does not tell its logical id,
// but it was made from it.
func find(ctx context.Context, resources Finder, owner, stackID string) (stackresource.State, error) {
	return resources.Find(ctx, stackID, owner, func(logicalID string) bool {
		_, ours := rayiam.NamePrefixOf(owner, stackID, logicalID)
		return ours
	})
}

// leaves reports whether the state of the resource that an owner stands for, or the error
// that there is none, leaves the owner's set to nobody; and otherwise whether CloudFormation is
// at work. A resource that was replaced is complete long before its stack, which may still roll
// back to the set before: so the stack is asked, too.
func leaves(ctx context.Context, stacks Statuses, state stackresource.State, owner, stackID string, err error) (left, busy bool, _ error) {
	switch {
	case errors.Is(err, stackresource.ErrNoStack), errors.Is(err, stackresource.ErrNoResource):
		return true, false, nil
	case err != nil:
		return false, false, err
	case state.InProgress():
		return false, true, nil
	case state.PhysicalID != owner:
		settled, err := settled(ctx, stacks, stackID)
		return settled, !settled, err
	}
	return state.Removed(), false, nil
}

// maxNesting bounds how many stacks, each nested in the next, are asked.
const maxNesting = 20

// settled reports whether a stack is settled, and every stack that it is nested in: a nested
// stack is complete long before these, which may still roll it back. The error says that
// CloudFormation could not be asked.
func settled(ctx context.Context, stacks Statuses, stackID string) (bool, error) {
	for range maxNesting {
		stack, err := stacks.Stack(ctx, stackID)
		switch {
		case err != nil:
			return false, err
		case !stack.Settled() || stack.ParentID == "":
			return stack.Settled(), nil
		}
		stackID = stack.ParentID
	}
	return false, nil
}

// Belonging is what CloudFormation says of the set of an owner.
type Belonging int

// What CloudFormation may say of a set.
const (
	Unasked  Belonging = iota // it cannot be asked
	InStack                   // the stack has the resource
	InFlight                  // the stack has it, or may roll back to it, and CloudFormation is at work
	Orphaned                  // no stack has it any more
)

// Ask returns what CloudFormation says of the set of an owner in an account, whose stack has
// this id: that it is Orphaned only if it says so twice, confirmPause apart, as for IsOrphaned.
// The error says why it is Unasked.
func Ask(ctx context.Context, resources Finder, owner, stackID, account string) (Belonging, error) {
	if err := inAccount(stackID, account); err != nil {
		return Unasked, err
	}
	for asked := 1; ; asked++ {
		state, err := find(ctx, resources, owner, stackID)
		left, busy, err := leaves(ctx, resources, state, owner, stackID, err)
		switch {
		case err != nil:
			return Unasked, err
		case !left && busy:
			return InFlight, nil
		case !left:
			return InStack, nil
		case asked == 2:
			return Orphaned, nil
		}
		if err := smithytime.SleepWithContext(ctx, confirmPause); err != nil {
			return Unasked, err
		}
	}
}
