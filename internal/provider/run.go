package provider

import (
	"context"
	"errors"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A run carries out one request.
type run struct {
	*reconciler
	intent
	watch  *supersede.Watch
	verify bool          // whether to write only if CloudFormation is at work on the resource
	ec2    *ec2Questions // nil if EC2 is not to be asked

	afterRefusal bool // whether this process has refused the Update that this one rolls back
}

// do carries the request out, in the order of the timeline in package supersede.
func (r *run) do(ctx context.Context) error {
	if over := r.watch.BeforeWrites(ctx); over != nil {
		return r.supersededBefore(ctx, over)
	}
	if r.belongsToLaterResource(ctx) {
		r.log.Warn("leaving the set alone: the generated id belongs to an earlier resource of the same name")
		return nil
	}
	if len(r.outOfBounds) > 0 && !r.reached(ctx, r.target) {
		if r.leavesConflicts(ctx, r.outOfBounds) {
			return nil
		}
		return nothingChanged(r.outOfBounds)
	}
	working, cancel := r.reserve(ctx)
	defer cancel()
	if r.verify {
		r.verifyWhileObserving(working)
	}
	r.findWhileObserving(working)
	t, err := r.target, r.pursue(working)
	if err != nil && r.leavesConflicts(working, err) {
		t, err = t.withoutNodes(), nil
	}
	switch {
	case r.isAbandoned(ctx, err):
		return r.rollBack(ctx, r.since(r.declaredNames()), err, rolledBack)
	case err != nil && r.wrote:
		return r.failed(ctx, err)
	case err != nil || !r.kind.Rule().QuietPeriod || len(r.desired.Removals) == 0:
		return err
	}
	return r.quietPeriod(ctx, t, nil)
}

// failed ends a request that CloudFormation still waits for and that has failed after its
// first write. It rolls back the changes that no later request would remove: CloudFormation
// keeps the old physical id and never learns of a new set, and if rollbacks are switched off,
// no later request names a worker group that an Update has begun to add.
func (r *run) failed(ctx context.Context, err error) error {
	switch action := r.kind.Rule().IfFailed; {
	case action == supersede.RollsBack:
		return r.rollBack(ctx, r.madeUnder(r.declaredNames()), oldSetKept(err), rolledBack)
	case action == supersede.RollsBackGroups && len(r.added) > 0 && !r.watch.Superseded(ctx):
		return r.rollBack(ctx, r.madeUnder(r.added), err, groupsRolledBack)
	}
	return err
}

// supersededBefore ends a request that CloudFormation no longer waited for when it began.
func (r *run) supersededBefore(ctx context.Context, over *supersede.Error) error {
	switch {
	case over.Abandoned():
		return r.rollBack(ctx, r.since(r.declaredNames()), over, rolledBack)
	case r.reached(ctx, r.target): // by an earlier attempt, whose answer may be lost
		return nil
	}
	return nothingChanged(over)
}

// belongsToLaterResource reports whether a Delete with a generated id would delete the set of a
// later resource of the same name.
func (r *run) belongsToLaterResource(ctx context.Context) bool {
	return r.kind.Rule().IfNoLongerAwaited == supersede.LeavesSet && !r.reached(ctx, r.target) && r.watch.OwnsSet(ctx)
}

// verifyWhileObserving asks CloudFormation at the same time as IAM, so that the first write
// waits for the slower of the two.
func (r *run) verifyWhileObserving(ctx context.Context) {
	var others []string
	for _, removal := range r.desired.Removals {
		others = append(others, removal.Owner)
	}
	answer := make(chan error, 1)
	go func() { answer <- r.watch.Verify(ctx, others...) }()
	r.beforeWrites = func(ctx context.Context) error {
		select {
		case err := <-answer:
			answer <- err
			return err
		case <-ctx.Done():
			return outOfTime(errNotVerified)
		}
	}
}

// pursue converges and waits until new instance profiles can be used. Its error is a
// *supersede.Error if the request is abandoned by then.
func (r *run) pursue(ctx context.Context) error {
	r.beforeRemovals = func(ctx context.Context) error {
		if over := r.watch.BeforeRemovals(ctx); over != nil {
			return over
		}
		return nil
	}
	if err := r.converge(ctx, r.target); err != nil {
		return err
	}
	asks := r.watch.LastAsks() // with the last write, not after the wait
	if err := r.propagate(ctx, r.target); err != nil || !asks {
		return err
	}
	if over := r.watch.Last(ctx); over != nil {
		return over
	}
	return nil
}

// isAbandoned reports whether the request, whose work has ended with err, is abandoned, so
// that the entities of this attempt and earlier attempts belong to no stack.
func (r *run) isAbandoned(ctx context.Context, err error) bool {
	return errors.Is(err, customresource.ErrNoLongerAwaited) && r.kind.Rule().IfNoLongerAwaited == supersede.RollsBack || err != nil && r.wrote && r.watch.Last(ctx) != nil
}

// reserve returns a context that ends before ctx does, and leaves the time that is kept for
// rolling back. Without a deadline of ctx it has none.
func (r *run) reserve(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-r.timeToRollBack(time.Until(end))))
}
