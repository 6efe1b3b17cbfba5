package supersede

import (
	"context"
	"fmt"
	"os"
	"regexp"
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
		{"verify", 0, func(r Rule) bool { return r.Verified }, func(w *Watch, ctx context.Context) { _ = w.Verify(ctx) }},
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

// TestRules_Documented compares the table in the decision record with the table in the code.
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
	for _, kind := range kinds {
		r := kind.Rule()
		first := yes(r.AsksFirst, "if stale")
		if r.AsksOwner {
			first = "always"
		}
		abandoned := yes(r.AsksLast, "rolls back")
		if r.AsksBeforeRemovals {
			abandoned = "stops"
		}
		if r.AsksOwner {
			abandoned = "leaves the set"
		}
		row := fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", kind, first, yes(r.AsksBeforeRemovals, "if late"), yes(r.AsksLast, "if late"), yes(r.QuietPeriod, "yes"), abandoned)
		if !strings.Contains(string(page), "\n"+row+"\n") {
			t.Errorf("the decision record does not have the row\n%s", row)
		}
	}
	for name, d := range map[string]time.Duration{"late": lateAfter, "stale": staleAfter, "quiet period": quietPeriod} {
		if m := regexp.MustCompile(`\*` + name + `\*[^.]*?(\d+) seconds`).FindSubmatch(page); m == nil || string(m[1]) != fmt.Sprint(int(d.Seconds())) {
			t.Errorf("the decision record says %q of %s, want %s", m, name, d)
		}
	}
}
