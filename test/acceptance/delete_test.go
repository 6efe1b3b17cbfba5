package acceptance

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestDelete_LeavesNothing checks a plain Delete, and that a second one finds
// nothing to do.
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

// TestDelete_OfAnyID proves that Delete succeeds whatever id it is given, and
// finds what the properties name where the id says nothing.
// Reference 5.12.
func TestDelete_OfAnyID(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{
		"made up by CloudFormation": "stack-RayIAM-1ABCDEFGHIJKL",
		"a log stream":              "2026/11/24/[$LATEST]0123456789abcdef",
		"another stack's":           "ray-0123456789ab",
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			before := l.Snapshot()
			s := l.created(quick)
			e := s.Event("Delete", quick)
			e.PhysicalResourceID = id
			l.OK(s.Send(e))
			l.unchanged(before, "the Delete of a Create that never answered")
			l.OK(s.Send(s.Event("Delete", quick)))
		})
	}
}

// TestDelete_OfNothing checks a Delete whose Create never came.
// Reference 5.12.
func TestDelete_OfNothing(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.PhysicalID = "never-made"
	l.OK(s.Send(s.Event("Delete", quick)))
	l.writesNothing("a Delete of nothing")
}

// TestDelete_BadPropertiesNeverFailIt proves that, and that the id finds the
// set whose names can still be read.
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
	t.Run("of what there is", deletedWithBadProperties)
}

func deletedWithBadProperties(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	l.OK(s.Send(s.Event("Delete", properties{"NamePrefix": "no spaces", "Head": 7})))
	l.unchanged(before, "Create, and Delete with bad properties")
}

// TestDelete_TakesWhatWasAttachedByHand checks policies of every kind.
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

// TestDelete_ForeignHolderFailsIt proves that an instance profile which is not
// ours and holds one of our roles is named, and that nothing is touched.
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

// TestOwnership_DisownedIsLeftAlone proves that a role whose tag of ownership somebody
// took away is not deleted.
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

// TestDelete_LooksAgain proves that a profile which one answer of IAM's names and
// the other does not is looked for again: it is neither taken for somebody else's nor
// left behind.
// Reference 5.11, 5.14.
func TestDelete_LooksAgain(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Times(4, iamproxy.Action("GetInstanceProfile")), iamproxy.Answer(http.StatusNotFound, "NoSuchEntity")))
	l.OK(s.Delete())
	l.unchanged(before, "Create and Delete")
}
