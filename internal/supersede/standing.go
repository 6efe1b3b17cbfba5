package supersede

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// A standing says whether CloudFormation still waits for a request, by the state of its
// resource.
type standing int

const (
	// current: CloudFormation waits for the request, or does not say.
	current standing = iota
	// superseded: CloudFormation no longer waits for the request, and a later request changes
	// or deletes the resource.
	superseded
	// abandoned: CloudFormation no longer waits for the request, and no later request
	// deletes what it has made.
	abandoned
)

// The statuses of a resource that decide the standing of a request. Any other status, for
// example of an import, leaves the request current.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
var (
	gone    = []string{"CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"}
	updated = []string{"UPDATE_COMPLETE", "UPDATE_FAILED"}
	created = []string{"CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED", deleteFailed}
)

// deleteFailed: the stack still has the resource, and instances may use its set: mostly, these
// have made the Delete fail. The next Delete deletes the set.
const deleteFailed = "DELETE_FAILED"

// standing returns the request's standing for a state of the resource.
func (w *Watch) standing(s stackresource.State) standing {
	switch w.kind {
	case Create:
		return w.standingOfCreate(s)
	case Replacement:
		return w.standingOfReplacement(s)
	case Update, ReplacementRollback:
		if slices.Contains(gone, s.Status) || slices.Contains(updated, s.Status) || s.Status == deleteFailed {
			return superseded
		}
	}
	return current
}

func (w *Watch) standingOfCreate(s stackresource.State) standing {
	switch {
	case s.PhysicalID != w.owner && w.ours(s.PhysicalID):
		return superseded // the resource was replaced, and its status is the replacement's
	case slices.Contains(gone, s.Status):
		return abandoned
	case slices.Contains(created, s.Status):
		return superseded
	}
	return current
}

func (w *Watch) standingOfReplacement(s stackresource.State) standing {
	switch {
	case slices.Contains(updated, s.Status) && s.PhysicalID == w.physicalID:
		return abandoned // the resource is what it was before the replacement
	case slices.Contains(gone, s.Status), slices.Contains(updated, s.Status), s.Status == deleteFailed:
		return superseded
	}
	return current
}
