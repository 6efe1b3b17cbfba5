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

// A told is one answer of CloudFormation.
type told struct {
	status, physicalID string
	err                error
}

// tellings answers Read and Find in turn, the last answer again and again.
type tellings struct {
	answers     []told
	asked       int
	read, found bool

	logicalID string // of the set
	accepted  bool   // as the one that it may be found by
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

// TestOrphaned holds what CloudFormation must say, and twice, of a set that nobody owns any
// more.
// Reference 4.13.
func TestIsOrphaned(t *testing.T) {
	const ownStack, otherStack = "arn:own", "arn:other"
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
				cloudformation := &tellings{answers: tt.answers, logicalID: tt.logicalID}
				got, err := IsOrphaned(t.Context(), cloudformation, request, owner, tt.stack, slog.New(slog.DiscardHandler))
				if got != tt.want || (err != nil) != tt.fails || cloudformation.asked != tt.asked {
					t.Errorf("got %v and %v after %d questions, want %v after %d", got, err, cloudformation.asked, tt.want, tt.asked)
				}
				if same := tt.logicalID == request.LogicalID; cloudformation.read != same || cloudformation.found == same || cloudformation.accepted == same {
					t.Errorf("read %v, searched %v", cloudformation.read, cloudformation.found)
				}
			})
		})
	}
}
