package model

import (
	"fmt"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/checkout"
)

// enough is the least that a short run has to play of each kind: what plays less shows
// less than the report says.
var enough = map[string]map[string]int{
	"runs":     {"": worlds * runs},
	"steps":    {"": 300, "by hand": 100, "create": 70, "update": 40, "repair": 20, "replace": 20, "delete": 8},
	"events":   {"": 400, "Create": 100, "Update": 150, "Delete": 80},
	"answers":  {"SUCCESS": 250, "FAILED": 100, "none, killed": 7},
	"faults":   {"": 70, denied: 20, killedBefore: 6, killedAfter: 6, "cut before": 1, "cut after": 1, "503": 1, "concurrent": 1, "failure": 1, "throttled": 1, "unmodifiable": 1},
	"adoption": {"adopted": 15, "held then released": 10, "held then owned": 2, "owned then deleted": 1},
	"ends": {
		"Create done": 25, "Update done": 40, "Delete done": 6, "replacement tried": 15, "replacement done": 2, "replacement rolled back": 2, "replacement undone": 1,
		"Update rolled back": 40, "Create cancelled": 2, "Delete with a made-up id": 2,
		"Create denied": 5, "Update denied": 10, "Delete denied": 1,
		"Create killed, not retried": 3, "Update killed, not retried": 3,
		"Create refused for what is in the way": 15, "Update refused for what is in the way": 8, "Delete refused for what is in the way": 1,
		"Create twice": 2, "Update twice": 4, "Delete twice": 2,
	},
}

// report shows what was played, and holds that it was enough to show anything.
func (t *tally) report(tb testing.TB, took time.Duration) {
	text := fmt.Sprintf("random stacks, held to the model after each of %d events and %d steps, in %s\n%s", t.of("events"), t.of("steps"), took.Round(time.Second), t)
	if *soak > 0 || replayed {
		tb.Log(text)
		return
	}
	checkout.Report(tb, "model", text)
	if tb.Failed() {
		return // and so was not played to its end
	}
	for subject, kinds := range enough {
		for kind, least := range kinds {
			n := t.counts[subject][kind]
			if kind == "" {
				n = t.of(subject)
			}
			if n < least {
				tb.Errorf("%s %s: %d, want %d at least", subject, kind, n, least)
			}
		}
	}
	if kinds, all := len(t.counts["by hand"]), len(roleDrifts)+len(profileDrifts)+len(makings)-1; kinds < all-2 {
		tb.Errorf("%d of %d kinds of things were done by hand", kinds, all)
	}
	refused := 0
	for kind := range bad {
		if t.counts["ends"]["Create refused: "+kind]+t.counts["ends"]["Update refused: "+kind] > 0 {
			refused++
		}
	}
	if refused < len(bad)-2 {
		tb.Errorf("%d of %d bad properties were refused", refused, len(bad))
	}
}
