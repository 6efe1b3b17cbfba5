package properties

import (
	"encoding/json"
	"os"
	"testing"
)

// declared returns the properties of an event in the folder events.
func declared(tb testing.TB, event string) json.RawMessage {
	tb.Helper()
	raw, err := os.ReadFile("../../events/" + event)
	if err != nil {
		tb.Fatal(err)
	}
	var e struct{ ResourceProperties json.RawMessage }
	if err := json.Unmarshal(raw, &e); err != nil {
		tb.Fatal(err)
	}
	return e.ResourceProperties
}

var readCases = []struct {
	event  string
	allocs float64 // upper bound: the number with the race detector, and half as much again
}{
	{"create.json", 80},
	{"create-everything.json", 1050},
	{"create-least-privilege.json", 360},
}

// BenchmarkRead measures how long it takes to check and decode properties.
func BenchmarkRead(b *testing.B) {
	c := newChecker(b)
	for _, r := range readCases {
		b.Run(r.event, func(b *testing.B) {
			raw := declared(b, r.event)
			b.ReportAllocs()
			for b.Loop() {
				if _, faults := c.Read(raw); len(faults) > 0 {
					b.Fatal(faults)
				}
			}
		})
	}
}

// BenchmarkNewChecker measures the checker's start, which is before the function asks for its
// first event.
func BenchmarkNewChecker(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newChecker(b)
	}
}

// TestAllocations checks how much checking properties, and the checker's start, allocate.
// Reference 10.8.
func TestAllocations(t *testing.T) {
	c := newChecker(t)
	for _, r := range readCases {
		raw := declared(t, r.event)
		got := testing.AllocsPerRun(20, func() { c.Read(raw) })
		t.Logf("%s: %.0f allocations", r.event, got)
		if got > r.allocs {
			t.Errorf("%s: %.0f allocations, want at most %.0f", r.event, got, r.allocs)
		}
	}
	if got := testing.AllocsPerRun(3, func() { newChecker(t) }); got > 1500 {
		t.Errorf("compiling the schema: %.0f allocations, want at most 1500", got)
	}
}
