package iamproxy

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBucket proves that a bucket lets its burst pass and then its rate, with one bucket
// for all actions or one for each.
func TestBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served := func(f Fault, actions ...string) (n int) {
			for range 10 {
				for _, action := range actions {
					if f(Call{Action: action}).Instead == nil {
						n++
					}
				}
			}
			return n
		}
		one, each := Bucket(2, 4), Buckets(2, 4)
		if got := served(one, "GetRole", "GetPolicy"); got != 4 {
			t.Errorf("one bucket: %d calls at once, want 4", got)
		}
		if got := served(each, "GetRole", "GetPolicy"); got != 8 {
			t.Errorf("a bucket each: %d calls at once, want 8", got)
		}
		time.Sleep(time.Second)
		if got := served(one, "GetRole"); got != 2 {
			t.Errorf("%d calls a second later, want 2", got)
		}
		time.Sleep(time.Hour)
		if got := served(one, "GetRole"); got != 4 {
			t.Errorf("%d calls an hour later, want 4", got)
		}
	})
}
