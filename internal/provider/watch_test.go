package provider

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

const presentID = "ray-0123456789ab"

// watching returns a watch on a request of this age, whose questions are answered by
// these states in turn, the last one again and again, and counts the questions.
func watching(request cfn.RequestType, replacement bool, age time.Duration, states ...stackresource.State) (*watch, *int) {
	asked := 0
	return &watch{
		request:     customresource.Request{Type: request, PhysicalID: presentID},
		replacement: replacement, issued: time.Now().Add(-age), log: slog.New(slog.DiscardHandler),
		ask: func(context.Context) (stackresource.State, error) {
			s := states[min(asked, len(states)-1)]
			if asked++; s.Status == "" {
				return s, errors.New("denied")
			}
			return s, nil
		},
	}, &asked
}

// is is the state of a resource with the physical id that an Update's event has.
func is(status string) stackresource.State {
	return stackresource.State{Status: status, PhysicalID: presentID}
}

// A watchCase is a request, when it asks, and what it is told.
type watchCase struct {
	name        string
	request     cfn.RequestType
	replacement bool
	age         time.Duration
	when        func(*watch, context.Context) *abandonedError
	states      []stackresource.State
	over        bool
	asked       int
}

// givenUp reports whether nobody will delete what the request has made.
func (c watchCase) givenUp() bool {
	isUpdated := strings.HasPrefix(c.states[0].Status, "UPDATE")
	lives := isUpdated || c.states[0].Status == "CREATE_COMPLETE"
	return c.request == cfn.RequestCreate && !lives || c.replacement && isUpdated
}

