package supersede

import (
	"context"
	"log/slog"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// Statuses returns CloudFormation's state of a stack. The error says that CloudFormation could
// not be asked.
type Statuses interface {
	Stack(ctx context.Context, stackID string) (stackresource.Stack, error)
}

const (
	// maxAsking is the longest time for which CloudFormation is asked again while it does not
	// answer. A request spends no more than this part of its time, as a divisor.
	maxAsking   = 30 * time.Second
	askingShare = 4

	// askAgainPause is the pause before a question without an answer is repeated.
	askAgainPause = 2 * time.Second
)

// RollingBack reports whether CloudFormation is rolling back the creation or an update of a
// stack, or removing what the update had created. A request of such a rollback removes what
// the stack itself has just created, and refusing it leaves the stack in ROLLBACK_FAILED or
// UPDATE_ROLLBACK_FAILED. The event does not say that it belongs to a rollback. A nested stack
// that the operation created is simply deleted, so the parent stack is read, too. The Delete
// after a failed creation with OnFailure: DELETE cannot be told from any other Delete.
//
// CloudFormation's answer may be older than the request. So after a no, it is asked again,
// confirmPause later. While it throttles, fails or does not answer, it is asked again for a
// while. The error says that it could not be asked.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func RollingBack(ctx context.Context, stacks Statuses, stackID string, log *slog.Logger) (bool, error) {
	return askRollingBack(ctx, stacks, stackID, false, log)
}

// RollingBackUpdate is RollingBack for an Update. CloudFormation sends none while it removes what
// the update that it rolled back had created. A yes may be about an earlier rollback, after which
// the stack's owner updates again: so it is asked again after a yes, too, and the later answer
// counts.
func RollingBackUpdate(ctx context.Context, stacks Statuses, stackID string, log *slog.Logger) (bool, error) {
	return askRollingBack(ctx, stacks, stackID, true, log)
}

func askRollingBack(ctx context.Context, stacks Statuses, stackID string, update bool, log *slog.Logger) (bool, error) {
	limit := maxAsking
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end)/askingShare)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ask := func() (bool, error) {
		for {
			rolling, err := rollingBack(ctx, stacks, stackID, update, log)
			if err == nil || !stackresource.Temporary(err) || smithytime.SleepWithContext(ctx, askAgainPause) != nil {
				return rolling, err
			}
		}
	}
	if rolling, err := ask(); err != nil || rolling && !update {
		return rolling, err
	}
	if err := smithytime.SleepWithContext(ctx, confirmPause); err != nil {
		return false, err
	}
	return ask()
}

// rollingBack asks once, about the stack and each parent with which it is deleted.
func rollingBack(ctx context.Context, stacks Statuses, stackID string, update bool, log *slog.Logger) (bool, error) {
	for range maxNesting {
		stack, err := stacks.Stack(ctx, stackID)
		log.Info("asked CloudFormation for the stack", "stackStatus", stack.Status, "answer", err)
		switch {
		case err != nil:
			return false, err
		case update && strings.HasSuffix(stack.Status, "_CLEANUP_IN_PROGRESS"):
			return false, nil
		case strings.Contains(stack.Status, "ROLLBACK_") && strings.HasSuffix(stack.Status, "_IN_PROGRESS"):
			return true, nil
		case stack.Status != "DELETE_IN_PROGRESS" || stack.ParentID == "":
			return false, nil
		}
		stackID = stack.ParentID
	}
	return false, nil
}
