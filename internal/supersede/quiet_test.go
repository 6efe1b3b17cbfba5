package supersede

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// appearances is a Follower for which roles appear at these times after the beginning, and
// stay until they are removed.
type appearances struct {
	begun   time.Time
	at      []time.Duration
	polls   int
	removed int
	fails   error // the error of Appeared
	refuses func(context.Context) error
}

func (a *appearances) Appeared(ctx context.Context) (bool, error) {
	a.polls++
	if a.fails != nil {
		return false, a.fails
	}
	return a.removed < len(a.at) && time.Since(a.begun) >= a.at[a.removed], ctx.Err()
}

func (a *appearances) Remove(ctx context.Context) error {
	if a.refuses != nil {
		if err := a.refuses(ctx); err != nil {
			return err
		}
	}
	a.removed++
	return nil
}

// TestQuietPeriod checks for how long a request polls, that an entity which appears is removed
// and begins the period anew, and which errors end it.
// Reference 11.1, 11.10.
func TestQuietPeriod(t *testing.T) {
	broken := errors.New("broken")
	later := func(context.Context) error { return errLaterRequest }
	for name, tt := range map[string]struct {
		follower appearances
		deadline time.Duration // 0: no deadline
		want     error
		removed  int // -1: any number
		took     time.Duration
	}{
		"nothing appears":                {took: quietPeriod},
		"something appears":              {follower: appearances{at: []time.Duration{4 * time.Second}}, removed: 1, took: 9 * time.Second},
		"something appears twice":        {follower: appearances{at: []time.Duration{1, 4 * time.Second}}, removed: 2, took: 9 * time.Second},
		"it never ends":                  {follower: appearances{at: make([]time.Duration, 1000)}, removed: -1, took: maxQuietPeriods * quietPeriod},
		"little time is left":            {deadline: 4 * time.Second, took: 2 * time.Second},
		"a poll fails":                   {follower: appearances{fails: broken}, want: broken, took: time.Second},
		"it is a later request's":        {follower: appearances{at: []time.Duration{0}, refuses: later}, took: time.Second},
		"it is not allowed to remove it": {follower: appearances{at: []time.Duration{0}, refuses: func(context.Context) error { return broken }}, want: broken, took: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				w, _ := watching(GeneratedDelete, 0, stackresource.State{})
				f := tt.follower
				f.begun = time.Now()
				err := w.QuietPeriod(ctx, &f)
				if took := time.Since(f.begun); !errors.Is(err, tt.want) || tt.removed >= 0 && f.removed != tt.removed || took != tt.took {
					t.Errorf("got %v after %s and %d removals; want %v after %s and %d", err, took, f.removed, tt.want, tt.took, tt.removed)
				}
			})
		})
	}
}

// TestQuietPeriod_PollsThatAreCutOff checks that a poll that does not return before the end of
// the period is not a failure.
func TestQuietPeriod_PollsThatAreCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := watching(GeneratedDelete, 0, stackresource.State{})
		if err := w.QuietPeriod(t.Context(), silent{}); err != nil {
			t.Errorf("got the error %v, want none", err)
		}
	})
}

type silent struct{}

func (silent) Appeared(ctx context.Context) (bool, error) { <-ctx.Done(); return false, ctx.Err() }
func (silent) Remove(context.Context) error               { return nil }

// TestStillAbandoned checks when a rollback may remove entities that have appeared.
// Reference 11.2, 11.8.
func TestStillAbandoned(t *testing.T) {
	for name, tt := range map[string]struct {
		states  []stackresource.State
		allowed bool
		later   bool // the roles belong to a later request, which is no failure
	}{
		"still abandoned":                      {[]stackresource.State{is("DELETE_COMPLETE")}, true, false},
		"a later request is current":           {[]stackresource.State{is("CREATE_IN_PROGRESS")}, false, true},
		"CloudFormation cannot be asked":       {[]stackresource.State{{}}, false, false},
		"CloudFormation cannot be asked twice": {[]stackresource.State{is("DELETE_COMPLETE"), {}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := watching(Create, time.Minute, tt.states...)
				err := w.StillAbandoned(t.Context())
				if (err == nil) != tt.allowed || errors.Is(err, errLaterRequest) != tt.later {
					t.Errorf("got %v; want allowed %v, a later request %v", err, tt.allowed, tt.later)
				}
			})
		})
	}
}
