package supersede

import (
	"context"
	"errors"
	"log/slog"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

const (
	// quietPeriod is how long nothing may have appeared before a request that follows another
	// one is done. It is longer than lateAfter: from that age on, the other request itself
	// asks CloudFormation about its writes.
	quietPeriod = 5 * time.Second

	// pollPause is the pause between two polls of a quiet period.
	pollPause = time.Second

	// maxQuietPeriods bounds how often a quiet period may begin anew.
	maxQuietPeriods = 4
)

// A Follower is the work of a request that follows another one.
type Follower interface {
	// Appeared reports whether something that the request has removed exists again.
	Appeared(ctx context.Context) (bool, error)
	// Remove removes it.
	Remove(ctx context.Context) error
}

// QuietPeriod is step (3), and part of step (7). It polls IAM until nothing has appeared for
// quietPeriod, or half of the time that ctx leaves, and removes everything that appears. It
// ends after four such periods in any case. A poll that IAM does not answer is no error: the
// work of the request was done before.
func (w *Watch) QuietPeriod(ctx context.Context, f Follower) error {
	period, begun := quietPeriod, time.Now()
	if end, ok := ctx.Deadline(); ok {
		period = min(period, time.Until(end)/2)
	}
	polling, cancel := context.WithTimeout(ctx, maxQuietPeriods*period)
	defer cancel()
	for last := begun; time.Since(last) < period; {
		if smithytime.SleepWithContext(polling, min(pollPause, period)) != nil {
			return nil
		}
		appeared, err := f.Appeared(polling)
		switch {
		case err != nil && polling.Err() != nil:
			w.log.Warn("cannot tell whether something has appeared", slog.String("error", err.Error()))
			return nil
		case err != nil:
			return err
		case !appeared:
			continue
		}
		w.log.Warn("a superseded request is still in flight: removing what it has made")
		if err := f.Remove(ctx); err != nil {
			if errors.Is(err, errLaterRequest) {
				return nil
			}
			return err
		}
		last = time.Now()
	}
	return nil
}

// StillAbandoned is step (7). It must be called before each removal of a rollback, because the
// next request for the same resource makes the same roles. If a later request is current by
// now, the error ends a quiet period without a failure. If CloudFormation cannot be asked, the
// error is a failure.
func (w *Watch) StillAbandoned(ctx context.Context) error {
	over, err := w.atLeast(ctx, abandoned)
	switch {
	case err != nil:
		return perhapsOfLaterRequest(err)
	case over == nil:
		w.log.Warn("leaving what has appeared to a later request")
		return errLaterRequest
	}
	return nil
}
