package iamsync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

const (
	// attemptTimeout is how long one attempt may take. IAM answers in well under
	// a second; a connection that is silent for longer is broken.
	attemptTimeout = 10 * time.Second

	backoffBase = 100 * time.Millisecond
	backoffCap  = 5 * time.Second

	// maxFaults is after how many server or network faults in a row of one write another plan
	// is made: the write may have happened anyway.
	maxFaults = 4

	// hiddenAfter is how long a request waits for IAM to show a new entity before it considers
	// that somebody else may have deleted the entity. Most of the time IAM takes less than a
	// second.
	hiddenAfter = 5 * time.Second
)

// Backoff returns how long to wait before the next attempt, counted from 1: full
// jitter below an exponential bound, so that many provider instances that were
// throttled together do not come back together.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
func Backoff(attempt int) time.Duration {
	bound := backoffCap
	if attempt < 7 {
		bound = min(backoffCap, backoffBase<<attempt)
	}
	return backoffBase/2 + rand.N(bound)
}

// errHalted is the error of a call that stopped retrying because another call of the same batch
// had failed for good.
var errHalted = errors.New("not tried again, since another call had failed")

// An apiCall is one call to IAM, with everything that the function do needs. A rayiam.Call is
// only the name of a call.
type apiCall struct {
	call    rayiam.Call         // of a write
	doing   string              // the operation, for errors and the log: "creating role ray-head"
	about   []entity            // the entities by which IAM authorizes it; none for a managed policy
	write   bool                // whether it may have happened although it failed
	tagged  bool                // whether IAM needs their tags or path for that
	policy  string              // the managed policy that it needs; empty for none
	decides bool                // whether it decides about a denial, so that its own denial is final
	judge   func(error) verdict // judges the errors that classify finds final
	attempt func(context.Context) error
}

// do makes a call and retries it while its error is temporary, until the request's deadline.
func (b *batch) do(c apiCall) error {
	b.sync.slots <- struct{}{}
	defer func() { <-b.sync.slots }()
	return b.repeat(c)
}

// repeat does the same for a call that needs no slot of its own.
func (b *batch) repeat(c apiCall) error {
	faults, start := 0, time.Now()
	var denied time.Time // first
	for n := 1; ; n++ {
		err := b.attempt(c.write, c.attempt)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errHalted):
			return fmt.Errorf("%s: %w", c.doing, errHalted)
		case b.ctx.Err() != nil:
			return &deadlineError{doing: c.doing, waited: time.Since(start), err: err, sync: b.sync}
		}
		v := classify(err)
		if v == final {
			v = c.judge(err)
		}
		if v == final && has(err, codeDenied) && !c.decides {
			if denied.IsZero() {
				denied = time.Now()
			}
			v, err = b.denied(c, err, denied)
		}
		if (v == waiting || v == stale) && has(err, codeAbsent) && b.withdrawn(c.policy) {
			v = final
		}
		if v == faulty {
			if faults++; c.write && faults >= maxFaults {
				v = stale
			}
		}
		switch v {
		case done:
			return nil
		case stale, final:
			return &callError{doing: c.doing, err: err, stale: v == stale, template: v == final && ofTemplate(c.call, err)}
		}
		if why := b.stopWaiting(err, time.Since(start)); why != nil {
			return &callError{doing: c.doing, err: why}
		}
		delay := delayAfter(n, err)
		b.sync.retries.Add(1)
		b.sync.log.Warn("retrying", "doing", c.doing, "attempt", n, "delay", delay.String(), slog.String("error", words(err)))
		if err := b.sleep(c.doing, start, delay, err); err != nil {
			return err
		}
	}
}

// delayAfter returns how long a call waits before it is retried. A throttled call does not wait
// here: the pace of all calls delays it.
func delayAfter(attempt int, err error) time.Duration {
	if isThrottle(err) {
		return 0
	}
	return Backoff(attempt)
}

// stopWaiting returns the reason to stop waiting for an entity that IAM does not show, or nil.
func (b *batch) stopWaiting(err error, waited time.Duration) error {
	absent := has(err, codeAbsent) || errors.Is(err, errNotListed)
	if !absent || waited < hiddenAfter || b.sync.hidden == nil {
		return nil
	}
	return b.sync.hidden.WhileHidden(b.ctx)
}

// attempt makes one attempt when the pace allows it, with a bound on its time.
func (b *batch) attempt(write bool, attempt func(context.Context) error) error {
	pace := &b.sync.client.pace
	if err := pace.wait(b.ctx, b.failed, leastRate(b.ctx, b.sync.urgent.Load())); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(b.ctx, attemptTimeout)
	defer cancel()
	b.sync.calls.Add(1)
	sent := time.Now()
	err := attempt(ctx)
	switch {
	case isThrottle(err):
		b.sync.throttled.Add(1)
		pace.slowDown(sent, write, err)
	case err == nil, isAnswer(err):
		pace.succeeded()
	}
	return err
}

// sleep waits for the delay, or returns why there is no other attempt. A deadline that is over
// counts even if another call has failed.
func (b *batch) sleep(doing string, start time.Time, delay time.Duration, last error) error {
	if b.ctx.Err() == nil {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-b.failed:
			return fmt.Errorf("%s: %w", doing, errHalted)
		case <-b.ctx.Done():
		}
	}
	return &deadlineError{doing: doing, waited: time.Since(start), err: last, sync: b.sync}
}
