package iamsync

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// TestRefused checks that errors of IAM count as the template's own fault only if each of them
// is.
// Reference 13.5.
func TestRefused(t *testing.T) {
	put := rayiam.Step{Call: rayiam.PutRolePolicy, Role: "ray-head", Policy: "p", Document: "{}"}
	malformed, denied := fails(400, "MalformedPolicyDocument"), fails(403, "AccessDenied")
	for name, tt := range map[string]struct {
		attach, put reply
		want        bool
	}{
		"an inline policy":                   {succeed, malformed, true},
		"two policies":                       {fails(400, "PolicyNotAttachable"), fails(409, "LimitExceeded"), true},
		"an inline policy, and a denial":     {denied, malformed, false},
		"a denial, and an inline policy":     {fails(409, "LimitExceeded"), denied, false},
		"a managed policy's document":        {malformed, succeed, false},
		"a value that IAM does not accept":   {succeed, fails(400, "InvalidInput"), false},
		"a policy that does not exist (yet)": {fails(404, "NoSuchEntity"), succeed, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{"AttachRolePolicy": {tt.attach}, "PutRolePolicy": {tt.put}}}
			onWire(t, w, func(ctx context.Context, s *Sync) {
				err := s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{attach, put}}})
				refusal, ok := errors.AsType[interface {
					error
					Refused() bool
				}](fmt.Errorf("wrapped: %w", err))
				if !ok || refusal.Refused() != tt.want {
					t.Errorf("Apply: %v, refused: %v, want %v", err, ok && refusal.Refused(), tt.want)
				}
			})
		})
	}
}
