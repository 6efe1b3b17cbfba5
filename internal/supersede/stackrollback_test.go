package supersede

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// statuses answers Stack in turn, the last answer again and again; an empty status is a
// denial, and "throttled" is an error.
type statuses struct {
	answers []string
	asked   int
}

var (
	errStatusDenied    = &smithy.GenericAPIError{Code: "AccessDenied"}
	errStatusThrottled = &smithy.GenericAPIError{Code: "Throttling"}
)

const throttled = "throttled"

func (s *statuses) Stack(context.Context, string) (stackresource.Stack, error) {
	status := s.answers[min(s.asked, len(s.answers)-1)]
	switch s.asked++; status {
	case "":
		return stackresource.Stack{}, errStatusDenied
	case throttled:
		return stackresource.Stack{}, errStatusThrottled
	}
	return stackresource.Stack{Status: status}, nil
}

// TestRollingBack checks which status of a stack means that CloudFormation is rolling back,
// and that it is asked again before a no counts.
// Reference 14.4.
func TestRollingBack(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []string
		want    bool
		asked   int
		fails   bool
	}{
		"a creation is rolled back":        {[]string{"ROLLBACK_IN_PROGRESS"}, true, 1, false},
		"an update is rolled back":         {[]string{"UPDATE_ROLLBACK_IN_PROGRESS"}, true, 1, false},
		"what that had made is removed":    {[]string{"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}, true, 1, false},
		"an import is rolled back":         {[]string{"IMPORT_ROLLBACK_IN_PROGRESS"}, true, 1, false},
		"said late":                        {[]string{"UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"}, true, 2, false},
		"an update":                        {[]string{"UPDATE_IN_PROGRESS"}, false, 2, false},
		"the cleanup of an update":         {[]string{"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"}, false, 2, false},
		"a delete":                         {[]string{"DELETE_IN_PROGRESS"}, false, 2, false},
		"a rollback that is over":          {[]string{"ROLLBACK_COMPLETE"}, false, 2, false},
		"a rollback that failed":           {[]string{"UPDATE_ROLLBACK_FAILED"}, false, 2, false},
		"denied":                           {[]string{""}, false, 1, true},
		"not rolled back, and then denied": {[]string{"UPDATE_IN_PROGRESS", ""}, false, 2, true},
		"throttled":                        {[]string{throttled, throttled, "UPDATE_ROLLBACK_IN_PROGRESS"}, true, 3, false},
		"throttled the second time":        {[]string{"UPDATE_IN_PROGRESS", throttled, "UPDATE_ROLLBACK_IN_PROGRESS"}, true, 3, false},
		"throttled, and then denied":       {[]string{throttled, ""}, false, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloudformation := &statuses{answers: tt.answers}
				got, err := RollingBack(t.Context(), cloudformation, "arn", slog.New(slog.DiscardHandler))
				if got != tt.want || errors.Is(err, errStatusDenied) != tt.fails || cloudformation.asked != tt.asked {
					t.Errorf("got %v and %v after %d calls to CloudFormation, want %v after %d", got, err, cloudformation.asked, tt.want, tt.asked)
				}
			})
		})
	}
}

// TestRollingBackUpdate checks that for an Update the later of two answers counts, and that a
// cleanup is no rollback.
// Reference 5.19.
func TestRollingBackUpdate(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []string
		want    bool
		fails   bool
	}{
		"an update is rolled back":            {[]string{"UPDATE_ROLLBACK_IN_PROGRESS"}, true, false},
		"said late":                           {[]string{"UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"}, true, false},
		"an earlier rollback, and an update":  {[]string{"UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_IN_PROGRESS"}, false, false},
		"what that had made is removed":       {[]string{"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}, false, false},
		"an earlier cleanup, and an update":   {[]string{"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_IN_PROGRESS"}, false, false},
		"an update":                           {[]string{"UPDATE_IN_PROGRESS"}, false, false},
		"an update is rolled back, no answer": {[]string{"UPDATE_ROLLBACK_IN_PROGRESS", ""}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloudformation := &statuses{answers: tt.answers}
				got, err := RollingBackUpdate(t.Context(), cloudformation, "arn", slog.New(slog.DiscardHandler))
				if got != tt.want || errors.Is(err, errStatusDenied) != tt.fails || cloudformation.asked != 2 {
					t.Errorf("got %v and %v after %d calls to CloudFormation, want %v after 2", got, err, cloudformation.asked, tt.want)
				}
			})
		})
	}
}

// TestRollingBack_Unanswered checks for how long CloudFormation is asked if it does not
// answer: 30 seconds, or a quarter of the request's time.
// Reference 14.4.
func TestRollingBack_Unanswered(t *testing.T) {
	for name, tt := range map[string]struct{ left, want time.Duration }{
		"much time":   {280 * time.Second, 30 * time.Second},
		"little time": {40 * time.Second, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.left)
				defer cancel()
				begun := time.Now()
				rolling, err := RollingBack(ctx, &statuses{answers: []string{throttled}}, "arn", slog.New(slog.DiscardHandler))
				if took := time.Since(begun); rolling || !errors.Is(err, errStatusThrottled) || took != tt.want {
					t.Errorf("got %v and %v after %s, want an error after %s", rolling, err, took, tt.want)
				}
			})
		})
	}
}

// nested answers Stack for several stacks, by their ids.
type nested map[string]stackresource.Stack

func (n nested) Stack(_ context.Context, stackID string) (stackresource.Stack, error) {
	stack, ok := n[stackID]
	if !ok {
		return stackresource.Stack{}, stackresource.ErrNoStack
	}
	return stack, nil
}

// TestRollingBack_Nested checks that a nested stack that is being deleted counts as rolled
// back if its parent is rolled back, and that no other nested stack does.
// Reference 14.4.
func TestRollingBack_Nested(t *testing.T) {
	for name, tt := range map[string]struct {
		status, parent, grandparent string
		want                        bool
	}{
		"made by an update that is rolled back":  {"DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", true},
		"in the cleanup of that":                 {"DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "", true},
		"made by a creation that is rolled back": {"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "", true},
		"two levels below what is rolled back":   {"DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", true},
		"deleted with its parent":                {"DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", false},
		"removed by an update":                   {"DELETE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "", false},
		"updated by itself":                      {"UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stacks := nested{"nested": {Status: tt.status, ParentID: "parent"}, "parent": {Status: tt.parent, ParentID: "grandparent"}, "grandparent": {Status: tt.grandparent}}
				if got, err := RollingBack(t.Context(), stacks, "nested", slog.New(slog.DiscardHandler)); got != tt.want || err != nil {
					t.Errorf("got %v (%v), want %v", got, err, tt.want)
				}
				delete(stacks, "parent")
				_, err := RollingBack(t.Context(), stacks, "nested", slog.New(slog.DiscardHandler))
				if asks := tt.status == "DELETE_IN_PROGRESS"; errors.Is(err, stackresource.ErrNoStack) != asks {
					t.Errorf("without the parent: %v, want an error %v", err, asks)
				}
			})
		})
	}
}
