package acceptance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// TestRollback_OfARefusedUpdate proves that the rollback of a refused Update succeeds and
// changes nothing, although the reason for the refusal still exists.
// Reference 5.19.
func TestRollback_OfARefusedUpdate(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.RemoveRole("ray-head", "ray-head")
	l.DeleteProfile("ray-head")
	l.DeleteRole("ray-head")
	l.CreateRole("ray-head", "/")
	before := l.Snapshot()
	for range 2 { // somebody may try an update again
		update, rollback := s.Update(quick.With(properties{"Revision": "2"}))
		l.Failed(update, "role ray-head exists", "nothing was changed")
		l.OK(rollback)
		if rollback.PhysicalResourceID != s.PhysicalID || rollback.Data["HeadRoleName"] != "ray-head" {
			t.Errorf("the rollback answered %+v, want success", rollback)
		}
		l.unchanged(before, "an update that was refused, and its rollback")
	}
}

// TestRollback_BoundsHaveChanged proves that an Update whose desired state is reached
// succeeds, whatever the administrator's bounds now are, and that an Update which changes
// anything is refused.
// Reference 8.2.
func TestRollback_BoundsHaveChanged(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		props properties
		env   string
	}{
		"allowed policies":                  {quick, "RAYIAM_ALLOWED_POLICY_ARNS=arn:aws:iam::aws:policy/ReadOnlyAccess"},
		"name prefix":                       {quick, "RAYIAM_NAME_PREFIX=team-"},
		"path":                              {quick, "RAYIAM_PATH=/team/"},
		"allowed policies, around the list": {quick.With(leastPrivilege()), "RAYIAM_ALLOWED_POLICY_ARNS=arn:aws:iam::aws:policy/ReadOnlyAccess"},
		"cluster names":                     {quick.With(leastPrivilege()), "RAYIAM_ALLOWED_CLUSTER_NAMES=team-*"},
		"permissions boundary":              {quick.With(properties{"PermissionsBoundary": awsPolicy + "PowerUserAccess"}), "RAYIAM_PERMISSIONS_BOUNDARY=arn:aws:iam::aws:policy/ReadOnlyAccess"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(tt.props)
			before := l.Snapshot()
			s.Use(l.Start(tt.env))
			l.updated(s, tt.props.With(properties{"Revision": "2"}))
			tagged := tt.props.With(properties{"Revision": "2", "Tags": tags("team", "ml")})
			update, rollback := s.Update(tagged)
			l.Failed(update, "the administrator of the provider allows", "nothing was changed")
			l.OK(rollback)
			l.unchanged(before, "updates under other bounds")
			s.Use(l.Start(tt.env)) // a new process, which does not know of the refusal
			l.OK(s.Send(s.Event("Update", s.Properties)))
			l.OK(s.Delete())
		})
	}
}

// TestRollback_BoundaryIsGone proves the same if the boundary was deleted since. IAM lets a
// policy be deleted that roles have as their boundary.
// Reference 2.7.
func TestRollback_BoundaryIsGone(t *testing.T) {
	l := newLab(t)
	boundary := l.CreatePolicy("bound")
	bounded := quick.With(properties{"PermissionsBoundary": boundary})
	s := l.created(bounded)
	if _, err := l.IAM.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: &boundary}); err != nil {
		t.Fatal(err)
	}
	before := l.Snapshot()
	update, rollback := s.Update(bounded.With(properties{"Tags": tags("team", "ml")}))
	l.Failed(update, "PermissionsBoundary", "IAM has no such policy", "nothing was changed")
	l.OK(rollback)
	l.unchanged(before, "an update whose boundary is gone")
}

// TestRollback_WithoutTheBoundary proves that a rollback goes on if the boundary was deleted
// after the Update, as long as no call needs it, and in no other case.
// Reference 2.7.
func TestRollback_WithoutTheBoundary(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status string
		change properties
		want   bool
	}{
		"the rollback needs it not":        {"UPDATE_ROLLBACK_IN_PROGRESS", properties{"Tags": tags("team", "ml")}, true},
		"the rollback makes a role":        {"UPDATE_ROLLBACK_IN_PROGRESS", properties{"WorkerGroups": rig.Groups("other")}, false},
		"the rollback puts the boundary":   {"UPDATE_ROLLBACK_IN_PROGRESS", properties{"PermissionsBoundary": awsPolicy + "PowerUserAccess"}, false},
		"an update":                        {"UPDATE_IN_PROGRESS", properties{"Tags": tags("team", "ml")}, false},
		"a stack that cannot be asked for": {"", properties{"Tags": tags("team", "ml")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			boundary := l.CreatePolicy("bound")
			s := l.created(quick.With(properties{"PermissionsBoundary": boundary}))
			old := s.Properties
			l.updated(s, old.With(tt.change))
			if _, err := l.IAM.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: &boundary}); err != nil {
				t.Fatal(err)
			}
			before := l.Snapshot()
			l.Resources.SetStack(s.ID, tt.status)
			back := s.Send(s.Event("Update", old))
			if !tt.want {
				l.Failed(back, "PermissionsBoundary", "IAM has no such policy", "nothing was changed")
				l.unchanged(before, "a refused update")
				return
			}
			l.OK(back)
			l.warned(t, "because CloudFormation is rolling the stack back", boundary)
			l.has("role ray-head: boundary " + boundary)
			l.hasNot("role ray-head: tag team", "profile ray-worker: tag team")
		})
	}
}

// TestRollback_RefusalIsForgotten proves that an Update with the same properties as one
// that was refused before is done like any other, and does not succeed without a change.
// Reference 5.19.
func TestRollback_RefusalIsForgotten(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.CreateRole("ray-gpu", "/")
	grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	update, rollback := s.Update(grown)
	l.Failed(update, "role ray-gpu exists")
	l.OK(rollback)
	l.DeleteRole("ray-gpu")
	l.updated(s, grown)
	l.UntagRole("ray-head", "ray-iam:owner")
	l.Failed(s.Send(s.Event("Update", quick)), "role ray-head exists", "nothing was changed")
}
