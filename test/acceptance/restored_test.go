package acceptance

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// TestRollback_OfARefusedUpdate proves that the rollback of a refused Update succeeds and
// changes nothing, although the reason for the refusal still exists.
// Reference 5.19.
func TestRollback_OfARefusedUpdate(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.remadeByHand("ray-head")
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

// remadeByHand deletes a node, and makes its role anew without the provider.
func (l *lab) remadeByHand(name string) {
	l.RemoveRole(name, name)
	l.DeleteProfile(name)
	l.DeleteRole(name)
	l.CreateRole(name, "/")
}

// TestRollback_OfAnUpdateRefusedElsewhere proves the same if another process refused the
// Update, or if the Update was queued, as long as CloudFormation says that it is rolling the
// stack back, and the rest is as declared. In no other case does such an Update succeed.
// Reference 5.19.
func TestRollback_OfAnUpdateRefusedElsewhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  string
		refused func(l *lab, s *cloudformation.Stack) // what is done after the Update is refused
		want    string                                // part of the Reason; empty for success
	}{
		"another process": {"UPDATE_ROLLBACK_IN_PROGRESS", func(*lab, *cloudformation.Stack) {}, ""},
		"a profile without its role": {"UPDATE_ROLLBACK_IN_PROGRESS", func(l *lab, _ *cloudformation.Stack) {
			l.RemoveRole("ray-worker", "ray-worker")
			l.DeleteRole("ray-worker")
			l.CreateRole("ray-worker", "/")
		}, ""},
		"a role that is not as declared": {"UPDATE_ROLLBACK_IN_PROGRESS", func(l *lab, _ *cloudformation.Stack) { l.DetachPolicy("ray-worker", awsPolicy+"AmazonS3FullAccess") }, "role ray-head exists"},
		"a role that only lost its owner": {"UPDATE_ROLLBACK_IN_PROGRESS", func(l *lab, _ *cloudformation.Stack) {
			l.AttachPolicy("ray-worker", awsPolicy+"AdministratorAccess")
			l.UntagRole("ray-worker", "ray-iam:owner")
		}, "role ray-head exists"},
		"a group that is left": {"UPDATE_ROLLBACK_IN_PROGRESS", func(l *lab, s *cloudformation.Stack) {
			l.CreateRole("ray-gpu", "/")
			l.TagRole("ray-gpu", "ray-iam:owner", s.PhysicalID)
		}, "role ray-head exists"},
		"CloudFormation is updating":      {"UPDATE_IN_PROGRESS", func(*lab, *cloudformation.Stack) {}, "role ray-head exists"},
		"CloudFormation cannot be asked":  {"", func(*lab, *cloudformation.Stack) {}, "role ray-head exists"},
		"CloudFormation's rollback ended": {"UPDATE_ROLLBACK_COMPLETE", func(*lab, *cloudformation.Stack) {}, "role ray-head exists"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			l.remadeByHand("ray-head")
			grown := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
			l.Failed(s.Send(s.Event("Update", grown)), "role ray-head exists", "nothing was changed")
			tt.refused(l, s)
			l.Stop()
			s.Use(l.Running())
			before := l.Snapshot()
			l.Resources.SetStack(s.ID, tt.status)
			rollback := s.Send(s.Rollback(grown))
			l.unchanged(before, "the rollback of a refused update")
			if tt.want != "" {
				l.Failed(rollback, tt.want, "nothing was changed")
				return
			}
			l.OK(rollback)
			if rollback.PhysicalResourceID != s.PhysicalID || rollback.Data["HeadRoleName"] != "ray-head" {
				t.Errorf("the rollback answered %+v, want success", rollback)
			}
			l.warned(t, "leaving everything as it is, because CloudFormation is rolling the stack back", "role ray-head exists")
		})
	}
}

// TestRollback_OfAQueuedUpdate proves the same for an Update that was refused long after it was
// issued, and for a replacement that was refused: the process does not remember the one, and
// another process does not know of the other.
// Reference 5.19.
func TestRollback_OfAQueuedUpdate(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]properties{
		"in place":      {"Revision": "2"},
		"a replacement": {"NamePrefix": "new"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			l.remadeByHand("ray-worker")
			l.CreateRole("new-head", "/")
			before := l.Snapshot()
			s.Age = 40 * time.Second
			l.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", s.PhysicalID)
			l.Failed(s.Send(s.Event("Update", quick.With(change))), " exists and was not made by this resource", "nothing was changed")
			s.Age = 0
			l.Resources.SetStack(s.ID, "UPDATE_ROLLBACK_IN_PROGRESS")
			l.OK(s.Send(s.Rollback(quick.With(change))))
			l.unchanged(before, "an update that was refused, and its rollback")
		})
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
