package supersede

import (
	"context"
	"errors"
	"fmt"
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

// answers are CloudFormation's answers in turn, the last one again and again. An empty state
// is a denial, and so is an empty status of the stack.
type answers struct {
	states []stackresource.State
	stack  string // its status; absent if there is no stack
	parent string // the parent stack's status; empty for none
	asked  int
}

// absent is the status of a stack or resource that does not exist.
const absent = "absent"

func (a *answers) Read(context.Context, string, string) (stackresource.State, error) {
	s := a.states[min(a.asked, len(a.states)-1)]
	if a.asked++; s.Status == "" {
		return s, errors.New("denied")
	}
	if s.Status == absent {
		return stackresource.State{}, stackresource.ErrNoResource
	}
	return s, nil
}

func (a *answers) Stack(_ context.Context, stackID string) (stackresource.Stack, error) {
	status := map[string]string{"": a.stack, middleStack: "UPDATE_COMPLETE", parentStack: a.parent}[stackID]
	switch {
	case status == "" || status == denied:
		return stackresource.Stack{}, errors.New("denied")
	case status == absent:
		return stackresource.Stack{}, stackresource.ErrNoStack
	case a.parent == "" || stackID == parentStack:
		return stackresource.Stack{Status: status}, nil
	case stackID == middleStack:
		return stackresource.Stack{Status: status, ParentID: parentStack}, nil
	}
	return stackresource.Stack{Status: status, ParentID: middleStack}, nil
}

// middleStack is the parent of the stack, and nested in parentStack.
const middleStack, denied = "middle", "denied"

// watching returns the Watch of a request of this age.
func watching(kind Kind, age time.Duration, states ...stackresource.State) (*Watch, *answers) {
	requests := map[Kind]cfn.RequestType{Create: cfn.RequestCreate, Delete: cfn.RequestDelete, GeneratedDelete: cfn.RequestDelete}
	request := customresource.Request{Type: cfn.RequestUpdate, PhysicalID: presentID}
	if r, ok := requests[kind]; ok {
		request.Type = r
	}
	a := &answers{states: states}
	w := New(request, kind, presentID, a, slog.New(slog.DiscardHandler))
	w.age, w.issued = age, time.Now().Add(-age)
	return w, a
}

// is returns the state of a resource with the physical id of an Update's event.
func is(status string) stackresource.State {
	return stackresource.State{Status: status, PhysicalID: presentID}
}

// The moments at which a request may ask CloudFormation.
var (
	first    = (*Watch).BeforeWrites
	removals = (*Watch).BeforeRemovals
	last     = (*Watch).Last
)

// TestWatch checks when a request asks CloudFormation, which answers end it, and that it goes
// on if CloudFormation cannot be asked.
// Reference 11.4, 11.6, 11.7.
func TestWatch(t *testing.T) {
	replaced := stackresource.State{Status: "UPDATE_COMPLETE", PhysicalID: "other-0123456789ab"}
	tests := []struct {
		name   string
		kind   Kind
		age    time.Duration
		moment func(*Watch, context.Context) *Error
		states []stackresource.State
		want   standing
		asked  int
	}{
		{"a young Create", Create, 3 * time.Second, last, []stackresource.State{is("DELETE_COMPLETE")}, current, 0},
		{"a Create that is waited for", Create, 4 * time.Second, last, []stackresource.State{is("CREATE_IN_PROGRESS")}, current, 1},
		{"a cancelled Create", Create, 4 * time.Second, last, []stackresource.State{is("CREATE_FAILED")}, abandoned, 2},
		{"a Create whose Delete is at work", Create, 4 * time.Second, last, []stackresource.State{is("DELETE_IN_PROGRESS")}, abandoned, 2},
		{"a Create whose Delete is over", Create, 4 * time.Second, last, []stackresource.State{is("DELETE_COMPLETE")}, abandoned, 2},
		{"a Create whose Delete failed", Create, 4 * time.Second, last, []stackresource.State{is("DELETE_FAILED")}, current, 1},
		{"a state that was older than the request", Create, 4 * time.Second, last, []stackresource.State{is("CREATE_FAILED"), is("CREATE_IN_PROGRESS")}, current, 2},
		{"a Create whose like has been answered", Create, time.Hour, last, []stackresource.State{is("CREATE_COMPLETE")}, current, 1},
		{"a Create of a resource that exists and was updated", Create, time.Hour, last, []stackresource.State{is("UPDATE_COMPLETE")}, current, 1},
		{"a Create of what was replaced, in the cleanup", Create, time.Hour, last, []stackresource.State{{Status: "DELETE_IN_PROGRESS", PhysicalID: rayiam.PhysicalID("other", "", "")}}, current, 1},
		{"an imported resource", Create, time.Hour, last, []stackresource.State{is("IMPORT_COMPLETE")}, current, 1},
		{"CloudFormation does not tell", Create, time.Hour, last, []stackresource.State{{}}, current, 1},
		{"CloudFormation does not tell the second time", Create, time.Hour, last, []stackresource.State{is("DELETE_COMPLETE"), {}}, current, 2},
		{"a replacement that is waited for", Replacement, 4 * time.Second, last, []stackresource.State{is("UPDATE_IN_PROGRESS")}, current, 1},
		{"a replacement that was rolled back", Replacement, 4 * time.Second, last, []stackresource.State{is("UPDATE_COMPLETE")}, abandoned, 2},
		{"a replacement that was cancelled", Replacement, 4 * time.Second, last, []stackresource.State{is("UPDATE_FAILED")}, abandoned, 2},
		{"a replacement whose like has been answered", Replacement, time.Hour, last, []stackresource.State{replaced}, current, 1},
		{"a replacement during the cleanup", Replacement, time.Hour, last, []stackresource.State{is("DELETE_IN_PROGRESS")}, current, 1},
		{"an Update in place", Update, time.Hour, last, []stackresource.State{is("DELETE_COMPLETE")}, current, 0},
		{"a Delete", Delete, time.Hour, last, []stackresource.State{is("DELETE_COMPLETE")}, current, 0},

		{"a Create at its beginning", Create, 29 * time.Second, first, []stackresource.State{is("DELETE_COMPLETE")}, current, 0},
		{"a stale Create that is waited for", Create, 30 * time.Second, first, []stackresource.State{is("CREATE_IN_PROGRESS")}, current, 1},
		{"a stale Create of what is deleted", Create, 30 * time.Second, first, []stackresource.State{is("DELETE_COMPLETE")}, abandoned, 2},
		{"a stale Create of what could not be deleted", Create, 30 * time.Second, first, []stackresource.State{is("DELETE_FAILED")}, superseded, 2},
		{"a stale Update of what could not be deleted", Update, 30 * time.Second, first, []stackresource.State{is("DELETE_FAILED")}, superseded, 2},
		{"a stale replacement of what could not be deleted", Replacement, 30 * time.Second, first, []stackresource.State{is("DELETE_FAILED")}, superseded, 2},
		{"a stale Create of what is being updated", Create, 30 * time.Second, first, []stackresource.State{is("UPDATE_IN_PROGRESS")}, superseded, 2},
		{"a stale Create of what was updated", Create, 30 * time.Second, first, []stackresource.State{is("UPDATE_COMPLETE")}, superseded, 2},
		{"a stale Create of what has been created", Create, 30 * time.Second, first, []stackresource.State{is("CREATE_COMPLETE")}, superseded, 2},
		{"a stale Update that is waited for", Update, 30 * time.Second, first, []stackresource.State{is("UPDATE_IN_PROGRESS")}, current, 1},
		{"a stale Update that is over", Update, 30 * time.Second, first, []stackresource.State{is("UPDATE_COMPLETE")}, superseded, 2},
		{"a stale Update of what is being deleted", Update, 30 * time.Second, first, []stackresource.State{is("DELETE_IN_PROGRESS")}, superseded, 2},
		{"a stale replacement that was rolled back", Replacement, 30 * time.Second, first, []stackresource.State{is("UPDATE_COMPLETE")}, abandoned, 2},
		{"a stale replacement whose like has been answered", Update, 30 * time.Second, first, []stackresource.State{replaced}, superseded, 2},
		{"a late Update about to delete", Update, 4 * time.Second, removals, []stackresource.State{is("UPDATE_COMPLETE")}, superseded, 2},
		{"a late Update about to delete, waited for", Update, 4 * time.Second, removals, []stackresource.State{is("UPDATE_IN_PROGRESS")}, current, 1},
		{"an early Update about to delete", Update, 3 * time.Second, removals, []stackresource.State{is("UPDATE_COMPLETE")}, current, 0},
		{"a stale Delete", Delete, time.Hour, first, []stackresource.State{is("UPDATE_COMPLETE")}, current, 0},
		{"a stale request of which CloudFormation does not tell", Update, time.Hour, first, []stackresource.State{{}}, current, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, cloudformation := watching(tt.kind, tt.age, tt.states...)
				got, err := current, tt.moment(w, t.Context())
				if err != nil {
					got = err.standing
				}
				if got != tt.want || cloudformation.asked != tt.asked {
					t.Errorf("got %v after %d calls to CloudFormation, standing %d; want %d after %d", err, cloudformation.asked, got, tt.want, tt.asked)
				}
			})
		})
	}
}

