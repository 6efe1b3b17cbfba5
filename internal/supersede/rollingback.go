package supersede

import (
	"context"
	"log/slog"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// Statuses tells how CloudFormation sees a stack. The error says that it could not be asked.
type Statuses interface {
	Stack(ctx context.Context, stackID string) (stackresource.Stack, error)
}

const (
	// maxAsking is for how long the stack is asked for, at the most, while the answer may come
	// later; a request asks for no more than this part, as a divisor, of the time that it has.
	maxAsking   = 30 * time.Second
	askingShare = 4

	// askAgainPause lies before a question that got no answer is put again.
	askAgainPause = 2 * time.Second
)

// RollingBack reports whether CloudFormation is rolling back what it has begun with a stack:
// its creation, or an update, with the removal of what that had made. Such a request takes
// back what the stack itself has just made, and refusing it leaves the stack in
// ROLLBACK_FAILED or UPDATE_ROLLBACK_FAILED. The event does not say so. A nested stack that
// was created by what is rolled back is simply deleted, so the stack that it is nested in is
// asked, too. A creation with OnFailure: DELETE cannot be told from any other Delete.
//
// What CloudFormation answers may be older than the request. So it is asked again,
// confirmPause later, if it says that it is not. While it throttles, fails or is silent, it is
// asked again for a while. The error says that it could not be asked.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func RollingBack(ctx context.Context, stacks Statuses, stackID string, log *slog.Logger) (bool, error) {
	limit := maxAsking
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end)/askingShare)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ask := func() (bool, error) {
		for {
			rolling, err := rollingBack(ctx, stacks, stackID, log)
			if err == nil || !stackresource.Temporary(err) || smithytime.SleepWithContext(ctx, askAgainPause) != nil {
				return rolling, err
			}
		}
	}
	if rolling, err := ask(); err != nil || rolling {
		return rolling, err
	}
	if err := smithytime.SleepWithContext(ctx, confirmPause); err != nil {
		return false, err
	}
	return ask()
}

// rollingBack asks once, for each stack that this one is deleted with.
func rollingBack(ctx context.Context, stacks Statuses, stackID string, log *slog.Logger) (bool, error) {
	for range maxNesting {
		stack, err := stacks.Stack(ctx, stackID)
		log.Info("asked CloudFormation for the stack", "stackStatus", stack.Status, "answer", err)
		switch {
		case err != nil:
			return false, err
		case strings.Contains(stack.Status, "ROLLBACK_") && strings.HasSuffix(stack.Status, "_IN_PROGRESS"):
			return true, nil
		case stack.Status != "DELETE_IN_PROGRESS" || stack.ParentID == "":
			return false, nil
		}
		stackID = stack.ParentID
	}
	return false, nil
}
