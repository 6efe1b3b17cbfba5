package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ray-iam/custom-rayiam/function/internal/rayiam"
)

// When another resource of the stack fails, CloudFormation cancels a request that is
// still at work, or still in Lambda's queue, and sends the next one at once: the Delete
// of a Create, with an id that it makes up, or the Update that takes a replacement
// back. Nobody hears the answer of the first, and what it makes after the second has
// passed would be nobody's. Two measures overlap so that none of it stays:
//
//   - The second one lingers: it stays until quietTime has passed in which nothing
//     appeared, and takes away what did. That covers whatever the first one writes
//     within lateAfter of being issued.
//   - The first one, if it is later than that, asks CloudFormation after its last write,
//     and takes back what it made if it is abandoned. Of a resource that is not given up
//     at that moment, all that was made is there before the Delete is sent.
//
// https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1730
const (
	quietTime = 5 * time.Second
	pollPause = time.Second

	// takeBackTime is kept of a Create's time, or an eighth where that is less, for
	// taking back what it made.
	takeBackTime = 10 * time.Second
)

// linger pursues a goal and goes on until nothing has appeared for quietTime.
func (w *work) linger(ctx context.Context, g goal) error {
	if err := w.converge(ctx, g); err != nil {
		return err
	}
	if err := w.propagate(ctx, g); err != nil || len(g.desired.Removals) == 0 {
		return err
	}
	begun, quiet := time.Now(), quietTime
	if end, ok := ctx.Deadline(); ok {
		quiet = min(quiet, time.Until(end)/2)
	}
	defer func() { w.stage("linger", begun) }()
	g.expected = nil
	for last := begun; time.Since(last) < quiet; {
		if err := sleep(ctx, min(pollPause, quiet), errors.New("waiting for a request that was overtaken to end")); err != nil {
			return err
		}
		plan, err := w.plan(ctx, g)
		if err != nil {
			return err
		}
		if plan.Empty() {
			continue
		}
		w.log.Warn("a request that was overtaken is still at work: undoing what it went on to do")
		if err := w.converge(ctx, g); err != nil {
			return err
		}
		last = time.Now()
	}
	return nil
}

// create pursues the goal of a Create. If that fails, CloudFormation deletes what was
// made, unless it has done so already: then this takes it back itself.
func (w *work) create(ctx context.Context, g goal) error {
	attempt, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		attempt, cancel = context.WithDeadline(ctx, end.Add(-min(takeBackTime, time.Until(end)/8)))
	}
	defer cancel()
	err := w.pursue(attempt, g)
	if err == nil || !w.wrote || w.watch.abandoned(ctx) == nil {
		return err
	}
	return w.takeBack(ctx, g, err)
}

// takeBack takes away what this Create, or an attempt at it that was cut off, has made
// for nobody.
func (w *work) takeBack(ctx context.Context, g goal, err error) error {
	w.log.Warn("taking the Create back", slog.String("error", err.Error()))
	var all []rayiam.Removal
	for _, node := range g.desired.Nodes {
		all = append(all, rayiam.Removal{Name: node.Name, Owner: g.desired.Owner})
	}
	return w.undo(ctx, g, all, err)
}

// undo takes away what was made for a goal that was not reached because of err, and
// adds to err how that ended.
func (w *work) undo(ctx context.Context, g goal, removals []rayiam.Removal, err error) error {
	undo, take := goal{desired: rayiam.Desired{Removals: removals}}, w.converge
	var abandoned *abandonedError
	if errors.As(err, &abandoned) {
		// What was made may be deleted by now, so that waiting until IAM shows it
		// would be in vain. Lingering is for what IAM is late to show.
		w.sync.Forget()
		take = w.linger
	}
	if undoErr := take(ctx, undo); undoErr != nil {
		return fmt.Errorf("%w; and what it made could not be taken away again, see roles and instance profiles with the tag %s=%s: %w", err, rayiam.OwnerTag, g.desired.Owner, undoErr)
	}
	return fmt.Errorf("%w; what it made has been taken away again", err)
}
