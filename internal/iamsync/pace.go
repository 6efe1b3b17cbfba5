package iamsync

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A pace is the rate at which a process calls IAM. IAM's limits are for the whole account: a
// process that retries each call by itself leaves less for all others. While IAM throttles
// nothing, no call is delayed. At the first throttled call the whole process slows down, and
// then finds its rate as TCP does: a success adds to it, a throttled call multiplies it by
// less than 1.
//
// The adaptive mode of AWS's SDK is of this kind. But it cuts the rate for each throttled
// call, even for calls that were under way together. It wakes all waiting calls at the same
// moment, never switches itself off again, and does not distinguish calls by deadline, or
// reads from writes.
//
// The numbers come from playing 1 to 200 processes against one bucket of 20 calls a second
// with a burst of 40, and against one such bucket for each action.
type pace struct {
	mu        sync.Mutex
	rate      float64 // calls a second; 0 while no call is delayed
	ramping   bool    // until the second throttled call, each success doubles the rate
	next      time.Time
	cut       time.Time // when the rate was last cut
	throttled time.Time // when a call was last throttled
	last      error     // its error
}

const (
	firstRate  = 2.0  // after the first throttled call
	growth     = 0.4  // by each success
	cutOfRead  = 0.25 // a throttled read cuts the rate to this fraction
	cutOfWrite = 0.8  // a throttled write, less: a request that has begun to write goes before one that still reads
	slowest    = 0.2  // the least rate
	fastest    = 32.0 // from here on, and
	calm       = 30 * time.Second

	// spread is the time over which processes that were throttled together start again.
	spread = time.Second

	// callsToCome is how many calls a request can make in its last minute, whatever the pace,
	// but at most at urgentRate.
	callsToCome = 40
	lastMinute  = time.Minute

	// urgentRate is the lowest rate of a request that rolls back.
	urgentRate = 8.0
)

// wait returns once a call may be made, or when ctx or halt ends. least is the lowest rate that
// the caller accepts.
func (p *pace) wait(ctx context.Context, halt <-chan struct{}, least float64) error {
	for {
		left := p.turn(time.Now(), least)
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-halt:
			timer.Stop()
			return errHalted
		case <-ctx.Done():
			timer.Stop()
			return &heldBackError{ctx.Err(), p.lastError()}
		}
	}
}

// turn returns 0 if the call may be made now, and otherwise how long to wait before asking
// again.
func (p *pace) turn(now time.Time, least float64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate > 0 && (p.rate >= fastest || now.Sub(p.throttled) >= calm) {
		p.rate = 0
	}
	if p.rate == 0 {
		return 0
	}
	if longest := now.Add(jittered(least)); least > p.rate && p.next.After(longest) {
		p.next = longest
	}
	if left := p.next.Sub(now); left > 0 {
		return left
	}
	p.next = now.Add(jittered(max(p.rate, least)))
	return 0
}

// jittered returns the pause after a call at this rate, half of it to one and a half.
func jittered(rate float64) time.Duration {
	return time.Duration((0.5 + rand.Float64()) / rate * float64(time.Second))
}

// succeeded records that IAM has answered a call, whatever the answer.
func (p *pace) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.rate == 0:
	case p.ramping:
		p.rate *= 2
	default:
		p.rate += growth
	}
}

// slowDown records that IAM has throttled a call that was sent at this time. Calls that were
// under way together cut the rate once.
func (p *pace) slowDown(sent time.Time, write bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.throttled, p.last = now, err
	switch {
	case p.rate == 0:
		p.rate, p.ramping, p.cut = firstRate, true, now
		p.next = now.Add(rand.N(spread))
	case sent.After(p.cut):
		factor := cutOfRead
		if write {
			factor = cutOfWrite
		}
		p.rate, p.ramping, p.cut = max(slowest, p.rate*factor), false, now
		if later := now.Add(jittered(p.rate)); later.After(p.next) {
			p.next = later
		}
	}
}

func (p *pace) lastError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// leastRate is the lowest rate for a request with this deadline.
func leastRate(ctx context.Context, urgent bool) float64 {
	if urgent {
		return urgentRate
	}
	end, ok := ctx.Deadline()
	if left := time.Until(end); ok && left > 0 && left < lastMinute {
		return min(urgentRate, max(slowest, callsToCome/left.Seconds()))
	}
	return slowest
}

// A heldBackError says that time ran out before a call was made, and which throttled call
// delayed it.
type heldBackError struct{ ended, throttled error }

func (e *heldBackError) Error() string { return e.ended.Error() }

func (e *heldBackError) Unwrap() []error { return []error{e.throttled, e.ended} }
