package supersede

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

var kinds = []Kind{Create, Update, Replacement, ReplacementRollback, Delete, GeneratedDelete}

// TestRules checks that each kind of request asks exactly at the moments and from the ages
// that its row of the table names.
// Reference 11.3, 11.4, 11.7.
func TestRules(t *testing.T) {
	if len(kinds) != len(rules) {
		t.Fatalf("there are %d kinds of requests and %d rules, want one for each", len(kinds), len(rules))
	}
	moments := []struct {
		name string
		from time.Duration
		asks func(Rule) bool
		ask  func(*Watch, context.Context)
	}{
		{"first", staleAfter, func(r Rule) bool { return r.AsksFirst }, func(w *Watch, ctx context.Context) { w.BeforeWrites(ctx) }},
		{"owner", 0, func(r Rule) bool { return r.AsksOwner }, func(w *Watch, ctx context.Context) { w.OwnsSet(ctx) }},
		{"before removals", lateAfter, func(r Rule) bool { return r.AsksBeforeRemovals }, func(w *Watch, ctx context.Context) { w.BeforeRemovals(ctx) }},
		{"last", lateAfter, func(r Rule) bool { return r.AsksLast }, func(w *Watch, ctx context.Context) { w.Last(ctx) }},
		{"verify", 0, func(Rule) bool { return true }, func(w *Watch, ctx context.Context) { _ = w.Verify(ctx) }},
		{"before a rollback", lateAfter, func(r Rule) bool { return r.AsksBeforeRollback }, func(w *Watch, ctx context.Context) { w.Superseded(ctx) }},
		{"while hidden", lateAfter, func(r Rule) bool { return r.AsksLast }, func(w *Watch, ctx context.Context) { _ = w.WhileHidden(ctx) }},
	}
	for _, kind := range kinds {
		for _, moment := range moments {
			for _, age := range []time.Duration{0, lateAfter - time.Second, lateAfter, staleAfter - time.Second, staleAfter} {
				synctest.Test(t, func(t *testing.T) {
					w, cloudformation := watching(kind, age, stackresource.State{Status: "UPDATE_IN_PROGRESS", PhysicalID: "another"})
					moment.ask(w, t.Context())
					if got, want := cloudformation.asked > 0, moment.asks(kind.Rule()) && age >= moment.from; got != want {
						t.Errorf("%s, %s, %s old: asks %v, want %v", kind, moment.name, age, got, want)
					}
				})
			}
		}
	}
}

// TestRules_IfNoLongerAwaited checks which answers of CloudFormation end a request: only a kind that rolls
// back can be abandoned, and only a kind that rolls back or stops can be superseded.
func TestRules_IfNoLongerAwaited(t *testing.T) {
	for _, kind := range kinds {
		w, _ := watching(kind, time.Hour, stackresource.State{})
		got := current
		for _, status := range slices.Concat(gone, updated, created) {
			got = max(got, w.standing(is(status)))
		}
		want := map[Action]standing{GoesOn: current, LeavesSet: current, Stops: superseded, RollsBack: abandoned}
		if action := kind.Rule().IfNoLongerAwaited; got != want[action] {
			t.Errorf("%s: the standing is at most %d, want %d for a kind that %q", kind, got, want[action], action)
		}
	}
}

// TestRules_Documented compares the tables in the decision record with the table in the code.
// Each field of a rule has a column.
func TestRules_Documented(t *testing.T) {
	page, err := os.ReadFile("../../docs/decisions/0007-superseded-requests.md")
	if err != nil {
		t.Fatal(err)
	}
	yes := func(v bool, text string) string {
		if v {
			return text
		}
		return "-"
	}
	row := func(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |" }
	var asks, does []string
	for _, kind := range kinds {
		r := kind.Rule()
		asks = append(asks, row(kind.String(), yes(r.AsksFirst, "if stale"), yes(r.AsksOwner, "always"), yes(r.AsksBeforeRemovals, "if late"), yes(r.AsksLast, "if late"), yes(r.AsksBeforeRollback, "if late")))
		does = append(does, row(kind.String(), yes(r.QuietPeriod, "yes"), string(r.IfNoLongerAwaited), string(r.IfFailed), string(r.TimeKept), yes(r.DeletesSet, "yes"), yes(r.CreateUnanswered, "yes")))
	}
	for _, table := range [][]string{asks, does} {
		if rows := strings.Join(table, "\n"); !strings.Contains(string(page), "|\n"+rows+"\n\n") {
			t.Errorf("the decision record does not have exactly the rows\n%s", rows)
		}
	}
	if got, want := reflect.TypeFor[Rule]().NumField(), 11; got != want {
		t.Errorf("a rule has %d fields, and the tables have columns for %d: add a column", got, want)
	}
	for name, d := range map[string]time.Duration{"late": lateAfter, "stale": staleAfter, "quiet period": quietPeriod} {
		if m := regexp.MustCompile(`\*` + name + `\*[^.]*?(\d+) seconds`).FindSubmatch(page); m == nil || string(m[1]) != fmt.Sprint(int(d.Seconds())) {
			t.Errorf("the decision record says %q of %s, want %s", m, name, d)
		}
	}
}
