package supersede

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// confirmPause is the pause between two questions that must get the same answer before the
// answer counts: CloudFormation's answer may be older than the request.
const confirmPause = time.Second

// An Error says that CloudFormation no longer waits for a request.
type Error struct {
	request  cfn.RequestType
	status   string // of the resource
	standing standing
	age      time.Duration // of the request
}

// Error names the request, its age and the status of its resource.
func (e *Error) Error() string {
	return noLongerAwaited(e.request, e.age, e.status)
}

// Is makes the request count as ABANDONED in the metrics, even if it is only superseded.
func (e *Error) Is(target error) bool { return target == customresource.ErrNoLongerAwaited }

// Abandoned reports whether no later request deletes what this one has made.
func (e *Error) Abandoned() bool { return e.standing == abandoned }

// atLeast returns an Error if the standing of the request is at least this, twice. The error
// says that CloudFormation could not be asked; most callers then treat the request as current.
func (w *Watch) atLeast(ctx context.Context, least standing) (*Error, error) {
	state, over, err := w.confirmed(ctx, func(s stackresource.State) bool { return w.standing(s) >= least })
	if !over {
		return nil, err
	}
	return &Error{w.request, state.Status, w.standing(state), w.ageNow()}, nil
}

// confirmed reports whether holds is true for the state of the resource, and again
// confirmPause later. It returns the last state. The error says that CloudFormation could not
// be asked.
func (w *Watch) confirmed(ctx context.Context, holds func(stackresource.State) bool) (stackresource.State, bool, error) {
	if state, err := w.read(ctx); err != nil || !holds(state) {
		return state, false, err
	}
	if err := smithytime.SleepWithContext(ctx, confirmPause); err != nil {
		return stackresource.State{}, false, askedOnce(err)
	}
	state, err := w.read(ctx)
	return state, err == nil && holds(state), err
}

func (w *Watch) read(ctx context.Context) (stackresource.State, error) {
	state, err := w.stacks.Read(ctx, w.stackID, w.logicalID)
	if err != nil {
		w.log.Warn("cannot tell whether CloudFormation still waits", slog.String("error", err.Error()))
		return state, err
	}
	w.log.Info("asked CloudFormation", "resourceStatus", state.Status, "resourcePhysicalId", state.PhysicalID)
	return state, nil
}