// TestWatch holds when a request asks, what it takes for an end, and that it goes on
// where nobody can tell.
func TestWatch(t *testing.T) {
	begin, after := (*watch).begin, (*watch).abandoned // each at its time
	replaced := stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "other-0123456789ab"}
	tests := []watchCase{
		{"a young Create", cfn.RequestCreate, false, 3 * time.Second, after, []stackresource.State{is("DELETE_COMPLETE")}, false, 0},
		{"a Create that is waited for", cfn.RequestCreate, false, 4 * time.Second, after, []stackresource.State{is("CREATE_IN_PROGRESS")}, false, 1},
		{"a cancelled Create", cfn.RequestCreate, false, 4 * time.Second, after, []stackresource.State{is("CREATE_FAILED")}, true, 2},
		{"a Create whose Delete is at work", cfn.RequestCreate, false, 4 * time.Second, after, []stackresource.State{is("DELETE_IN_PROGRESS")}, true, 2},
		{"a Create whose Delete is over", cfn.RequestCreate, false, 4 * time.Second, after, []stackresource.State{is("DELETE_COMPLETE")}, true, 2},
		{"a Create whose Delete failed", cfn.RequestCreate, false, 4 * time.Second, after, []stackresource.State{is("DELETE_FAILED")}, true, 2},
		{"a state that was older than the request", cfn.RequestCreate, false, 4 * time.Second, after, []stackresource.State{is("CREATE_FAILED"), is("CREATE_IN_PROGRESS")}, false, 2},
		{"a Create whose like has been answered", cfn.RequestCreate, false, time.Hour, after, []stackresource.State{is("CREATE_COMPLETE")}, false, 1},
		{"a Create of what lives and was updated", cfn.RequestCreate, false, time.Hour, after, []stackresource.State{is("UPDATE_COMPLETE")}, false, 1},
		{"a Create of what was replaced, in the cleanup", cfn.RequestCreate, false, time.Hour, after, []stackresource.State{{Status: "DELETE_IN_PROGRESS", PhysicalID: rayiam.PhysicalID("other", "", "")}}, false, 1},
		{"an imported resource", cfn.RequestCreate, false, time.Hour, after, []stackresource.State{is("IMPORT_COMPLETE")}, false, 1},
		{"CloudFormation does not tell", cfn.RequestCreate, false, time.Hour, after, []stackresource.State{{}}, false, 1},
		{"CloudFormation does not tell the second time", cfn.RequestCreate, false, time.Hour, after, []stackresource.State{is("DELETE_COMPLETE"), {}}, false, 2},
		{"a replacement that is waited for", cfn.RequestUpdate, true, 4 * time.Second, after, []stackresource.State{is("UPDATE_IN_PROGRESS")}, false, 1},
		{"a replacement that was taken back", cfn.RequestUpdate, true, 4 * time.Second, after, []stackresource.State{is("UPDATE_COMPLETE")}, true, 2},
		{"a replacement that was cancelled", cfn.RequestUpdate, true, 4 * time.Second, after, []stackresource.State{is("UPDATE_FAILED")}, true, 2},
		{"a replacement whose like has been answered", cfn.RequestUpdate, true, time.Hour, after, []stackresource.State{replaced}, false, 1},
		{"a replacement during the cleanup", cfn.RequestUpdate, true, time.Hour, after, []stackresource.State{is("DELETE_IN_PROGRESS")}, false, 1},
		{"an Update in place", cfn.RequestUpdate, false, time.Hour, after, []stackresource.State{is("DELETE_COMPLETE")}, false, 0},
		{"a Delete", cfn.RequestDelete, false, time.Hour, after, []stackresource.State{is("DELETE_COMPLETE")}, false, 0},

		{"a Create at its beginning", cfn.RequestCreate, false, 29 * time.Second, begin, []stackresource.State{is("DELETE_COMPLETE")}, false, 0},
		{"a stale Create that is waited for", cfn.RequestCreate, false, 30 * time.Second, begin, []stackresource.State{is("CREATE_IN_PROGRESS")}, false, 1},
		{"a stale Create of what is deleted", cfn.RequestCreate, false, 30 * time.Second, begin, []stackresource.State{is("DELETE_COMPLETE")}, true, 2},
		{"a stale Create of what is being updated", cfn.RequestCreate, false, 30 * time.Second, begin, []stackresource.State{is("UPDATE_IN_PROGRESS")}, true, 2},
		{"a stale Create of what was updated", cfn.RequestCreate, false, 30 * time.Second, begin, []stackresource.State{is("UPDATE_COMPLETE")}, true, 2},
		{"a stale Create of what has been created", cfn.RequestCreate, false, 30 * time.Second, begin, []stackresource.State{is("CREATE_COMPLETE")}, true, 2},
		{"a stale Update that is waited for", cfn.RequestUpdate, false, 30 * time.Second, begin, []stackresource.State{is("UPDATE_IN_PROGRESS")}, false, 1},
		{"a stale Update that is over", cfn.RequestUpdate, false, 30 * time.Second, begin, []stackresource.State{is("UPDATE_COMPLETE")}, true, 2},
		{"a stale Update of what is being deleted", cfn.RequestUpdate, false, 30 * time.Second, begin, []stackresource.State{is("DELETE_IN_PROGRESS")}, true, 2},
		{"a stale replacement that was taken back", cfn.RequestUpdate, true, 30 * time.Second, begin, []stackresource.State{is("UPDATE_COMPLETE")}, true, 2},
		{"a stale replacement whose like has been answered", cfn.RequestUpdate, false, 30 * time.Second, begin, []stackresource.State{replaced}, true, 2},
		{"a late Update about to delete", cfn.RequestUpdate, false, 4 * time.Second, (*watch).outdated, []stackresource.State{is("UPDATE_COMPLETE")}, true, 2},
		{"a late Update about to delete, waited for", cfn.RequestUpdate, false, 4 * time.Second, (*watch).outdated, []stackresource.State{is("UPDATE_IN_PROGRESS")}, false, 1},
		{"an early Update about to delete", cfn.RequestUpdate, false, 3 * time.Second, (*watch).outdated, []stackresource.State{is("UPDATE_COMPLETE")}, false, 0},
		{"a stale Delete", cfn.RequestDelete, false, time.Hour, begin, []stackresource.State{is("UPDATE_COMPLETE")}, false, 0},
		{"a stale request of which CloudFormation does not tell", cfn.RequestUpdate, false, time.Hour, begin, []stackresource.State{{}}, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, asked := watching(tt.request, tt.replacement, tt.age, tt.states...)
				err := tt.when(w, t.Context())
				if (err != nil) != tt.over || *asked != tt.asked {
					t.Errorf("asked %d times, got %v; want over=%v after %d questions", *asked, err, tt.over, tt.asked)
				}
				if err != nil && (err.standing == givenUp) != tt.givenUp() {
					t.Errorf("standing %d after %v", err.standing, err)
				}
			})
		})
	}
}

