package supersede

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// statuses answers Stack in turn, the last answer again and again; an empty one is a denial.
type statuses struct {
	answers []string
	asked   int
}

var errStatusDenied = errors.New("denied")

func (s *statuses) Stack(context.Context, string) (stackresource.Stack, error) {
	status := s.answers[min(s.asked, len(s.answers)-1)]
	if s.asked++; status == "" {
		return stackresource.Stack{}, errStatusDenied
	}
	return stackresource.Stack{Status: status}, nil
}

// TestRollingBack holds which status of a stack says that CloudFormation is rolling back, and
// that it is asked again before it counts that it is not.
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
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloudformation := &statuses{answers: tt.answers}
				got, err := RollingBack(t.Context(), cloudformation, "arn", slog.New(slog.DiscardHandler))
				if got != tt.want || errors.Is(err, errStatusDenied) != tt.fails || cloudformation.asked != tt.asked {
					t.Errorf("got %v and %v after %d questions, want %v after %d", got, err, cloudformation.asked, tt.want, tt.asked)
				}
			})
		})
	}
}
