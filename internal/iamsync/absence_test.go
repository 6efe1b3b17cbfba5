package iamsync

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// before replies with first until d has passed since its first call, and then with then.
func before(d time.Duration, first, then reply) reply {
	var begun time.Time
	return func(action string) (*http.Response, error) {
		if begun.IsZero() {
			begun = time.Now()
		}
		if time.Since(begun) < d {
			return first(action)
		}
		return then(action)
	}
}

// TestDenied_DecidingRead checks that the read after a denial, which tells whether the role
// exists, is retried like every read, and that a denial of this read decides nothing and is
// not retried.
// Reference 6.1, 6.11.
func TestDenied_DecidingRead(t *testing.T) {
	const implicit = "because no identity-based policy allows the action"
	detach := rayiam.Plan{Phases: [][]rayiam.Step{{{Call: rayiam.DetachRolePolicy, Role: "ray-head", Policy: "p"}}}}
	there := func(action string) (*http.Response, error) { return result(action, "<Role></Role>"), nil }
	gone, throttled, unavailable := fails(404, "NoSuchEntity"), fails(400, "Throttling"), fails(503, "ServiceUnavailable")
	for name, tt := range map[string]struct {
		young  bool // whether the function has just started
		writes []reply
		reads  []reply
		want   []string // in the error; nil for success
		calls  int      // number of reads; 0 for any
		at     time.Duration
		atMost time.Duration
	}{
		"throttled":             {writes: []reply{denies(implicit)}, reads: times(2, throttled, gone), calls: 3, atMost: 20 * time.Second},
		"unavailable":           {writes: []reply{denies(implicit)}, reads: times(6, unavailable, gone), calls: 7, atMost: 30 * time.Second},
		"cut off":               {writes: []reply{denies(implicit)}, reads: times(2, resets, gone), calls: 3, atMost: 10 * time.Second},
		"not answered":          {writes: []reply{denies(implicit)}, reads: []reply{hangs, gone}, calls: 2, atMost: 40 * time.Second},
		"throttled, and exists": {writes: []reply{denies(implicit)}, reads: times(2, throttled, there), want: []string{"AccessDenied"}, calls: 3, atMost: 20 * time.Second},
		"never available": {writes: []reply{denies(implicit)}, reads: []reply{unavailable},
			want: []string{"detaching", "no success before the deadline", "AccessDenied"}, at: time.Minute, atMost: time.Minute},
		"denied":                        {writes: []reply{denies(implicit)}, reads: []reply{denies(implicit)}, want: []string{"detaching", "AccessDenied"}, calls: 1, atMost: time.Second},
		"denied to a young function":    {young: true, writes: times(1, denies(implicit), succeed), reads: []reply{denies(implicit)}, calls: 1, atMost: time.Second},
		"unavailable beyond a patience": {young: true, writes: times(1, denies(implicit), succeed), reads: []reply{before(40*time.Second, unavailable, there)}, at: 40 * time.Second, atMost: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{"DetachRolePolicy": tt.writes, "GetRole": tt.reads}}
			patience := Patience{Time: DefaultPatience}
			if tt.young {
				patience.Started = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the time at which a bubble begins
			}
			onWireWith(t, w, patience, nil, func(ctx context.Context, s *Sync) {
				start := time.Now()
				err := s.Apply(ctx, detach)
				if took := time.Since(start); (err == nil) != (tt.want == nil) || took < tt.at || took > tt.atMost {
					t.Errorf("got %v after %s, want %q between %s and %s", err, took, tt.want, tt.at, tt.atMost)
				}
				for _, part := range tt.want {
					if err != nil && !strings.Contains(err.Error(), part) {
						t.Errorf("the error is %v, want %q in it", err, part)
					}
				}
				reads := 0
				for _, call := range w.calls {
					if call == "GetRole" {
						reads++
					}
				}
				if tt.calls > 0 && reads != tt.calls {
					t.Errorf("%d reads, want %d", reads, tt.calls)
				}
			})
		})
	}
}

// TestDenied_UndecidedAtTheDeadline checks that a denial is reported if no read could decide
// about it before the deadline, although another call fails at the same moment.
// Reference 6.9.
func TestDenied_UndecidedAtTheDeadline(t *testing.T) {
	plan := rayiam.Plan{Phases: [][]rayiam.Step{{
		{Call: rayiam.DetachRolePolicy, Role: "ray-head", Policy: "p"},
		{Call: rayiam.AttachRolePolicy, Role: "ray-head", Policy: "p"},
	}}}
	for range 20 {
		w := &wire{replies: map[string][]reply{
			"DetachRolePolicy": {denies("")}, "GetRole": {fails(503, "ServiceUnavailable")}, "AttachRolePolicy": {fails(409, codeConcurrent)},
		}}
		onWireWith(t, w, Patience{Time: DefaultPatience}, nil, func(ctx context.Context, s *Sync) {
			if err := s.Apply(ctx, plan); err == nil || !strings.Contains(err.Error(), "AccessDenied") || !strings.Contains(err.Error(), codeConcurrent) {
				t.Errorf("got %v, want both failures", err)
			}
		})
	}
}
