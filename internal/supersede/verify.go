package supersede

import (
	"context"
	"fmt"
	"slices"

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
// *UnexpectedError if it says twice that it is not, while the resource has the set that the
// request is about, or one of the others that it would change, by their owners. An event can
// have any physical id and any type, so it is the set that counts. Verify returns nil for a
// kind of request of which that cannot be said, for a set that the resource does not have at
// present, such as one that is cleaned up after a replacement, and if CloudFormation cannot be
// asked.
func (w *Watch) Verify(ctx context.Context, others ...string) error {
	if !w.kind.Rule().Verified {
		return nil
	}
	sets := append([]string{w.physicalID, w.owner}, others...)
	state, idle, _ := w.confirmed(ctx, func(s stackresource.State) bool {
		switch {
		case s.PhysicalID == "" || s.InProgress():
			return false
		case w.kind == Create && s.Removed():
			return false // the answer may be of the resource before: its Create makes the same set
		}
		return slices.Contains(sets, s.PhysicalID)
	})
	if !idle {
		return nil
	}
	return &UnexpectedError{state.Status}
}
