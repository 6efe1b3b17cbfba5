package supersede

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// An UnexpectedError says that CloudFormation is not at work on the request's set. Anybody who
// may invoke the function can send an event. While CloudFormation waits for its own event, the
// resource and its stack are in progress.
type UnexpectedError struct {
	subject string // this resource
	status  string
}

// Error names the status of the resource or of the stack.
func (e *UnexpectedError) Error() string {
	return notAtWork(e.subject, e.status)
}

// Verify asks whether CloudFormation is at work on the request's set, and returns an
// *UnexpectedError if CloudFormation says twice that it is not:
//
//   - the resource has the set that the request is about, or one of the others that it would
//     change, by their owners, and is not in progress. An event can have any physical id and any
//     type, so only the set counts;
//   - or the resource does not have such a set, because the set was retained or replaced, or
//     because there is no such resource, and its stack does not exist, or neither the stack nor
//     any of its parents is in progress.
//
// It returns nil if CloudFormation cannot be asked: CloudFormation's own event must not fail
// because a question failed.
func (w *Watch) Verify(ctx context.Context, others ...string) error {
	sets := append([]string{w.physicalID, w.owner}, others...)
	if w.unexpected(ctx, sets) == nil || smithytime.SleepWithContext(ctx, confirmPause) != nil {
		return nil
	}
	if unexpected := w.unexpected(ctx, sets); unexpected != nil {
		return unexpected
	}
	return nil
}

// unexpected asks once.
func (w *Watch) unexpected(ctx context.Context, sets []string) *UnexpectedError {
	state, err := w.read(ctx)
	switch {
	case errors.Is(err, stackresource.ErrNoStack), errors.Is(err, stackresource.ErrNoResource):
	case err != nil, state.InProgress():
		return nil
	case w.has(state, sets):
		return &UnexpectedError{thisResource, state.Status}
	}
	return w.stackUnexpected(ctx)
}

// stackUnexpected asks about the resource's stack and each of its parents: a nested stack may
// be complete while its parents still clean up what it has replaced.
func (w *Watch) stackUnexpected(ctx context.Context) *UnexpectedError {
	var unexpected *UnexpectedError
	stackID := w.stackID
	for depth := range maxNesting {
		stack, err := w.stacks.Stack(ctx, stackID)
		switch {
		case errors.Is(err, stackresource.ErrNoStack) && depth == 0:
			return &UnexpectedError{thisStack, unknownStack}
		case errors.Is(err, stackresource.ErrNoStack): // then CloudFormation is not at work on it
			return unexpected
		case err != nil:
			w.log.Warn("cannot tell whether CloudFormation is working on the stack", slog.String("error", err.Error()))
			return nil
		case strings.HasSuffix(stack.Status, "_IN_PROGRESS"):
			return nil
		case depth == 0:
			unexpected = &UnexpectedError{thisStack, stack.Status}
		}
		if stackID = stack.ParentID; stackID == "" {
			break
		}
	}
	return unexpected
}

// has reports whether a resource in this state has one of the sets. For a Create,
// CloudFormation may return the state of a deleted earlier resource, which made the same set.
// A generated id belongs to no set. The owner's set that the resource has is kept: see
// OwnsSet.
func (w *Watch) has(state stackresource.State, sets []string) bool {
	switch {
	case state.PhysicalID == "", w.kind == GeneratedDelete, w.kind == Create && state.Removed():
		return false
	}
	return slices.Contains(sets, state.PhysicalID)
}
