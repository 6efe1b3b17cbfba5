package iamsync

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// TestDenied_LaterRequest checks that a request of a process which has run for long retries
// a denial about what an earlier request of the process has lately changed, and only that; and
// that a Delete which was delivered twice succeeds although a reader of IAM still shows the
// role that the first had deleted.
// Reference 6.10.
func TestDenied_LaterRequest(t *testing.T) {
	const implicit = "because no identity-based policy allows the action"
	role := func(call rayiam.Call) rayiam.Step {
		return rayiam.Step{Call: call, Role: "ray-head", Policy: "p", TagKeys: []string{"k"}}
	}
	profile := func(call rayiam.Call) rayiam.Step {
		return rayiam.Step{Call: call, InstanceProfile: "ray-head", TagKeys: []string{"k"}}
	}
	there := func(action string) (*http.Response, error) { return result(action, "<Role></Role>"), nil }
	lags := func() reply { return before(2*time.Second, there, fails(404, "NoSuchEntity")) }
	late := times(3, denies(implicit), succeed)
	never := []reply{denies(implicit)}
	for name, tt := range map[string]struct {
		earlier rayiam.Step
		loses   int           // answers to the earlier step
		between time.Duration // the two requests
		later   rayiam.Step
		denials []reply // of the later step
		reads   reply   // after a denial
		ok      bool
	}{
		"a role that was adopted":            {role(rayiam.TagRole), 0, 5 * time.Second, role(rayiam.UntagRole), late, there, true},
		"a profile that was adopted":         {profile(rayiam.TagInstanceProfile), 0, 5 * time.Second, profile(rayiam.UntagInstanceProfile), late, there, true},
		"a role that was released":           {role(rayiam.UntagRole), 0, 5 * time.Second, role(rayiam.TagRole), late, there, true},
		"a role that was made":               {role(rayiam.CreateRole), 0, 5 * time.Second, role(rayiam.DeleteRole), late, there, true},
		"a boundary that was set":            {role(rayiam.PutRolePermissionsBoundary), 0, 5 * time.Second, role(rayiam.AttachRolePolicy), late, there, true},
		"a boundary that was removed":        {role(rayiam.DeleteRolePermissionsBoundary), 0, 5 * time.Second, role(rayiam.AttachRolePolicy), late, there, true},
		"tags that may have been set":        {role(rayiam.TagRole), maxFaults, 5 * time.Second, role(rayiam.UntagRole), late, there, true},
		"a Delete that came twice":           {role(rayiam.DeleteRole), 0, time.Second, role(rayiam.DetachRolePolicy), never, lags(), true},
		"a Delete of a profile, twice":       {profile(rayiam.DeleteInstanceProfile), 0, time.Second, profile(rayiam.UntagInstanceProfile), never, lags(), true},
		"a role that was adopted long since": {role(rayiam.TagRole), 0, youth, role(rayiam.UntagRole), late, there, false},
		"another role was adopted":           {rayiam.Step{Call: rayiam.TagRole, Role: "ray-worker"}, 0, time.Second, role(rayiam.UntagRole), late, there, false},
		"a role that got a policy":           {role(rayiam.PutRolePolicy), 0, time.Second, role(rayiam.AttachRolePolicy), late, there, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: map[string][]reply{
				string(tt.earlier.Call): times(tt.loses, resets, succeed), string(tt.later.Call): tt.denials,
				"GetRole": {tt.reads}, "GetInstanceProfile": {tt.reads},
			}}
			if tt.loses == 0 {
				delete(w.replies, string(tt.earlier.Call))
			}
			onWireWith(t, w, Patience{Time: DefaultPatience}, nil, func(ctx context.Context, s *Sync) {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
				defer cancel()
				if err := s.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{tt.earlier}}}); (err == nil) != (tt.loses == 0) {
					t.Errorf("the earlier request ended with %v", err)
				}
				time.Sleep(tt.between)
				later := New(s.client, Patience{Time: DefaultPatience}, nil, s.log)
				err := later.Apply(ctx, rayiam.Plan{Phases: [][]rayiam.Step{{tt.later}}})
				if (err == nil) != tt.ok {
					t.Errorf("the later request ended with %v, want success: %v", err, tt.ok)
				}
			})
		})
	}
}

// TestChanges_AreBounded checks that the record of a process drops what is no longer young.
func TestChanges_AreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &changes{latest: map[entity]time.Time{}}
		c.add(entity{roleKind, "old"}, time.Now().Add(-youth))
		for i := range 1000 {
			c.add(entity{roleKind, fmt.Sprint(i)}, time.Now())
			time.Sleep(time.Second)
		}
		if got, most := len(c.latest), int(youth/time.Second); got > most {
			t.Errorf("%d entities are recorded, want at most %d", got, most)
		}
	})
}
