package acceptance

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

var other = properties{"NamePrefix": "other", "PropagationWaitSeconds": 0}

// TestReplacement proves that a new NamePrefix makes a new set, answers its
// id, and leaves the old set to the Delete that follows.
// Reference 5.8.
func TestReplacement(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	oldID := s.PhysicalID
	update := s.Send(s.Event("Update", other))
	l.OK(update)
	if update.PhysicalResourceID == oldID {
		t.Errorf("a replacement answers the old id %q", oldID)
	}
	l.has("role ray-head: ", "role other-head: ", "profile ray-worker: holds", "profile other-worker: holds")
	cleanup := s.Event("Delete", quick)
	cleanup.PhysicalResourceID = oldID
	l.OK(s.Send(cleanup))
	l.hasNot("ray-head:", "ray-worker:")
	l.has("role other-head: ", "profile other-worker: holds")
}

// TestReplacement_PathWithNamePrefix proves that both may change together.
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

// TestReplacement_CleanupNeverTouchesTheNewSet proves that the id alone says which set a
// Delete means, even if it comes with the new set's properties.
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

// TestReplacement_FailedIsUndone proves that the old set was not changed, the new one is
// gone, and the old id is answered, and that the Reason says so. TestMatrix has it for
// each call.
// Reference 5.9.
func TestReplacement_FailedIsUndone(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	l.denyFor("AddRoleToInstanceProfile", "other-worker")
	update := s.Send(s.Event("Update", other))
	l.Failed(update, "AccessDenied", "the old set was not changed")
	if update.PhysicalResourceID != s.PhysicalID {
		t.Errorf("answered %q, want the old %q", update.PhysicalResourceID, s.PhysicalID)
	}
	l.unchanged(before, "a failed replacement")
	l.Proxy.SetFault(nil)
	l.OK(s.Send(s.Rollback(other)))
	l.unchanged(before, "the rollback of a failed replacement")
}

// TestRollback_ClearsWhatAFailedReplacementLeft proves that the swapped
// Update takes away what could not be undone when the replacement failed.
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

// TestRollback_FailedKeepsTheOldSet checks the other direction: the rollback
// of a replacement that had succeeded is a replacement back to a set that is in use,
// and when it fails, that set is not undone.
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

// TestRollback_OfAReplacement checks the whole sequence of one that had
// succeeded before something else in the stack failed.
// Reference 5.8, 5.10.
func TestRollback_OfAReplacement(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	_, rollback := s.UpdateThenRollBack(other)
	l.OK(rollback)
	l.unchanged(before, "a replacement and its rollback")
}

// TestProperties_PrefixInAnotherCase proves that IAM's case-blind names are refused as a
// replacement of themselves.
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
