package acceptance

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

var other = properties{"NamePrefix": "other", "PropagationWaitSeconds": 0}

// TestReplacement proves that a new NamePrefix makes a new set and answers its physical id,
// and that the old set stays until its Delete.
// Reference 5.8.
func TestReplacement(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	oldID := s.PhysicalID
	update := s.Send(s.Event("Update", other))
	l.OK(update)
	if update.PhysicalResourceID == oldID {
		t.Errorf("a replacement answers the old id %q, want a new one", oldID)
	}
	l.has("role ray-head: ", "role other-head: ", "profile ray-worker: holds", "profile other-worker: holds")
	cleanup := s.Event("Delete", quick)
	cleanup.PhysicalResourceID = oldID
	l.OK(s.Send(cleanup))
	l.hasNot("ray-head:", "ray-worker:")
	l.has("role other-head: ", "profile other-worker: holds")
}

// TestReplacement_PathWithNamePrefix proves that a replacement may also change the path.
// Reference 2.12.
func TestReplacement_PathWithNamePrefix(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	update, cleanup := s.Update(other.With(properties{"Path": "/new/"}))
	l.OK(update)
	l.OK(cleanup)
	l.has("role other-head: arn:aws:iam::" + l.AccountID + ":role/new/other-head")
	l.hasNot("ray-head:")
}

// TestReplacement_CleanupNeverTouchesTheNewSet proves that a Delete deletes only the set
// that its physical id names, even if the event has the new set's properties.
// Reference 5.13.
func TestReplacement_CleanupNeverTouchesTheNewSet(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	oldID := s.PhysicalID
	l.OK(s.Send(s.Event("Update", other)))
	cleanup := s.Event("Delete", other)
	cleanup.PhysicalResourceID = oldID
	l.OK(s.Send(cleanup))
	l.hasNot("ray-head:", "ray-worker:")
	l.has("profile other-head: holds other-head", "profile other-worker: holds other-worker")
}

// TestRollback_ClearsWhatAFailedReplacementLeft proves that CloudFormation's rollback
// removes what a failed replacement could not roll back.
// Reference 5.10.
func TestRollback_ClearsWhatAFailedReplacementLeft(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return c.Action == "AttachRolePolicy" || c.Action == "DeleteRole" || c.Action == "DeleteInstanceProfile"
	}, iamproxy.Denied()))
	update := s.Send(s.Event("Update", other))
	l.Failed(update, "attaching policy", "could not be rolled back", "ray-iam:owner")
	l.Proxy.SetFault(nil)
	l.OK(s.Send(s.Rollback(other)))
	l.unchanged(before, "the rollback")
}

// TestRollback_FailedKeepsTheOldSet proves that the rollback of a successful replacement,
// which is a replacement by the old set, does not delete that set if it fails: the set is
// in use.
// Reference 5.9.
func TestRollback_FailedKeepsTheOldSet(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	update := s.Send(s.Event("Update", other))
	l.OK(update)
	s.PhysicalID, s.Properties = update.PhysicalResourceID, other
	l.DetachPolicy("ray-head", awsPolicy+"AmazonS3FullAccess")
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("AttachRolePolicy"), iamproxy.Denied()))
	l.Failed(s.Send(s.Event("Update", quick)), "AccessDenied")
	l.unchanged(before, "a failed rollback")
}

// TestProperties_PrefixInAnotherCase proves that a NamePrefix that changes only in case is
// refused: IAM's names ignore case, so the new names would be the old ones.
// Reference 2.13.
func TestProperties_PrefixInAnotherCase(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	update, rollback := s.Update(quick.With(properties{"NamePrefix": "Ray"}))
	l.Failed(update, "NamePrefix", "case")
	l.OK(rollback)
	l.unchanged(before, "a refused change of case")
}
