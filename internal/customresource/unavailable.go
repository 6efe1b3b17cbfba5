package customresource

import (
	"context"
	"fmt"
	"log/slog"
)

// Unavailable is a Resource whose provider could not start. It fails every request with the
// reason.
type Unavailable struct {
	Err error
}

// PhysicalID returns an id that names no resource.
func (Unavailable) PhysicalID(Request) string { return unknownID }

// Reconcile fails, and changes nothing.
func (u Unavailable) Reconcile(context.Context, Request, string, *slog.Logger) (Outcome, error) {
	return Outcome{}, fmt.Errorf("nothing was changed, the provider could not start: %w", u.Err)
}
