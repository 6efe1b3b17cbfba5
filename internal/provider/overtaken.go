package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
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
	maxQuiets = 4 // how many of these times lingering may take at the most

	// clockSkew is by how much IAM's clock and that of the response URL may differ.
	clockSkew = time.Minute

	// takeBackTime is kept of a Create's time, or an eighth where that is less, for
	// taking back what it made.
	takeBackTime = 10 * time.Second
)

// linger pursues a goal and goes on until nothing has appeared for quietTime. Once the
// goal was reached, IAM that does not answer any more is no failure.
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
	look, cancel := context.WithTimeout(ctx, maxQuiets*quiet)
	defer cancel()
	defer func() { w.stage("linger", begun) }()
	g.expected = nil
	for last := begun; time.Since(last) < quiet; {
		if sleep(look, min(pollPause, quiet), nil) != nil {
			return nil
		}
		plan, err := w.plan(look, g)
		switch {
		case err != nil && look.Err() != nil:
			w.log.Warn("not known whether something has appeared since", slog.String("error", err.Error()))
			return nil
		case err != nil:
			return err
		case plan.Empty():
			continue
		}
		if g.undoing {
			still, err := w.watch.abandonedStill(ctx)
			if err != nil {
				return fmt.Errorf("it is not known whose it is what has appeared since: %w", err)
			}
			if !still {
				w.log.Warn("leaving what has appeared to the request that is waited for by now")
				return nil
			}
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
	attempt, cancel := keeping(ctx, func(left time.Duration) time.Duration { return min(takeBackTime, left/8) })
	defer cancel()
	err := w.pursue(attempt, g)
	if w.forNobody(ctx, err) {
		return w.takeBack(ctx, g, err)
	}
	return err
}

// keeping returns a context that ends before ctx does, if that has an end: by what is kept
// of the time that is left.
func keeping(ctx context.Context, kept func(left time.Duration) time.Duration) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-kept(time.Until(end))))
}

// forNobody reports whether what there is, after this end of the work, is there for
// nobody: of this attempt, or of one before it that was cut off.
func (w *work) forNobody(ctx context.Context, err error) bool {
	return errors.Is(err, customresource.ErrAbandoned) || err != nil && w.wrote && w.watch.abandoned(ctx) != nil
}

// takeBack takes away what this request, or an attempt at it that was cut off, has made
// for nobody, and lets go of what it has adopted. What the resource had before the request
// it leaves alone: an earlier life retained it for instance.
func (w *work) takeBack(ctx context.Context, g goal, err error) error {
	w.log.Warn("taking back what nobody waits for", slog.String("error", err.Error()))
	var removals []rayiam.Removal
	for _, node := range g.desired.Nodes {
		removals = append(removals, rayiam.Removal{Name: node.Name, Owner: g.desired.Owner, Since: w.watch.issued.Add(-clockSkew)})
	}
	return w.undo(ctx, g, removals, err)
}

// undo takes away what was made for a goal that was not reached because of err, and
// adds to err how that ended.
func (w *work) undo(ctx context.Context, g goal, removals []rayiam.Removal, err error) error {
	undo, take := goal{desired: rayiam.Desired{Removals: removals}, undoing: true}, w.converge
	if w.watch.abandoned(ctx) != nil {
		// What was made may be deleted by now, so that waiting until IAM shows it
		// would be in vain. Lingering is for what IAM is late to show.
		w.sync.Forget()
		take = w.linger
	}
	if undoErr := take(ctx, undo); undoErr != nil {
		// Not wrapped: what is left behind is a failure, whatever led to it.
		return fmt.Errorf("%v; and what it made could not be taken away again, see roles and instance profiles with the tag %s=%s: %v", err, rayiam.OwnerTag, g.desired.Owner, undoErr)
	}
	return fmt.Errorf("%w; what it made has been taken away again", err)
}
