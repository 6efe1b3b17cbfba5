package iamsync

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A bucket is a rate limit as AWS describes its limits: a number of calls at once, and a
// number of calls a second. It counts the calls of every process of the account.
type bucket struct {
	rate, burst float64
	latency     time.Duration

	mu                sync.Mutex
	tokens            map[string]float64 // by action, or by "" for a limit on all actions
	at                map[string]time.Time
	eachAction        bool
	served, throttled int
}

func (b *bucket) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.ParseForm(); err != nil {
		return nil, err
	}
	action := req.PostForm.Get("Action")
	time.Sleep(b.latency)
	switch taken := b.takes(action); {
	case !taken:
		return fails(400, "Throttling")(action)
	case action == "GetRole", action == "GetInstanceProfile":
		return fails(404, "NoSuchEntity")(action)
	}
	return succeed(action)
}

func (b *bucket) takes(action string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	key, now := "", time.Now()
	if b.eachAction {
		key = action
	}
	if _, ok := b.tokens[key]; !ok {
		b.tokens[key], b.at[key] = b.burst, now
	}
	b.tokens[key] = min(b.burst, b.tokens[key]+now.Sub(b.at[key]).Seconds()*b.rate)
	b.at[key] = now
	if b.tokens[key] < 1 {
		b.throttled++
		return false
	}
	b.tokens[key]--
	b.served++
	return true
}

// client returns the Client of another process.
func (b *bucket) client() *Client {
	return NewClient(aws.Config{
		Region: "us-east-1", HTTPClient: &http.Client{Transport: b},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}, time.Hour)
}

// create makes the calls of a Create with the default properties: 9 at once, then 4, then
// 11.
func create(ctx context.Context, s *Sync) error {
	five := []string{"arn:1", "arn:2", "arn:3", "arn:4", "arn:5"}
	if _, _, err := s.Observe(ctx, []rayiam.Lookup{{Name: "ray-head", OutOfBounds: true}, {Name: "ray-worker", OutOfBounds: true}}, five); err != nil {
		return err
	}
	repeat := func(n int, step rayiam.Step) (steps []rayiam.Step) {
		for range n {
			steps = append(steps, step)
		}
		return steps
	}
	made := append(repeat(2, createRole), repeat(2, rayiam.Step{Call: rayiam.CreateInstanceProfile, InstanceProfile: "ray-head"})...)
	granted := append(repeat(8, attach), repeat(3, addRole)...)
	return s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{made, granted}})
}

// TestPace_Fleet runs many processes that create at once against one bucket of 20 calls a
// second, on a simulated clock. All calls succeed within 1.3 times the bucket's own time and a
// few seconds, and fewer calls are throttled than served. A single process is not delayed.
// Reference 6.13.
func TestPace_Fleet(t *testing.T) {
	const calls, latency = 24, 50 * time.Millisecond
	for _, tt := range []struct {
		name       string
		processes  int
		eachAction bool
		busiest    int           // number of calls of one process against one bucket
		within     time.Duration // time on top of the bucket's
	}{
		{"one", 1, false, calls, 0},
		{"ten", 10, false, calls, 15 * time.Second},
		{"fifty", 50, false, calls, 3 * time.Second},
		{"fifty, a bucket for each action", 50, true, 8, 8 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bucket{rate: 20, burst: 40, latency: latency, eachAction: tt.eachAction, tokens: map[string]float64{}, at: map[string]time.Time{}}
				took, failed := b.fleet(t, tt.processes, 285*time.Second)
				limit := time.Duration(float64(tt.processes*tt.busiest)/b.rate*float64(time.Second)) - 2*time.Second
				if tt.processes > 1 && (failed > 0 || took > limit*13/10+tt.within) {
					t.Errorf("%d processes failed and the slowest took %s, want none to fail and at most %s", failed, took, limit*13/10+tt.within)
				}
				if tt.processes == 1 && (b.throttled > 0 || took != 3*latency) {
					t.Errorf("%d calls were throttled and it took %s, want none and %s", b.throttled, took, 3*latency)
				}
				if b.throttled >= b.served || b.served != tt.processes*calls {
					t.Errorf("%d calls throttled and %d served, want %d served and fewer throttled", b.throttled, b.served, tt.processes*calls)
				}
				t.Logf("took %s of %s, %d calls throttled and %d served", took, limit, b.throttled, b.served)
			})
		})
	}
}

// fleet lets processes create at once, and returns how long the last one took and how many
// failed.
func (b *bucket) fleet(t *testing.T, processes int, deadline time.Duration) (took time.Duration, failed int) {
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	begun, errs := time.Now(), make(chan error, processes)
	var all sync.WaitGroup
	for range processes {
		all.Go(func() { errs <- create(ctx, New(b.client(), Patience{}, nil, slog.New(slog.DiscardHandler))) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			failed++
			t.Log(err)
		}
	}
	return time.Since(begun), failed
}

// TestPace_AfterwardsNothingIsHeldBack checks that a process which was throttled is as fast as
// a new one after IAM has throttled nothing for a while.
// Reference 6.13.
func TestPace_AfterwardsNothingIsHeldBack(t *testing.T) {
	w := &wire{replies: map[string][]reply{"AttachRolePolicy": {fails(400, "Throttling"), fails(400, "Throttling"), succeed}}}
	onWire(t, w, func(ctx context.Context, s *Sync) {
		if err := s.Apply(ctx, phases(attach)); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := s.Apply(ctx, phases(attach, attach, attach)); err != nil || time.Since(begun) == 0 {
			t.Errorf("three calls after a throttled one took %s, %v, want them to be delayed", time.Since(begun), err)
		}
		time.Sleep(calm)
		begun = time.Now()
		if err := s.Apply(ctx, phases(attach, attach, attach)); err != nil || time.Since(begun) > 0 {
			t.Errorf("three calls after a calm period took %s, %v, want no delay", time.Since(begun), err)
		}
	})
}

// TestPace_Deadline checks that a delayed call ends with the request, that the reason has
// figures, and that a request in a hurry is delayed for less time.
// Reference 6.13, 7.3.
func TestPace_Deadline(t *testing.T) {
	attempts := func(urgent bool, left time.Duration) (n int) {
		w := &wire{replies: map[string][]reply{"AttachRolePolicy": {fails(400, "Throttling")}}}
		onWire(t, w, func(ctx context.Context, s *Sync) {
			if urgent {
				s.Hurry()
			}
			ctx, cancel := context.WithTimeout(ctx, left)
			defer cancel()
			begun := time.Now()
			err := s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{attach, attach}}})
			if err == nil || !strings.Contains(err.Error(), "IAM has throttled") || !strings.Contains(err.Error(), "calls of this request: attaching policy arn:p to role ray-head, attaching") {
				t.Errorf("got the error %v, want the figures in it once", err)
			}
			if took := time.Since(begun); took > left {
				t.Errorf("took %s, want it to end before %s", took, left)
			}
		})
		return len(w.calls)
	}
	long, short, hurried := attempts(false, 50*time.Second), attempts(false, 5*time.Second), attempts(true, 5*time.Second)
	if long > 300 || short < 20 || hurried < short/2 {
		t.Errorf("made %d attempts in 50 s (want at most 300), %d in 5 s (want at least 20), and %d in 5 s in a hurry (want at least %d)", long, short, hurried, short/2)
	}
	if calm, urgent := leastRate(t.Context(), false), leastRate(t.Context(), true); urgent <= calm {
		t.Errorf("in a hurry, a process makes at least %v calls a second, and otherwise %v, want more in a hurry", urgent, calm)
	}
}