// TestWatch_Lives holds when a Delete with an id that was made up is not meant for what is
// there.
func TestWatch_Lives(t *testing.T) {
	const owner = presentID
	madeUp := func(status string) stackresource.State {
		return stackresource.State{Status: status, PhysicalID: "made-up"}
	}
	for name, tt := range map[string]struct {
		age    time.Duration
		states []stackresource.State
		want   bool
	}{
		"another life":                        {0, []stackresource.State{is("CREATE_COMPLETE")}, true},
		"another life that is updated":        {0, []stackresource.State{is("UPDATE_IN_PROGRESS")}, true},
		"its own Create":                      {0, []stackresource.State{madeUp("DELETE_IN_PROGRESS")}, false},
		"its own Create, answered after all":  {0, []stackresource.State{is("DELETE_IN_PROGRESS")}, false},
		"another life that begins":            {time.Minute, []stackresource.State{madeUp("CREATE_IN_PROGRESS")}, true},
		"its own Create, shown late":          {0, []stackresource.State{madeUp("CREATE_IN_PROGRESS")}, false},
		"an answer that does not last":        {0, []stackresource.State{is("CREATE_COMPLETE"), is("DELETE_IN_PROGRESS")}, false},
		"CloudFormation does not tell":        {0, []stackresource.State{{}}, false},
		"CloudFormation does not tell, later": {0, []stackresource.State{is("CREATE_COMPLETE"), {}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := watching(cfn.RequestDelete, false, tt.age, tt.states...)
				if got := w.lives(t.Context(), owner); got != tt.want {
					t.Errorf("lives: %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// TestWatch_Says holds what the template's author reads.
func TestWatch_Says(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := watching(cfn.RequestCreate, false, 90*time.Second, is("DELETE_COMPLETE"))
		want := "CloudFormation does not wait for this Create any more: it was issued 1m31s ago, and the resource is DELETE_COMPLETE"
		if err := w.abandoned(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

// TestWatch_AsksSeldom holds that what is over stays over without another question, and
// that doubts of many calls at once are one question in doubtPause.
func TestWatch_AsksSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, asked := watching(cfn.RequestCreate, false, time.Minute, is("CREATE_IN_PROGRESS"), is("CREATE_IN_PROGRESS"), is("DELETE_COMPLETE"))
		for range 30 {
			for range 8 {
				go func() { _ = w.doubt(t.Context()) }()
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if *asked != 4 { // at 0 and 5 seconds, and at 10 and 11
			t.Errorf("asked %d times in 30 seconds, want 4", *asked)
		}
		if err := w.abandoned(t.Context()); err == nil || !strings.Contains(err.Error(), "DELETE_COMPLETE") || *asked != 4 {
			t.Errorf("got %v after %d questions, want the end that is known", err, *asked)
		}
	})
}

// TestWatch_DeadlineBetweenQuestions holds that one answer alone is not an end.
func TestWatch_DeadlineBetweenQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, asked := watching(cfn.RequestCreate, false, time.Minute, is("DELETE_COMPLETE"))
		ctx, cancel := context.WithTimeout(t.Context(), confirmPause/2)
		defer cancel()
		if err := w.abandoned(ctx); err != nil || *asked != 1 {
			t.Errorf("got %v after %d questions, want none after 1", err, *asked)
		}
	})
}
