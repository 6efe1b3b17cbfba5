package provider

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/function/internal/customresource"
	"github.com/ray-iam/custom-rayiam/function/internal/stackresource"
)

const (
	// lateAfter is the age, counted from when CloudFormation issued it, from which a
	// request asks after its last write whether it is still wanted. Before that, the
	// request that may have overtaken it is still lingering: see quietTime.
	lateAfter = 4 * time.Second

	// staleAfter is the age from which a request asks before its first write, too:
	// it was queued, or is a repetition.
	staleAfter = 30 * time.Second

	// confirmPause lies between two questions that must be answered alike before the
	// answer counts: what is read of CloudFormation may be older than the request.
	confirmPause = time.Second

	// doubtPause lies between questions while IAM does not show what was made.
	doubtPause = 5 * time.Second
)

// The statuses of a resource that say something of a request which is under way. Any
// other, such as those of an import, says nothing.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
var (
	givenUp = []string{"CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED"}
	updated = []string{"UPDATE_COMPLETE", "UPDATE_FAILED"}
)

// A watch asks CloudFormation, which sends a request and does not take it back, what
// has become of the resource meanwhile.
type watch struct {
	ask         func(context.Context) (stackresource.State, error)
	request     customresource.Request
	replacement bool // the request is an Update that replaces the resource
	issued      time.Time
	log         *slog.Logger

	mu      sync.Mutex
	doubted time.Time
	over    *abandonedError // once it is known; it stays so
}

// An abandonedError says that CloudFormation has stopped waiting for a request.
type abandonedError struct {
	request cfn.RequestType
	status  string
	age     time.Duration
}

// unclaimed reports whether nobody will delete what the request, or an attempt at it
// that was cut off, has made.
func (e *abandonedError) unclaimed() bool {
	return e.request == cfn.RequestCreate && slices.Contains(givenUp, e.status)
}

func (e *abandonedError) Error() string {
	return fmt.Sprintf("CloudFormation does not wait for this %s any more: it was issued %s ago, and the resource is %s", e.request, e.age.Round(time.Second), e.status)
}

// begin returns an *abandonedError for a Create or an Update that is stale and whose
// time is over: what the resource is by now is somebody else's doing.
func (w *watch) begin(ctx context.Context) *abandonedError {
	if w.request.Type == cfn.RequestDelete || time.Since(w.issued) < staleAfter {
		return nil
	}
	return w.settled(ctx, func(s stackresource.State) bool {
		return slices.Contains(givenUp, s.Status) || slices.Contains(updated, s.Status) ||
			w.request.Type == cfn.RequestCreate && s.Status == "UPDATE_IN_PROGRESS"
	})
}

// abandoned returns an *abandonedError if the request is late and nobody will ever
// delete what it has made: CloudFormation has given up a Create, or has gone back from
// a replacement to the resource that was there before.
func (w *watch) abandoned(ctx context.Context) *abandonedError {
	makes := w.request.Type == cfn.RequestCreate || w.replacement
	if over := w.known(); over != nil || !makes || time.Since(w.issued) < lateAfter {
		return over
	}
	over := w.settled(ctx, func(s stackresource.State) bool {
		if w.replacement {
			return slices.Contains(updated, s.Status) && s.PhysicalID == w.request.PhysicalID
		}
		return slices.Contains(givenUp, s.Status)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = over
	return over
}

// doubt is abandoned for many who ask at once, and again and again: one of them does,
// once in a while.
func (w *watch) doubt(ctx context.Context) error {
	w.mu.Lock()
	turn := time.Since(w.doubted) >= doubtPause
	if turn {
		w.doubted = time.Now()
	}
	w.mu.Unlock()
	over := w.known()
	if turn {
		over = w.abandoned(ctx)
	}
	if over == nil {
		return nil
	}
	return over
}

// known returns what was learnt before.
func (w *watch) known() *abandonedError {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// settled returns an *abandonedError if the resource is, and a moment later still is,
// in one of these states. Where CloudFormation cannot be asked, the request counts as
// wanted.
func (w *watch) settled(ctx context.Context, in func(stackresource.State) bool) *abandonedError {
	var state stackresource.State
	for question := range 2 {
		if question > 0 && sleep(ctx, confirmPause, nil) != nil {
			return nil
		}
		var err error
		state, err = w.ask(ctx)
		if err != nil {
			w.log.Warn("not known whether CloudFormation still waits", slog.String("error", err.Error()))
			return nil
		}
		w.log.Info("asked CloudFormation", "resourceStatus", state.Status, "resourcePhysicalId", state.PhysicalID)
		if !in(state) {
			return nil
		}
	}
	return &abandonedError{w.request.Type, state.Status, time.Since(w.issued)}
}
