package iamsync

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

var (
	createRole = rayiam.Step{Call: rayiam.CreateRole, Role: "ray-head", Path: "/", Document: "{}"}
	attach     = rayiam.Step{Call: rayiam.AttachRolePolicy, Role: "ray-head", Policy: "arn:p"}
	detach     = rayiam.Step{Call: rayiam.DetachRolePolicy, Role: "ray-head", Policy: "arn:q"}
	addRole    = rayiam.Step{Call: rayiam.AddRoleToInstanceProfile, Role: "ray-head", InstanceProfile: "ray-head"}
	removeRole = rayiam.Step{Call: rayiam.RemoveRoleFromInstanceProfile, Role: "ray-head", InstanceProfile: "ray-head"}
	put        = rayiam.Step{Call: rayiam.PutRolePolicy, Role: "ray-head", Policy: "p", Document: "{}"}
	deleteRole = rayiam.Step{Call: rayiam.DeleteRole, Role: "ray-head"}
)

func phases(steps ...rayiam.Step) rayiam.Plan {
	var plan rayiam.Plan
	for _, step := range steps {
		plan.Phases = append(plan.Phases, []rayiam.Step{step})
	}
	return plan
}

// TestApply checks which errors are retried, which are final at once, and which make the
// plan stale.
// Reference 6.1, 6.2, 6.3.
func TestApply(t *testing.T) {
	const forever = -1
	tests := []struct {
		name    string
		plan    rayiam.Plan
		action  string
		replies []reply
		calls   int // number of calls of action
		err     string
		stale   bool
	}{
		{"throttled", phases(attach), "AttachRolePolicy", []reply{fails(400, "Throttling"), fails(400, "Throttling"), succeed}, 3, "", false},
		{"concurrent modification", phases(attach), "AttachRolePolicy", []reply{fails(409, "ConcurrentModification"), succeed}, 2, "", false},
		{"unmodifiable for now", phases(deleteRole), "DeleteRole", []reply{fails(409, "EntityTemporarilyUnmodifiable"), succeed}, 2, "", false},
		{"service failure", phases(attach), "AttachRolePolicy", []reply{fails(500, "ServiceFailure"), succeed}, 2, "", false},
		{"503", phases(attach), "AttachRolePolicy", []reply{fails(503, "ServiceUnavailable"), succeed}, 2, "", false},
		{"connection reset", phases(attach), "AttachRolePolicy", []reply{resets, succeed}, 2, "", false},
		{"answer cut off", phases(createRole), "CreateRole", []reply{truncates, succeed}, 2, "", false},
		{"silence", phases(attach), "AttachRolePolicy", []reply{hangs, succeed}, 2, "", false},
		{"not yet visible", phases(createRole, attach), "AttachRolePolicy", []reply{fails(404, "NoSuchEntity"), fails(404, "NoSuchEntity"), succeed}, 3, "", false},
		{"throttled until the deadline", phases(attach), "AttachRolePolicy", []reply{fails(400, "Throttling")}, forever, "before the deadline, the last answer was: Throttling: words of IAM", false},
		{"modified by others until the deadline", phases(addRole), "AddRoleToInstanceProfile", []reply{fails(409, "ConcurrentModification")}, forever, "before the deadline, the last answer was: ConcurrentModification: words of IAM", false},
		{"denied", phases(attach), "AttachRolePolicy", []reply{fails(403, "AccessDenied"), succeed}, 1, "attaching policy arn:p to role ray-head: AccessDenied: words of IAM", false},
		{"over quota", phases(attach), "AttachRolePolicy", []reply{fails(409, "LimitExceeded"), succeed}, 1, "LimitExceeded", false},
		{"malformed", phases(createRole), "CreateRole", []reply{fails(400, "MalformedPolicyDocument"), succeed}, 1, "MalformedPolicyDocument", false},
		{"malformed, of a policy", phases(put), "PutRolePolicy", []reply{fails(400, "MalformedPolicyDocument"), succeed}, 1, "putting inline policy p on role ray-head: MalformedPolicyDocument: words of IAM", false},
		{"invalid", phases(put), "PutRolePolicy", []reply{fails(400, "InvalidInput"), succeed}, 1, "putting inline policy p on role ray-head: InvalidInput: words of IAM", false},
		{"exists already", phases(createRole), "CreateRole", []reply{fails(409, "EntityAlreadyExists")}, 1, "EntityAlreadyExists", true},
		{"in use", phases(deleteRole), "DeleteRole", []reply{fails(409, "DeleteConflict")}, 1, "DeleteConflict", true},
		{"vanished meanwhile", phases(attach), "AttachRolePolicy", []reply{fails(404, "NoSuchEntity")}, 1, "NoSuchEntity", true},
		{"deleted but not visible", phases(deleteRole), "DeleteRole", []reply{fails(404, "NoSuchEntity")}, 1, "NoSuchEntity", true},
		{"profile taken meanwhile", phases(addRole), "AddRoleToInstanceProfile", []reply{fails(409, "LimitExceeded")}, 1, "LimitExceeded", true},
		{"detached already", phases(detach), "DetachRolePolicy", []reply{fails(404, "NoSuchEntity")}, 1, "", false},
		{"removed already", phases(removeRole), "RemoveRoleFromInstanceProfile", []reply{fails(404, "NoSuchEntity")}, 1, "", false},
		{"500 for good", phases(removeRole), "RemoveRoleFromInstanceProfile", []reply{fails(500, "InternalError")}, maxFaults, "InternalError", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{tt.action: tt.replies}}
			var err error
			onWire(t, w, func(ctx context.Context, s *Sync) { err = s.Apply(ctx, tt.plan) })
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Apply: %v, want %q", err, tt.err)
			}
			if Stale(err) != tt.stale {
				t.Errorf("Stale(%v) = %v, want %v", err, Stale(err), tt.stale)
			}
			n := 0
			for _, action := range w.calls {
				if action == tt.action {
					n++
				}
			}
			if n != tt.calls && tt.calls != forever {
				t.Errorf("%d calls of %s, want %d", n, tt.action, tt.calls)
			}
		})
	}
}

