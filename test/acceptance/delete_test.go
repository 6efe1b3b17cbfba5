package acceptance

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestDelete_LeavesNothing proves that a Delete leaves nothing, and that a second Delete
// succeeds and writes nothing.
// Reference 5.11, 5.12.
func TestDelete_LeavesNothing(t *testing.T) {
	l := newLab(t)
	l.CreateRole("bystander", "/")
	l.CreateProfile("bystander", "/", "bystander")
	boundary := l.CreatePolicy("boundary")
	before := l.Snapshot()
	s := l.created(everything(boundary))
	again := s.Event("Delete", s.Properties)
	l.OK(s.Delete())
	l.unchanged(before, "Create and Delete")
	l.OK(s.Send(again))
	l.unchanged(before, "a second Delete")
}

// TestDelete_OfAnyID proves that a Delete succeeds with any physical id. If the id does not
// name a set, it finds the set that the properties name. TestMatrix proves this for generated
// ids.
// Reference 5.12.
func TestDelete_OfAnyID(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{
		"a log stream":    "2026/11/24/[$LATEST]0123456789abcdef",
		"another stack's": "ray-0123456789ab",
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(everything(awsPolicy + "PowerUserAccess"))
			e := s.Event("Delete", s.Properties)
			e.PhysicalResourceID = id
			l.OK(s.Send(e))
			l.unchanged(before, "the Delete of a Create that never answered")
			l.OK(s.Send(s.Event("Delete", s.Properties)))
		})
	}
}

// TestDelete_OfNothing proves that a Delete succeeds if its Create was never sent.
// Reference 5.12.
func TestDelete_OfNothing(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.PhysicalID = "never-made"
	l.OK(s.Send(s.Event("Delete", quick)))
	l.writesNothing("a Delete of nothing")
}

// TestDelete_BadPropertiesNeverFailIt proves that bad properties do not make a Delete fail,
// and that the physical id finds the set as long as its names can be read.
// Reference 5.12, 5.13.
func TestDelete_BadPropertiesNeverFailIt(t *testing.T) {
	t.Parallel()
	for _, bad := range []properties{
		{"NamePrefix": map[string]any{"a": 1}}, {"NamePrefix": "no spaces"}, {"WorkerGroups": "x"}, {"WorkerGroups": []any{nil, 7, map[string]any{}}},
		{"Unknown": true}, {"Path": "x", "Tags": 5, "Head": []any{}}, nil,
	} {
		t.Run(fmt.Sprint(bad), func(t *testing.T) {
			l := newLab(t)
			s := l.Stack()
			s.PhysicalID = "made-up"
			l.OK(s.Send(s.Event("Delete", bad)))
		})
	}
	t.Run("of an existing set", deletedWithBadProperties)
}

func deletedWithBadProperties(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	l.OK(s.Send(s.Event("Delete", properties{"NamePrefix": "no spaces", "Head": 7})))
	l.unchanged(before, "Create, and Delete with bad properties")
}

// TestDelete_TakesWhatWasAttachedByHand proves that a Delete also removes the policies of
// every kind that were attached by hand.
// Reference 5.11.
func TestDelete_TakesWhatWasAttachedByHand(t *testing.T) {
	l := newLab(t)
	mine := l.CreatePolicy("mine")
	before := l.Snapshot()
	s := l.created(quick)
	l.AttachPolicy("ray-head", mine)
	l.AttachPolicy("ray-worker", awsPolicy+"AdministratorAccess")
	l.PutInline("ray-worker", "by-hand")
	l.OK(s.Delete())
	l.unchanged(before, "Create and Delete")
}

// TestDelete_ForeignHolderFailsIt proves that a Delete fails if a foreign instance profile
// has one of the resource's roles. The Reason names the profile, and nothing is changed.
// Reference 5.14.
func TestDelete_ForeignHolderFailsIt(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.CreateProfile("somebodys", "/", "ray-worker")
	before := l.Snapshot()
	answer := s.Delete()
	l.Failed(answer, "instance profile somebodys", "ray-worker", "remove")
	l.unchanged(before, "a Delete that cannot be done")
	l.RemoveRole("somebodys", "ray-worker")
	l.OK(s.Delete())
	l.has("profile somebodys: ")
	l.hasNot("role ray-", "profile ray-")
}

// TestOwnership_DisownedIsLeftAlone proves that a Delete leaves alone a role whose owner
// tag somebody has removed.
// Reference 4.5.
func TestOwnership_DisownedIsLeftAlone(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.RemoveRole("ray-head", "ray-head")
	l.UntagRole("ray-head", "ray-iam:owner")
	l.OK(s.Delete())
	l.has("role ray-head: attached")
	l.hasNot("profile ray-", "role ray-worker: ")
}

// TestDelete_LooksAgain proves that a Delete reads IAM again if one answer names a profile
// and another does not: it neither takes the profile for a foreign one nor leaves it
// behind.
// Reference 5.11, 5.14.
func TestDelete_LooksAgain(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Times(4, iamproxy.Action("GetInstanceProfile")), iamproxy.Answer(http.StatusNotFound, "NoSuchEntity")))
	l.OK(s.Delete())
	l.unchanged(before, "Create and Delete")
}
