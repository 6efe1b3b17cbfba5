package acceptance

import (
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestInstances_CreateOfWhatIsThere proves that a failed Create of a set that exists
// already does not let a later Delete pass while instances use the set. Anybody who may
// invoke the function can send such a Create.
// Reference 14.4.
func TestInstances_CreateOfWhatIsThere(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	head := l.Launch("us-east-1", "ray-head", "research", 1)
	create := func(p properties) cloudformation.Answer {
		e := s.Event("Create", p)
		e.PhysicalResourceID = ""
		return s.Send(e)
	}
	l.Failed(create(quick.With(properties{"Unknown": 1})), "Unknown")
	l.denyFor("AttachRolePolicy", "ray-head")
	l.Failed(create(quick.With(properties{"Head": properties{"ManagedPolicyArns": []any{awsPolicy + "AmazonS3FullAccess", awsPolicy + "IAMReadOnlyAccess"}}})), "AccessDenied")
	l.Proxy.SetFault(nil)
	l.Proxy.Reset()
	l.heldUp(s.Delete(), head.IDs[0])
}

// TestInstances_RetainedStays proves that the rollback of a failed Create on a retained set
// does not take the identity from the instances that use the set, whether or not the Create
// had answered; and that it removes what the Create has made.
// Reference 14.4.
func TestInstances_RetainedStays(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	l.Launch("us-east-1", "ray-head", "research", 1)
	l.Resources.SetStack(s.ID, "UPDATE_ROLLBACK_IN_PROGRESS")
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool {
		return !strings.HasSuffix(c.Form.Get("RoleName")+c.Form.Get("InstanceProfileName"), "gpu")
	}, iamproxy.Aged(30*24*time.Hour)))
	more := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	for _, id := range []string{s.PhysicalID, s.GeneratedID()} { // the second id as if the Create had never answered
		e := s.Event("Create", more)
		e.PhysicalResourceID = ""
		l.OK(s.Send(e)) // then another resource of the stack fails
		l.has("role ray-gpu")
		e = s.Event("Delete", more)
		e.PhysicalResourceID = id
		l.OK(s.Send(e))
		l.hasNot("role ray-gpu", "profile ray-gpu")
		l.has("role ray-head: ", "profile ray-head: holds ray-head", "profile ray-worker: holds ray-worker")
	}
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.unchanged(before, "a Create on what was retained, rolled back")
}
