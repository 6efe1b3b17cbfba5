package supersede

import (
	"context"
	"errors"
	"log/slog"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// Resources returns CloudFormation's state of a stack's resources, by logical id as Stacks
// does, or by physical id. The error wraps stackresource.ErrNoStack or ErrNoResource, or says
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

// IsOrphaned reports, for a request that may adopt it, whether the set of an owner belongs to
// no resource any more: the stack that made it is deleted, or has deleted the resource, or
// retained it by its DeletionPolicy, or has replaced it and will not roll back to it.
// CloudFormation must say so twice, confirmPause apart. The error says that CloudFormation
// cannot be asked; the set then counts as owned. A set whose stack is in another account also
// counts as owned: CloudFormation shows only this account's stacks, and somebody may have set
// the tag with the stack's id by hand.
//
// The owner does not contain its logical id, but a logical id can be checked against it. So
// the logical id of r, which is mostly the same, is tried first. Otherwise the stack's
// resources are searched for the owner.
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
			return false, err // the request's own stack exists, so this CloudFormation is not the one that has it
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
		err = otherAccount(stackID, account)
	}
	return err
}

// find searches the resource of an owner. The owner does not contain its logical id, but is
// computed from it.
func find(ctx context.Context, resources Finder, owner, stackID string) (stackresource.State, error) {
	return resources.Find(ctx, stackID, owner, func(logicalID string) bool {
		_, ours := rayiam.NamePrefixOf(owner, stackID, logicalID)
		return ours
	})
}

// leaves reports whether the owner's set is orphaned, given the state of the owner's resource
// or the error that there is none, and otherwise whether CloudFormation is at work. A resource
// that was replaced is complete long before its stack, which may still roll back to the
// earlier set: so leaves reads the stack, too.
func leaves(ctx context.Context, stacks Statuses, state stackresource.State, owner, stackID string, err error) (left, busy bool, _ error) {
	switch {
	case errors.Is(err, stackresource.ErrNoStack), errors.Is(err, stackresource.ErrNoResource):
		return true, false, nil
	case err != nil:
		return false, false, err
	case state.InProgress():
		return false, true, nil
	case state.PhysicalID != owner:
		done, err := settled(ctx, stacks, stackID)
		return done, !done, err
	}
	return state.Removed(), false, nil
}

// maxNesting bounds how many stacks, each nested in the next, are read.
const maxNesting = 20

// settled reports whether a stack and every stack that it is nested in are settled: a nested
// stack is complete long before its parents, which may still roll it back. The error says that
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

// Belonging says whether a stack still has the set of an owner.
type Belonging int

// The values of Belonging.
const (
	Unasked  Belonging = iota // CloudFormation cannot be asked
	InStack                   // the stack has the resource
	InFlight                  // the stack has it, or may roll back to it, and CloudFormation is at work
	Orphaned                  // no stack has it any more
)

// Ask asks CloudFormation whether the stack with this id still has the set of an owner. The
// set is Orphaned only if CloudFormation says so twice, confirmPause apart, as for IsOrphaned.
// The error says why the set is Unasked, for example because its stack is in another account.
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