// TestWatch_OwnsSet checks when a Delete with a generated id is not meant for the existing
// set.
// Reference 11.5.
func TestWatch_OwnsSet(t *testing.T) {
	generated := func(status string) stackresource.State {
		return stackresource.State{Status: status, PhysicalID: "generated"}
	}
	for name, tt := range map[string]struct {
		age    time.Duration
		states []stackresource.State
		want   bool
	}{
		"a later resource":                     {0, []stackresource.State{is("CREATE_COMPLETE")}, true},
		"a later resource that is updated":     {0, []stackresource.State{is("UPDATE_IN_PROGRESS")}, true},
		"its own Create":                       {0, []stackresource.State{generated("DELETE_IN_PROGRESS")}, false},
		"its own Create, not deleted at first": {0, []stackresource.State{generated("DELETE_FAILED")}, false},
		"a later resource, not deleted":        {0, []stackresource.State{is("DELETE_FAILED")}, true},
		"its own Create, answered after all":   {0, []stackresource.State{is("DELETE_IN_PROGRESS")}, false},
		"a later resource that begins":         {time.Minute, []stackresource.State{generated("CREATE_IN_PROGRESS")}, true},
		"its own Create, shown late":           {0, []stackresource.State{generated("CREATE_IN_PROGRESS")}, false},
		"an answer that does not last":         {0, []stackresource.State{is("CREATE_COMPLETE"), is("DELETE_IN_PROGRESS")}, false},
		"CloudFormation does not tell":         {0, []stackresource.State{{}}, false},
		"CloudFormation does not tell, later":  {0, []stackresource.State{is("CREATE_COMPLETE"), {}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := watching(GeneratedDelete, tt.age, tt.states...)
				if got := w.OwnsSet(t.Context()); got != tt.want {
					t.Errorf("OwnsSet = %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// TestWatch_Says checks the sentences for the template's author.
func TestWatch_Says(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := watching(Create, 90*time.Second, is("DELETE_COMPLETE"))
		want := "CloudFormation no longer waits for this Create: it was issued 1m31s ago, and the resource is DELETE_COMPLETE"
		if err := w.Last(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

// TestWatch_AsksSeldom checks that an abandoned request stays abandoned without another
// question, and that many calls about entities that IAM does not show ask once in hiddenPause.
func TestWatch_AsksSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cloudformation := watching(Create, time.Minute, is("CREATE_IN_PROGRESS"), is("CREATE_IN_PROGRESS"), is("DELETE_COMPLETE"))
		for range 30 {
			for range 8 {
				go func() { _ = w.WhileHidden(t.Context()) }()
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if cloudformation.asked != 4 { // at 0 and 5 seconds, and at 10 and 11
			t.Errorf("CloudFormation was asked %d times in 30 seconds, want 4", cloudformation.asked)
		}
		if err := w.Last(t.Context()); err == nil || !strings.Contains(err.Error(), "DELETE_COMPLETE") || cloudformation.asked != 4 {
			t.Errorf("got %v after %d calls to CloudFormation, want the known end", err, cloudformation.asked)
		}
	})
}

// TestWatch_DeadlineBetweenQuestions checks that a single answer does not end a request.
func TestWatch_DeadlineBetweenQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cloudformation := watching(Create, time.Minute, is("DELETE_COMPLETE"))
		ctx, cancel := context.WithTimeout(t.Context(), confirmPause/2)
		defer cancel()
		if err := w.Last(ctx); err != nil || cloudformation.asked != 1 {
			t.Errorf("got %v after %d calls to CloudFormation, want none after 1", err, cloudformation.asked)
		}
	})
}

// TestAge checks that the age of a request whose response URL has only an expiry follows from
// the expiry, and that the request counts as issued when it begins: so no rollback removes
// entities that were made before.
func TestAge(t *testing.T) {
	begun := time.Now()
	end := begun.Add(-time.Minute).Add(2 * time.Hour)
	url := fmt.Sprintf("https://x/?AWSAccessKeyId=a&Signature=b&Expires=%d", end.Unix())
	w := New(customresource.Request{Type: cfn.RequestCreate, ResponseURL: customresource.Secret(url)}, Create, presentID, nil, slog.New(slog.DiscardHandler))
	if !w.Stale() || !w.late() {
		t.Errorf("a request with the age %s is stale: %v, late: %v; want both", w.ageNow(), w.Stale(), w.late())
	}
	if w.Issued().Before(begun) {
		t.Errorf("the request counts as issued %s before it began, want not before", begun.Sub(w.Issued()))
	}
}
