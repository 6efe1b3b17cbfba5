package supersede

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// The ids of stacks.
const (
	ownAccount  = "123456789012"
	ownStack    = "arn:aws:cloudformation:us-east-1:" + ownAccount + ":stack/own/1"
	otherStack  = "arn:aws:cloudformation:eu-west-1:" + ownAccount + ":stack/other/1"
	parentStack = "arn:aws:cloudformation:eu-west-1:" + ownAccount + ":stack/parent/1"
)

// A told is one answer of CloudFormation.
type told struct {
	status, physicalID string
	err                error
}

// tellings answers Read and Find with its answers in turn, and repeats the last one. It
// also answers Stack.
type tellings struct {
	answers     []told
	asked       int
	read, found bool

	stack, parent string // status, empty for a denial; the parent stack's status, empty for none

	logicalID string // of the set
	accepted  bool   // whether Find accepts it
}

func (s *tellings) next() (stackresource.State, error) {
	a := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	return stackresource.State{Status: a.status, PhysicalID: a.physicalID}, a.err
}

func (s *tellings) Read(context.Context, string, string) (stackresource.State, error) {
	s.read = true
	return s.next()
}

func (s *tellings) Find(_ context.Context, stackID, owner string, accepts func(string) bool) (stackresource.State, error) {
	s.found = true
	s.accepted = accepts(s.logicalID)
	return s.next()
}

func (s *tellings) Stack(_ context.Context, stackID string) (stackresource.Stack, error) {
	switch {
	case stackID == parentStack:
		return stackresource.Stack{Status: s.parent}, nil
	case s.stack == "":
		return stackresource.Stack{}, errStatusDenied
	case s.parent != "":
		return stackresource.Stack{Status: s.stack, ParentID: parentStack}, nil
	}
	return stackresource.Stack{Status: s.stack}, nil
}

// TestIsOrphaned checks what CloudFormation must answer, twice, for a set to be orphaned.
// Reference 4.13.
func TestIsOrphaned(t *testing.T) {
	request := customresource.Request{StackID: ownStack, LogicalID: "RayIAM"}
	denied := errors.New("denied")
	for name, tt := range map[string]struct {
		stack, logicalID string // of the set
		answers          []told
		want             bool
		asked            int
		fails            bool
	}{
		"the stack is gone":                 {otherStack, "RayIAM", []told{{err: stackresource.ErrNoStack}}, true, 2, false},
		"its own stack is gone":             {ownStack, "Old", []told{{err: stackresource.ErrNoStack}}, false, 1, true},
		"the resource is gone":              {otherStack, "RayIAM", []told{{err: stackresource.ErrNoResource}}, true, 2, false},
		"gone, then not":                    {otherStack, "RayIAM", []told{{err: stackresource.ErrNoResource}, {status: "CREATE_COMPLETE", physicalID: "owner"}}, false, 2, false},
		"gone, then silent":                 {otherStack, "RayIAM", []told{{err: stackresource.ErrNoResource}, {err: denied}}, false, 2, true},
		"another logical id's":              {ownStack, "Old", []told{{err: stackresource.ErrNoResource}}, true, 2, false},
		"the stack of another id is gone":   {otherStack, "Old", []told{{err: stackresource.ErrNoStack}}, true, 2, false},
		"retained, of another id":           {otherStack, "Old", []told{{status: "DELETE_SKIPPED", physicalID: "owner"}}, true, 2, false},
		"in use, of another id":             {otherStack, "Old", []told{{status: "UPDATE_COMPLETE", physicalID: "owner"}}, false, 1, false},
		"complete":                          {otherStack, "RayIAM", []told{{status: "CREATE_COMPLETE", physicalID: "owner"}}, false, 1, false},
		"deleted":                           {otherStack, "RayIAM", []told{{status: "DELETE_COMPLETE", physicalID: "owner"}}, true, 2, false},
		"retained":                          {otherStack, "RayIAM", []told{{status: "DELETE_SKIPPED", physicalID: "owner"}}, true, 2, false},
		"being deleted":                     {otherStack, "RayIAM", []told{{status: "DELETE_IN_PROGRESS", physicalID: "owner"}}, false, 1, false},
		"not to be deleted":                 {otherStack, "RayIAM", []told{{status: "DELETE_FAILED", physicalID: "owner"}}, false, 1, false},
		"in use":                            {otherStack, "RayIAM", []told{{status: "UPDATE_COMPLETE", physicalID: "owner"}}, false, 1, false},
		"replaced":                          {otherStack, "RayIAM", []told{{status: "UPDATE_COMPLETE", physicalID: "another"}}, true, 2, false},
		"being created":                     {otherStack, "Old", []told{{status: "CREATE_IN_PROGRESS"}}, false, 1, false},
		"replaced, and still to be deleted": {otherStack, "RayIAM", []told{{status: "UPDATE_IN_PROGRESS", physicalID: "another"}}, false, 1, false},
		"CloudFormation cannot be asked":    {otherStack, "RayIAM", []told{{err: denied}}, false, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				owner := rayiam.PhysicalID("ray", tt.stack, tt.logicalID)
				for i := range tt.answers {
					if tt.answers[i].physicalID == "owner" {
						tt.answers[i].physicalID = owner
					}
				}
				cloudformation := &tellings{answers: tt.answers, logicalID: tt.logicalID, stack: "UPDATE_COMPLETE"}
				got, err := IsOrphaned(t.Context(), cloudformation, request, owner, tt.stack, slog.New(slog.DiscardHandler))
				if got != tt.want || (err != nil) != tt.fails || cloudformation.asked != tt.asked {
					t.Errorf("got %v and %v after %d calls to CloudFormation, want %v after %d", got, err, cloudformation.asked, tt.want, tt.asked)
				}
				if same := tt.logicalID == request.LogicalID; cloudformation.read != same || cloudformation.found == same || cloudformation.accepted == same {
					t.Errorf("Read was called for %v, and Find for %v", cloudformation.read, cloudformation.found)
				}
			})
		})
	}
}

