package acceptance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// TestRollback_OfARefusedUpdate holds that the Update with which CloudFormation rolls back one
// that was refused succeeds and changes nothing, though what was in the way still is.
func TestRollback_OfARefusedUpdate(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.emptyProfile("ray-head", "ray-head")
	l.dropProfile("ray-head")
	l.dropRole("ray-head")
	l.makeRole("ray-head", "/")
	before := l.snapshot()
	for range 2 { // an update may be tried again
		update, rollback := s.Update(quick.With(properties{"Revision": "2"}))
		l.failed(update, "role ray-head exists", "nothing was changed")
		l.ok(rollback)
		if rollback.PhysicalResourceID != s.PhysicalID || rollback.Data["HeadRoleName"] != "ray-head" {
			t.Errorf("the rollback answered %+v", rollback)
		}
		l.unchanged(before, "an update that was refused, and its rollback")
	}
}

// TestRollback_BoundsHaveChanged holds that an Update whose declared state is there succeeds
// whatever the administrator allows by now, and that one which changes anything is refused.
func TestRollback_BoundsHaveChanged(t *testing.T) {
	for name, env := range map[string][]string{
		"allowed policies": {"RAYIAM_ALLOWED_POLICY_ARNS=arn:aws:iam::aws:policy/ReadOnlyAccess"},
		"name prefix":      {"RAYIAM_NAME_PREFIX=team-"},
		"path":             {"RAYIAM_PATH=/team/"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			before := l.snapshot()
			s.Use(l.start(env...))
			l.updated(s, quick.With(properties{"Revision": "2"}))
			tagged := quick.With(properties{"Revision": "2", "Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}})
			update, rollback := s.Update(tagged)
			l.failed(update, "the administrator of the provider allows", "nothing was changed")
			l.ok(rollback)
			l.unchanged(before, "updates under other bounds")
			s.Use(l.start(env...)) // another process, which knows of no refusal
			l.ok(s.Send(s.Event("Update", s.Properties)))
			l.ok(s.Delete())
		})
	}
}

// TestRollback_BoundaryIsGone holds the same for a boundary that was deleted meanwhile, which
// IAM allows although roles have it.
func TestRollback_BoundaryIsGone(t *testing.T) {
	l := newLab(t)
	boundary := l.policy("bound")
	bounded := quick.With(properties{"PermissionsBoundary": boundary})
	s := l.created(bounded)
	if _, err := l.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: &boundary}); err != nil {
		t.Fatal(err)
	}
	before := l.snapshot()
	update, rollback := s.Update(bounded.With(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}}))
	l.failed(update, "PermissionsBoundary", "IAM has no such policy", "nothing was changed")
	l.ok(rollback)
	l.unchanged(before, "an update whose boundary is gone")
}