// TestDenialEndsAPhaseAtOnce checks that a final error does not wait for the calls beside it
// that are being retried, and is the reported error.
// Reference 6.3.
func TestDenialEndsAPhaseAtOnce(t *testing.T) {
	throttled := func(action string) (*http.Response, error) {
		time.Sleep(time.Millisecond) // so that both calls have begun
		return fails(400, "Throttling")(action)
	}
	w := &wire{replies: map[string][]reply{
		"AttachRolePolicy": {throttled},
		"PutRolePolicy":    {fails(403, "AccessDenied")},
	}}
	onWire(t, w, func(ctx context.Context, s *Sync) {
		start := time.Now()
		err := s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{attach, put}, {deleteRole}}})
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") || strings.Contains(err.Error(), "Throttling") {
			t.Errorf("Apply returned %v, want only the denial", err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("Apply took %s, want no wait", took)
		}
	})
	for _, action := range w.calls {
		if action == "DeleteRole" {
			t.Error("a phase began after a phase that failed")
		}
	}
}

// TestQuotaMakesRoom checks that replacing policies at the quota succeeds, although IAM counts
// new and old policies together.
// Reference 6.4.
func TestQuotaMakesRoom(t *testing.T) {
	w := &wire{replies: map[string][]reply{"AttachRolePolicy": {fails(409, "LimitExceeded"), succeed}}}
	onWire(t, w, func(ctx context.Context, s *Sync) {
		if err := s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{attach, detach}}}); err != nil {
			t.Errorf("Apply returned the error %v, want success", err)
		}
	})
}

// TestErrorsComeInPlanOrder checks that parallel failures are joined in plan order.
func TestErrorsComeInPlanOrder(t *testing.T) {
	slow := func(string) (*http.Response, error) { time.Sleep(time.Second); return fails(403, "AccessDenied")("") }
	w := &wire{replies: map[string][]reply{"AttachRolePolicy": {slow}, "DetachRolePolicy": {fails(403, "AccessDenied")}}}
	onWire(t, w, func(ctx context.Context, s *Sync) {
		err := s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{attach, detach}}})
		if err == nil || strings.Index(err.Error(), "attaching") > strings.Index(err.Error(), "detaching") {
			t.Errorf("Apply: %v, want attaching before detaching", err)
		}
	})
}

// TestPanicIsAnError checks that a panic beside other calls is reported like them.
func TestPanicIsAnError(t *testing.T) {
	onWire(t, &wire{}, func(ctx context.Context, s *Sync) {
		errs := s.parallel(ctx, 2, func(_ *batch, i int) error {
			if i == 1 {
				panic("oops")
			}
			return nil
		})
		if errs[0] != nil || errs[1] == nil || !strings.Contains(errs[1].Error(), "oops") {
			t.Errorf("errors %v, want the second to be the panic", errs)
		}
	})
}

