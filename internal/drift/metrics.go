package drift

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/ray-iam/custom-rayiam/internal/emf"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A count is the index of a number in the metrics.
type count int

const (
	looked count = iota
	drifted
	orphaned
	unknown
	counts
)

// A tally counts what a look has found.
type tally struct {
	sets     [counts]int
	entities map[Kind]*[counts]int
}

// add counts a set. A set in flight counts only as examined. An orphaned set counts as
// orphaned, whatever its state.
func (t *tally) add(set Set) {
	state := func(s State) count {
		switch {
		case set.Belongs == supersede.Orphaned:
			return orphaned
		case set.Belongs == supersede.InFlight:
			return looked
		case s == Drifted:
			return drifted
		case s == Unknown:
			return unknown
		}
		return looked
	}
	increment := func(of *[counts]int, s State) {
		of[looked]++
		if c := state(s); c != looked {
			of[c]++
		}
	}
	increment(&t.sets, set.State())
	for _, e := range set.Entities {
		if t.entities == nil {
			t.entities = map[Kind]*[counts]int{Role: {}, InstanceProfile: {}}
		}
		increment(t.entities[e.Kind], e.State)
	}
}

// A finding has the results of one look, and its effort.
type finding struct {
	tally
	calls      int64
	took       time.Duration
	complete   bool
	attributes []any // of the log line
}

// Values of the metrics' dimensions.
const (
	setKind       = "set"
	lookSucceeded = "SUCCESS"
	lookFailed    = "FAILED"
)

// logMetrics writes the lines that CloudWatch turns into metrics: one on the look, and, on its
// results, one for sets and one for each kind of entity.
func logMetrics(log *slog.Logger, f finding) {
	now, name := time.Now(), lambdacontext.FunctionName
	outcome, level := lookSucceeded, slog.LevelInfo
	if !f.complete {
		outcome, level = lookFailed, slog.LevelError
	}
	log.Log(context.Background(), level, "metrics",
		emf.Attr(now, [][]string{{"FunctionName", "Outcome"}},
			emf.Metric{Name: "Looks", Unit: "Count"}, emf.Metric{Name: "LookDuration", Unit: "Milliseconds"}, emf.Metric{Name: "LookCalls", Unit: "Count"}),
		"FunctionName", name, "Outcome", outcome, "Looks", 1, "LookDuration", f.took.Milliseconds(), "LookCalls", f.calls)
	byKind := map[string][counts]int{setKind: f.sets}
	for kind, c := range f.entities {
		byKind[string(kind)] = *c
	}
	for _, kind := range []string{setKind, string(Role), string(InstanceProfile)} {
		c := byKind[kind]
		level := slog.LevelInfo
		if c[drifted]+c[orphaned] > 0 {
			level = slog.LevelWarn // so that no filter by level hides what the alarm counts
		}
		log.Log(context.Background(), level, "metrics",
			emf.Attr(now, [][]string{{"FunctionName", "Kind"}},
				emf.Metric{Name: "Looked", Unit: "Count"}, emf.Metric{Name: "Drifted", Unit: "Count"},
				emf.Metric{Name: "Orphaned", Unit: "Count"}, emf.Metric{Name: "Unknown", Unit: "Count"}),
			"FunctionName", name, "Kind", kind, "Looked", c[looked], "Drifted", c[drifted], "Orphaned", c[orphaned], "Unknown", c[unknown])
	}
}
