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
	"runs":    {"": worlds * runs},
	"steps":   {"": 350, "by hand": 100, "create": 70, "update": 40, "repair": 20, "replace": 20, "delete": 10},
	"events":  {"": 400, "Create": 100, "Update": 150, "Delete": 80},
	"answers": {"SUCCESS": 250, "FAILED": 100, "none, killed": 10},
	"faults": {"": 90, denied: 25, killedBefore: 8, killedAfter: 8, "cut before": 2, "cut after": 2,
		"503": 2, "concurrent": 2, "failure": 2, "throttled": 2, "unmodifiable": 2},
	"adoption": {"adopted": 20, "held then released": 15, "held then owned": 3, "owned then deleted": 3},
	"ends": {
		"Create done": 25, "Update done": 40, "Delete done": 8, "replacement tried": 15, "replacement done": 3, "replacement rolled back": 1, "replacement undone": 1,
		"Update rolled back": 40, "Create cancelled": 3, "Delete with a made-up id": 4,
		"Create denied": 5, "Update denied": 10, "Delete denied": 2,
		"Create killed, not retried": 5, "Update killed, not retried": 5, "Delete killed, not retried": 1,
		"Create refused for what is in the way": 15, "Update refused for what is in the way": 8, "Delete refused for what is in the way": 1,
		"Create twice": 3, "Update twice": 6, "Delete twice": 2,
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
	for _, kind := range append(append(roleDrifts, profileDrifts...), makings...) {
		if t.counts["by hand"][kind] == 0 {
			tb.Errorf("nobody did %q", kind)
		}
	}
	refused := 0
	for kind := range bad {
		if t.counts["ends"]["Create refused: "+kind]+t.counts["ends"]["Update refused: "+kind] > 0 {
			refused++
		}
	}
	if refused < len(bad)-1 {
		tb.Errorf("%d of %d bad properties were refused", refused, len(bad))
	}
}
