package rig

import (
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestPool holds that an account is one test's at a time, and that the servers have as
// many in use as each other.
func TestPool(t *testing.T) {
	p := pool{taken: map[string]int{}}
	defer p.stop()
	take := func() place {
		t.Helper()
		a, err := p.take(2)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a, b, c := take(), take(), take()
	if a.url == b.url || c.url != a.url && c.url != b.url || a.account == b.account || b.account == c.account || a.account == c.account {
		t.Errorf("handed out %v, %v and %v", a, b, c)
	}
	p.giveBack(a)
	p.giveBack(c)
	if d, e := take(), take(); !slices.Contains([]place{a, c}, d) || d == e {
		t.Errorf("handed out %v and %v, want the account %v that was given back first", d, e, a)
	}
}

// TestPlay holds that what a part fails with ends it or not, as in a test, and that it
// cleans up in either case.
func TestPlay(t *testing.T) {
	var done []string
	got := Play(func(tb testing.TB) {
		tb.Cleanup(func() { done = append(done, "first") })
		tb.Cleanup(func() { done = append(done, "last"); tb.Errorf("cleaning %d", 2) })
		tb.Error("an error")
		tb.Fatalf("the %s", "end")
		done = append(done, "beyond the end")
	})
	if want := []string{"an error", "the end", "cleaning 2"}; !slices.Equal(got, want) {
		t.Errorf("failed with %q, want %q", got, want)
	}
	if want := []string{"last", "first"}; !slices.Equal(done, want) {
		t.Errorf("did %q, want %q", done, want)
	}
	if got := Play(func(testing.TB) {}); len(got) != 0 {
		t.Errorf("failed with %q, want nothing", got)
	}
}

// TestEnded holds what is held of every process that has ended.
func TestEnded(t *testing.T) {
	for log, want := range map[string]string{
		`{"msg":"answered"}`: "",
		`{"url":"https://bucket/key?` + responseurl.Secret + `"}`:       "a response URL",
		"{}\n==================\nWARNING: DATA RACE\nWrite at 0x00c000": "a data race in the function:\nWrite at 0x00c000",
	} {
		got := strings.Join(Play(func(tb testing.TB) { (&Rig{Account: &Account{TB: tb}}).ended(log) }), "\n")
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", log, got, want)
		}
	}
}
