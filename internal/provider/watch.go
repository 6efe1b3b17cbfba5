package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
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
	gone    = []string{"CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED"}
	updated = []string{"UPDATE_COMPLETE", "UPDATE_FAILED"}
)

// A standing is what the state of its resource says of a request.
type standing int

const (
	wanted  standing = iota
	movedOn          // nobody waits for it, and what the resource is by now is another request's doing
	givenUp          // nobody waits for it, and nobody will delete what it has made
)

// A watch asks CloudFormation, which sends a request and does not take it back, what
// has become of the resource meanwhile.
type watch struct {
	ask         func(context.Context) (stackresource.State, error)
	request     customresource.Request
	owner       string // the physical id of what the request makes
	replacement bool   // the request is an Update that replaces the resource
	issued      time.Time
	log         *slog.Logger

	mu      sync.Mutex
	doubted time.Time
	over    *abandonedError // once it is known
}

// An abandonedError says that CloudFormation has stopped waiting for a request.
type abandonedError struct {
	request  cfn.RequestType
	status   string
	standing standing
	age      time.Duration
}

func (e *abandonedError) Error() string {
	return fmt.Sprintf("CloudFormation does not wait for this %s any more: it was issued %s ago, and the resource is %s", e.request, e.age.Round(time.Second), e.status)
}

func (e *abandonedError) Is(target error) bool { return target == customresource.ErrAbandoned }

// standing judges a state.
func (w *watch) standing(s stackresource.State) standing {
	_, ours := rayiam.NamePrefixOf(s.PhysicalID, w.request.StackID, w.request.LogicalID)
	isGone, isUpdated := slices.Contains(gone, s.Status), slices.Contains(updated, s.Status)
	switch {
	case w.request.Type == cfn.RequestCreate && ours && s.PhysicalID != w.owner:
		return movedOn // the resource was replaced, and it is the replacement that is meant
	case w.request.Type == cfn.RequestCreate && isGone:
		return givenUp
	case w.request.Type == cfn.RequestCreate && (isUpdated || s.Status == "CREATE_COMPLETE" || s.Status == "UPDATE_IN_PROGRESS"):
		return movedOn
	case w.request.Type == cfn.RequestUpdate && w.replacement && isUpdated && s.PhysicalID == w.request.PhysicalID:
		return givenUp
	case w.request.Type == cfn.RequestUpdate && (isGone || isUpdated):
		return movedOn
	}
	return wanted
}

// begin returns an *abandonedError for a Create or an Update that is stale and whose
// time is over.
func (w *watch) begin(ctx context.Context) *abandonedError {
	if w.request.Type == cfn.RequestDelete || !w.stale() {
		return nil
	}
	over, _ := w.settled(ctx, movedOn)
	if over != nil && over.standing == givenUp {
		w.remember(over)
	}
	return over
}

// stale reports whether the request was queued, or is a repetition.
func (w *watch) stale() bool { return time.Since(w.issued) >= staleAfter }

// late reports whether what may have overtaken the request may not linger any more.
func (w *watch) late() bool { return time.Since(w.issued) >= lateAfter }

// outdated returns an *abandonedError if an Update is late and its time is over.
func (w *watch) outdated(ctx context.Context) *abandonedError {
	if w.request.Type != cfn.RequestUpdate || !w.late() {
		return nil
	}
	over, _ := w.settled(ctx, movedOn)
	return over
}

// abandoned returns an *abandonedError if the request is late and given up. Once it is
// known, it is not asked for again.
func (w *watch) abandoned(ctx context.Context) *abandonedError {
	makes := w.request.Type == cfn.RequestCreate || w.replacement
	if over := w.known(); over != nil || !makes || !w.late() {
		return over
	}
	if over, _ := w.settled(ctx, givenUp); over != nil {
		w.remember(over)
	}
	return w.known()
}

// abandonedStill asks again: the next request for the same resource makes the same
// roles, and it may have come. The error says that it is not known.
func (w *watch) abandonedStill(ctx context.Context) (bool, error) {
	over, err := w.settled(ctx, givenUp)
	return over != nil, err
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

// remember keeps that nobody waits any more.
func (w *watch) remember(over *abandonedError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = over
}

// known returns what was learnt before.
func (w *watch) known() *abandonedError {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// lives reports whether this owner is what CloudFormation has for the resource, or is
// about to have when the Delete is stale: then a Delete of an id that was made up is not
// meant for it. Where CloudFormation cannot be asked, it is.
func (w *watch) lives(ctx context.Context, owner string) bool {
	_, lives, _ := w.confirmed(ctx, func(s stackresource.State) bool {
		return s.PhysicalID == owner && !slices.Contains(gone, s.Status) || w.stale() && s.Status == "CREATE_IN_PROGRESS"
	})
	return lives
}

// settled returns an *abandonedError if the standing of the request is at least this,
// and a moment later still is. The error says that CloudFormation could not be asked;
// mostly the request then counts as wanted.
func (w *watch) settled(ctx context.Context, least standing) (*abandonedError, error) {
	state, over, err := w.confirmed(ctx, func(s stackresource.State) bool { return w.standing(s) >= least })
	if !over {
		return nil, err
	}
	return &abandonedError{w.request.Type, state.Status, w.standing(state), time.Since(w.issued)}, nil
}

// confirmed reports whether something holds of the resource, and still does a moment
// later, when it was in this state. The error says that CloudFormation could not be asked.
func (w *watch) confirmed(ctx context.Context, holds func(stackresource.State) bool) (stackresource.State, bool, error) {
	if state, err := w.state(ctx); err != nil || !holds(state) {
		return state, false, err
	}
	if err := sleep(ctx, confirmPause, errors.New("CloudFormation was asked only once")); err != nil {
		return stackresource.State{}, false, err
	}
	state, err := w.state(ctx)
	return state, err == nil && holds(state), err
}

func (w *watch) state(ctx context.Context) (stackresource.State, error) {
	state, err := w.ask(ctx)
	if err != nil {
		w.log.Warn("not known whether CloudFormation still waits", slog.String("error", err.Error()))
		return state, err
	}
	w.log.Info("asked CloudFormation", "resourceStatus", state.Status, "resourcePhysicalId", state.PhysicalID)
	return state, nil
}
