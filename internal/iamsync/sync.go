package iamsync

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// maxInFlight bounds the calls that are under way at once. A head and eight
// worker groups are observed with fewer.
const maxInFlight = 64

// A Sync talks to IAM on behalf of one request.
type Sync struct {
	client   *Client
	hidden   Hidden
	patience Patience
	log      *slog.Logger
	slots    chan struct{}

	mu    sync.Mutex
	sure  map[entity]bool // roles and profiles that exist even if a read does not show them
	asked map[string]bool // managed policies that IAM has shown to this request

	calls, retries, throttled atomic.Int64

	urgent atomic.Bool
}

// Hidden decides whether to go on waiting for an entity that IAM does not show.
type Hidden interface {
	// Each waiting call calls WhileHidden again and again while IAM does not show an entity
	// that this request made. WhileHidden returns the reason to stop waiting, or nil.
	WhileHidden(context.Context) error
}

// New returns a Sync for one request. With a nil hidden it waits until the request's deadline
// for an entity that IAM does not show.
func New(client *Client, patience Patience, hidden Hidden, log *slog.Logger) *Sync {
	return &Sync{
		client: client, hidden: hidden, patience: patience, log: log, slots: make(chan struct{}, maxInFlight),
		sure: map[entity]bool{}, asked: map[string]bool{},
	}
}

// Calls returns how many calls were made so far, and how many of them were retries.
func (s *Sync) Calls() (calls, retries int64) { return s.calls.Load(), s.retries.Load() }

// Throttled returns how many of the calls so far IAM has throttled.
func (s *Sync) Throttled() int64 { return s.throttled.Load() }

// Hurry shortens the delays of all later calls: the request rolls back, and no other request
// will do that.
func (s *Sync) Hurry() { s.urgent.Store(true) }

// A batch is a set of calls that run at once. When one call fails for good, the calls that
// wait for a retry give up. The batch waits for calls under way, because a write that is cut
// off may still happen.
type batch struct {
	sync   *Sync
	ctx    context.Context
	failed chan struct{}
	once   sync.Once
}

// parallel runs do for 0 to n-1 at once and returns their errors in that order, nil for each
// success.
func (s *Sync) parallel(ctx context.Context, n int, do func(b *batch, i int) error) []error {
	b := &batch{sync: s, ctx: ctx, failed: make(chan struct{})}
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					errs[i] = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
				}
				if errs[i] != nil {
					b.once.Do(func() { close(b.failed) })
				}
			}()
			errs[i] = do(b, i)
		})
	}
	wait.Wait()
	return errs
}

// An entity names a role or an instance profile.
type entity struct{ kind, name string }

// The kinds of entities, as errors name them.
const (
	roleKind    = "role"
	profileKind = "instance profile"
)

// setExists records whether an entity exists after a write: for a while, IAM answers reads as
// if a new entity did not exist.
func (s *Sync) setExists(e entity, exists bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sure[e] = exists
}

func (s *Sync) exists(e entity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sure[e]
}

// made returns the roles and profiles that this request has made.
func (s *Sync) made() (all []entity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e, exists := range s.sure {
		if exists {
			all = append(all, e)
		}
	}
	return all
}

// Forget makes later reads trust IAM alone: somebody may have deleted the entities of this
// request.
func (s *Sync) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sure)
}
