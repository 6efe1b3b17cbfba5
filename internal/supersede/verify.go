package supersede

import (
	"context"
	"fmt"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// An UnexpectedError says that CloudFormation is not at work on the resource that a request is
// about. Anybody who may invoke the function can send an event; one that CloudFormation sends
// finds its resource in progress.
type UnexpectedError struct{ status string }

// Error names the status of the resource.
func (e *UnexpectedError) Error() string {
	return fmt.Sprintf("CloudFormation is not working on this resource, which is %s: the event does not come from CloudFormation, or comes too late", e.status)
}

// Verify asks whether CloudFormation is at work on the resource, and returns an
// *UnexpectedError if it says twice that it is not. It returns nil for a kind of request of
// which that cannot be said, for a physical id that is not the resource's present one, such
// as that of a set which is cleaned up after a replacement, and if CloudFormation cannot be
// asked.
func (w *Watch) Verify(ctx context.Context) error {
	if !w.kind.Rule().Verified {
		return nil
	}
	state, idle, _ := w.confirmed(ctx, func(s stackresource.State) bool {
		return s.PhysicalID == w.physicalID && !s.InProgress()
	})
	if !idle {
		return nil
	}
	return &UnexpectedError{state.Status}
}
