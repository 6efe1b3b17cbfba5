package model

import (
	"fmt"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// enough is the least number of times that a short run must run each kind of operation. A
// run with fewer proves less than its report says.
var enough = map[string]map[string]int{
	"runs":     {"": worlds * runs},
	"steps":    {"": 250, "by hand": 80, "create": 60, "update": 30, "repair": 12, "replace": 12, "delete": 6},
	"events":   {"": 300, "Create": 80, "Update": 90, "Delete": 70},
	"answers":  {"SUCCESS": 180, "FAILED": 80, "none, killed": 6},
	"faults":   {"": 50, denied: 15, killedBefore: 5, killedAfter: 5, "cut before": 1},
	"plans":    {"carried out": 80, "empty, and nothing was written": 70, "refused, and so was the event": 100},
	"ready":    {"EC2 late, and waited for": 6, "known at once": 2},
	"adoption": {"adopted": 15, "held then released": 10, "held then owned": 2, "owned then deleted": 1},
	"ends": {
		"Create done": 20, "Update done": 25, "Delete done": 4, "replacement tried": 10, "replacement done": 1, "replacement rolled back": 1, "replacement undone": 1,
		"Update rolled back": 25, "Update not rolled back": 3, "Create cancelled": 1, "Delete with a generated id": 2,
		"Create denied": 4, "Update denied": 5, "Delete denied": 1,
		"Create killed, not retried": 2, "Update killed, not retried": 1,
		"Create refused for what is in the way": 15, "Update refused for what is in the way": 4, "Delete refused for what is in the way": 1,
		"instance launched": 20, "Update held up by instances": 2, "Delete held up by instances": 8,
		"Create twice": 1, "Update twice": 2, "Delete twice": 1,
	},
}

// report reports the counts of the run, and proves that they are high enough.
func (t *tally) report(tb testing.TB, took time.Duration) {
	text := fmt.Sprintf("random stacks, held to the model after each of %d events and %d steps, in %s\n%s", t.of("events"), t.of("steps"), took.Round(time.Second), t)
	if *soak > 0 || replayed {
		tb.Log(text)
		return
	}
	checkout.Report(tb, "model", text)
	if tb.Failed() {
		return // a world that failed did not run to its end
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
	played := 0
	for kind := range temporary {
		if t.counts["faults"][kind] > 0 {
			played++
		}
	}
	if played < len(temporary)-1 {
		tb.Errorf("%d of %d temporary faults were played", played, len(temporary))
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
