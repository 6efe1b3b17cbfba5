package iamproxy

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestLate checks which calls are denied while IAM does not see new rights or new tags yet.
func TestLate(t *testing.T) {
	const delay = 200 * time.Millisecond
	steps := []struct {
		action       string
		rights, tags int
		sleep        bool
	}{
		{"CreateRole", 403, 200, false},
		{"GetRole", 403, 200, false},
		{"AttachRolePolicy", 403, 403, true},
		{"AttachRolePolicy", 200, 200, false},
		{"CreateRole", 200, 200, false},
	}
	for _, name := range []string{"rights", "tags"} {
		synctest.Test(t, func(t *testing.T) {
			fault := map[string]Fault{"rights": LateRights(delay), "tags": LateTags(delay, 1)}[name]
			for i, step := range steps {
				want := map[string]int{"rights": step.rights, "tags": step.tags}[name]
				if got := meets(fault, step.action, "r"); got != want {
					t.Errorf("%s, step %d, %s: status %d, want %d", name, i, step.action, got, want)
				}
				if step.sleep {
					time.Sleep(delay)
				}
			}
		})
	}
}

// TestLateTags_Readers proves that one of two readers sees the tags at once.
func TestLateTags_Readers(t *testing.T) {
	f := newFar(t, 0)
	f.SetFault(LateTags(time.Hour, 2))
	f.call(t.Context(), "CreateRole", "r")
	for i, want := range []int{200, 403, 200, 403} {
		if got, _ := f.call(t.Context(), "TagRole", "other"); got != 200 {
			t.Errorf("a call about another role: status %d, want 200", got)
		}
		if got, _ := f.call(t.Context(), "PutRolePolicy", "r"); got != want {
			t.Errorf("call %d: status %d, want %d", i, got, want)
		}
	}
}

// TestLateTags_PassRole proves that a role is added to a profile only when IAM sees both, that
// a role which was made again is new again, and that a role is removed from a profile by the
// tags of the profile alone.
func TestLateTags_PassRole(t *testing.T) {
	const delay = time.Minute
	synctest.Test(t, func(t *testing.T) {
		fault := LateTags(delay, 1)
		for i, step := range []struct {
			action, role, profile string
			want                  int
			sleep                 time.Duration
		}{
			{"CreateInstanceProfile", "", "p", 200, delay},
			{"CreateRole", "r", "", 200, 0},
			{"TagInstanceProfile", "", "p", 200, 0},
			{"AddRoleToInstanceProfile", "r", "p", 403, 0},
			{"RemoveRoleFromInstanceProfile", "r", "p", 200, 0},
			{"DeleteRole", "r", "", 403, delay},
			{"AddRoleToInstanceProfile", "r", "p", 200, 0},
			{"DeleteRole", "r", "", 200, 0},
			{"CreateRole", "r", "", 200, 0},
			{"AddRoleToInstanceProfile", "r", "p", 403, delay},
			{"AddRoleToInstanceProfile", "r", "p", 200, 0},
		} {
			if got := meets(fault, step.action, step.role, step.profile); got != step.want {
				t.Errorf("step %d, %s: status %d, want %d", i, step.action, got, step.want)
			}
			time.Sleep(step.sleep)
		}
	})
}

// TestJudged proves that a write which is conditioned on the tags of an absent role is
// denied, as IAM does, and that no other answer changes: neither that of a read of the
// absent role, nor that of a write about a policy that a role does not have.
func TestJudged(t *testing.T) {
	for _, tt := range []struct {
		action, role, profile string
		want                  int
	}{
		{"DeleteRole", "absent", "", http.StatusForbidden},
		{"DetachRolePolicy", "absent", "", http.StatusForbidden},
		{"AddRoleToInstanceProfile", "absent", "p", http.StatusForbidden},
		{"RemoveRoleFromInstanceProfile", "absent", "p", http.StatusNotFound},
		{"GetRole", "absent", "", http.StatusNotFound},
		{"CreateRole", "absent", "", http.StatusNotFound},
		{"DetachRolePolicy", "present", "", http.StatusNotFound},
	} {
		f := newFar(t, 0)
		if got, body := f.call(t.Context(), tt.action, tt.role, tt.profile); got != tt.want {
			t.Errorf("%s of role %s: status %d, body %s, want %d", tt.action, tt.role, got, body, tt.want)
		}
		if calls := f.Calls(); len(calls) != 1 || calls[0].Status != tt.want {
			t.Errorf("%s: recorded %+v", tt.action, calls)
		}
	}
}