// TestAsk_Replaced checks that a set whose resource was replaced is orphaned only once neither
// its stack nor a parent of the stack may roll back to it.
// Reference 4.13, 15.7.
func TestAsk_Replaced(t *testing.T) {
	for name, tt := range map[string]struct {
		stack, parent string
		want          Belonging
	}{
		"the update is done":             {"UPDATE_COMPLETE", "", Orphaned},
		"an update was rolled back":      {"UPDATE_ROLLBACK_COMPLETE", "", Orphaned},
		"the update goes on":             {"UPDATE_IN_PROGRESS", "", InFlight},
		"its cleanup goes on":            {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "", InFlight},
		"it is rolled back":              {"UPDATE_ROLLBACK_IN_PROGRESS", "", InFlight},
		"it was stopped":                 {"UPDATE_FAILED", "", InFlight},
		"its rollback was stopped":       {"UPDATE_ROLLBACK_FAILED", "", InFlight},
		"the stack cannot be asked":      {"", "", Unasked},
		"nested, and all is done":        {"UPDATE_COMPLETE", "UPDATE_COMPLETE", Orphaned},
		"nested, and the update goes on": {"UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", InFlight},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				owner := rayiam.PhysicalID("ray", otherStack, "RayIAM")
				cloudformation := &tellings{answers: []told{{status: "UPDATE_COMPLETE", physicalID: "another"}}, logicalID: "RayIAM", stack: tt.stack, parent: tt.parent}
				got, err := Ask(t.Context(), cloudformation, owner, otherStack, ownAccount)
				if got != tt.want || (err != nil) != (tt.want == Unasked) {
					t.Errorf("the set is %v (error: %v), want %v", got, err, tt.want)
				}
				request := customresource.Request{StackID: ownStack, LogicalID: "RayIAM"}
				orphaned, err := IsOrphaned(t.Context(), cloudformation, request, owner, otherStack, slog.New(slog.DiscardHandler))
				if orphaned != (tt.want == Orphaned) || (err != nil) != (tt.want == Unasked) {
					t.Errorf("IsOrphaned = %v (error: %v), want %v", orphaned, err, tt.want == Orphaned)
				}
			})
		})
	}
}

// TestAsk_OtherStacks checks that CloudFormation is not asked about an id that is not a stack
// of the account: somebody may have set the tag with the id by hand.
// Reference 4.13, 15.7.
func TestAsk_OtherStacks(t *testing.T) {
	for name, stackID := range map[string]string{
		"none":               "",
		"no ARN":             "other",
		"of another account": "arn:aws:cloudformation:us-east-1:210987654321:stack/other/1",
		"with no Region":     "arn:aws:cloudformation:example.com/:" + ownAccount + ":stack/other/1",
		"of another service": "arn:aws:iam:us-east-1:" + ownAccount + ":stack/other/1",
	} {
		t.Run(name, func(t *testing.T) {
			cloudformation := &tellings{answers: []told{{err: stackresource.ErrNoStack}}}
			if got, err := Ask(t.Context(), cloudformation, "ray-0123456789ab", stackID, ownAccount); got != Unasked || err == nil {
				t.Errorf("the set is %v (error: %v), want an error", got, err)
			}
			request := customresource.Request{StackID: ownStack, LogicalID: "RayIAM"}
			if orphaned, err := IsOrphaned(t.Context(), cloudformation, request, "ray-0123456789ab", stackID, slog.New(slog.DiscardHandler)); orphaned || err == nil {
				t.Errorf("IsOrphaned = %v (error: %v), want an error", orphaned, err)
			}
			if cloudformation.asked > 0 {
				t.Errorf("CloudFormation was asked %d times, want never", cloudformation.asked)
			}
		})
	}
}
