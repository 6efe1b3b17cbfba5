package rig

import (
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestPool proves that no two tests have the same account at once, and that all servers
// have the same number of accounts in use.
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
		t.Errorf("got the accounts %v, %v and %v, want three different ones on both servers", a, b, c)
	}
	p.giveBack(a)
	p.giveBack(c)
	if d, e := take(), take(); !slices.Contains([]place{a, c}, d) || d == e {
		t.Errorf("got %v and %v, want first %v, the account that was given back", d, e, a)
	}
}

// TestPlay proves that a failure ends a part of a test just as it would end a test, and
// that the clean-up functions run in either case.
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

// TestEnded checks what the rig says of each log of a process that has ended.
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