// TestBackoffIsBounded proves that every delay is between half of backoffBase and
// backoffCap plus backoffBase.
func TestBackoffIsBounded(t *testing.T) {
	for attempt := 1; attempt < 100; attempt++ {
		if d := Backoff(attempt); d < backoffBase/2 || d > backoffCap+backoffBase {
			t.Errorf("Backoff(%d) = %s, want it within its bounds", attempt, d)
		}
	}
}

// TestAwaitProfiles checks that AwaitProfiles reads until the role is listed, and then waits;
// with 0, it does neither.
// Reference 6.6.
func TestAwaitProfiles(t *testing.T) {
	profile := func(role string) reply {
		return func(action string) (*http.Response, error) {
			return result(action, "<InstanceProfile><InstanceProfileName>ray-head</InstanceProfileName><Roles>"+role+"</Roles></InstanceProfile>"), nil
		}
	}
	listed := profile("<member><RoleName>ray-head</RoleName></member>")
	tests := []struct {
		name  string
		wait  time.Duration
		calls int
	}{
		{"with a wait", 10 * time.Second, 3},
		{"without", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{"GetInstanceProfile": {fails(404, "NoSuchEntity"), profile(""), listed}}}
			onWire(t, w, func(ctx context.Context, s *Sync) {
				start := time.Now()
				if err := s.AwaitProfiles(ctx, []string{"ray-head"}, tt.wait); err != nil {
					t.Errorf("AwaitProfiles returned the error %v, want success", err)
				}
				if took := time.Since(start); took < tt.wait || tt.wait == 0 && took > 0 {
					t.Errorf("took %s, want %s or more", took, tt.wait)
				}
			})
			if len(w.calls) != tt.calls {
				t.Errorf("the calls are %v, want %d", w.calls, tt.calls)
			}
		})
	}
}

// A hiddenFunc is a Hidden made of a function.
type hiddenFunc func(context.Context) error

func (f hiddenFunc) WhileHidden(ctx context.Context) error { return f(ctx) }

// TestHidden checks that a call about an entity that IAM does not show calls WhileHidden after
// a while, and stops waiting once it returns a reason; that without a reason the call waits
// until the deadline; and that other faults do not call WhileHidden.
func TestHidden(t *testing.T) {
	gone := errors.New("it is gone")
	tests := []struct {
		name  string
		reply reply
		hides func(asked int) error
		want  string
		took  time.Duration // at most
		asked bool
	}{
		{"a reason", fails(404, "NoSuchEntity"), func(int) error { return gone }, "it is gone", 2 * hiddenAfter, true},
		{"a reason later on", fails(404, "NoSuchEntity"), func(asked int) error {
			if asked < 3 {
				return nil
			}
			return gone
		}, "it is gone", time.Minute - time.Second, true},
		{"none", fails(404, "NoSuchEntity"), func(int) error { return nil }, "before the deadline", time.Minute, true},
		{"throttled", fails(400, "Throttling"), func(int) error { return gone }, "before the deadline", time.Minute, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{"GetInstanceProfile": {tt.reply}}}
			asked := 0
			var start time.Time
			hidden := hiddenFunc(func(context.Context) error {
				if asked++; time.Since(start) < hiddenAfter {
					t.Errorf("asked after %s, want at least %s", time.Since(start), hiddenAfter)
				}
				return tt.hides(asked)
			})
			onWireWith(t, w, Patience{}, hidden, func(ctx context.Context, s *Sync) {
				start = time.Now()
				err := s.AwaitProfiles(ctx, []string{"ray-head"}, time.Second)
				if took := time.Since(start); err == nil || !strings.Contains(err.Error(), tt.want) || took > tt.took {
					t.Errorf("got %v after %s, want %q within %s", err, took, tt.want, tt.took)
				}
			})
			if (asked > 0) != tt.asked {
				t.Errorf("asked %d times, want to be asked: %v", asked, tt.asked)
			}
		})
	}
}

// TestForget checks that reads of new entities count again after Forget.
func TestForget(t *testing.T) {
	w := &wire{replies: map[string][]reply{"GetRole": {fails(404, "NoSuchEntity")}, "GetInstanceProfile": {fails(404, "NoSuchEntity")}}}
	onWire(t, w, func(ctx context.Context, s *Sync) {
		s.setExists(entity{roleKind, "ray-head"}, true)
		s.Forget()
		observed, _, err := s.Observe(ctx, []rayiam.Lookup{{Name: "ray-head"}}, nil)
		if err != nil || len(observed.Roles) > 0 {
			t.Errorf("got %v and %v, want nothing", observed.Roles, err)
		}
	})
}
