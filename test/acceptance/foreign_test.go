package acceptance

import (
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// foreign is the name of the role, the instance profile and the policy that are in every
// lab and belong to none of its stacks.
const foreign = "somebody-elses"

// keepForeign makes the foreign role, profile and policy, unless the account still has them
// from its last test.
func (l *lab) keepForeign() {
	l.TB.Helper()
	if l.foreign = l.Snapshot(); len(l.foreign) == 0 {
		l.makeForeign()
		l.foreign = l.Snapshot()
	}
}

// makeForeign makes a role, an instance profile and a policy with everything that they can
// have.
func (l *lab) makeForeign() {
	l.TB.Helper()
	boundary := l.CreatePolicy(foreign)
	l.CreateRole(foreign, "/"+foreign+"/", rig.Tag("team", "other"))
	l.CreateProfile(foreign, "/"+foreign+"/", foreign)
	l.AttachPolicy(foreign, awsPolicy+"ReadOnlyAccess")
	l.PutInline(foreign, foreign)
	l.PutBoundary(foreign, boundary)
	l.TagProfile(foreign, "team", "other")
}

// foreignIsUntouched checks at the end of every test that the foreign role, profile and
// policy are unchanged.
func (l *lab) foreignIsUntouched() {
	l.TB.Helper()
	if diff := rig.Diff(l.foreign, l.Snapshot().Matching(foreign)); diff != "" {
		l.TB.Errorf("reference 4.5: what is somebody else's was changed:\n%s", diff)
		l.Keep = nil // the next test makes it again
	}
}

// TestOwnership_NearMissesAreLeftAlone proves that roles and profiles whose names or tags
// are almost those of a resource stay as they are during the resource's whole life.
// Reference 4.5.
func TestOwnership_NearMissesAreLeftAlone(t *testing.T) {
	l := newLab(t)
	for _, name := range []string{"ray", "ray-", "ray-heads", "xray-head", "ray-worker-2", "ray-pass-role-policy", "ray-head-worker", "other", "other-head2"} {
		l.CreateRole(name, "/", rig.Tag("ray-iam:owner", "ray-0123456789ab"))
		l.CreateProfile(name, "/", name)
		l.AttachPolicy(name, awsPolicy+"ReadOnlyAccess")
	}
	before := l.Snapshot()
	s := l.created(quick)
	l.updated(s, quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")}))
	l.updated(s, quick)
	update, cleanup := s.Update(other)
	l.OK(update)
	l.OK(cleanup)
	l.OK(s.Delete())
	l.unchanged(before, "a resource's life")
}

// TestOwnership_PrefixesWhoseNamesMeet proves that a replacement whose new set shares a
// name with the old one is refused: until the old set is deleted, it belongs to another
// resource.
// Reference 4.6.
func TestOwnership_PrefixesWhoseNamesMeet(t *testing.T) {
	l := newLab(t)
	worker := func(name string) []any { return []any{map[string]any{"Name": name}} }
	s := l.created(quick.With(properties{"WorkerGroups": worker("a-b")}))
	before := l.Snapshot()
	update, rollback := s.Update(quick.With(properties{"NamePrefix": "ray-a", "WorkerGroups": worker("b")}))
	l.Failed(update, "role ray-a-b", s.PhysicalID)
	l.OK(rollback)
	l.unchanged(before, "a refused replacement and its rollback")
}

// TestRollback_WhereNamesMeet proves that the rollback of such a replacement succeeds and
// writes nothing, although one name is in both the new and the old set.
// Reference 5.10.
func TestRollback_WhereNamesMeet(t *testing.T) {
	l := newLab(t)
	worker := func(name string) properties {
		return properties{"WorkerGroups": []any{map[string]any{"Name": name, "Policies": []any{map[string]any{
			"PolicyName": "declared", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}},
		}}}}}
	}
	bounded := quick.With(properties{"PermissionsBoundary": l.CreatePolicy("names-meet")})
	s := l.created(bounded.With(worker("a-b")))
	before := l.Snapshot()
	replaced := bounded.With(worker("b")).With(properties{"NamePrefix": "ray-a"})
	l.Failed(s.Send(s.Event("Update", replaced)), "role ray-a-b")
	l.Proxy.Reset()
	l.OK(s.Send(s.Rollback(replaced)))
	l.writesNothing("the rollback")
	l.unchanged(before, "the rollback")
}

// TestOwnership_FailedAdoptingReplacement proves that a replacement that fails releases the
// roles and profiles that it adopted, and does not delete them.
// Reference 4.9, 5.9.
func TestOwnership_FailedAdoptingReplacement(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.CreateRole("other-head", "/")
	l.CreateProfile("other-worker", "/")
	before := l.Snapshot()
	l.denyFor("PutRolePolicy", "other-head")
	update := s.Send(s.Event("Update", other.With(properties{"AdoptExisting": true})))
	l.Failed(update, "AccessDenied")
	if update.PhysicalResourceID != s.PhysicalID {
		t.Errorf("answered the id %q, want the old one, %q", update.PhysicalResourceID, s.PhysicalID)
	}
	l.Proxy.SetFault(nil)
	l.OK(s.Send(s.Rollback(other.With(properties{"AdoptExisting": true}))))
	l.has("role other-head: arn", "profile other-worker: arn")
	l.hasNot("role other-worker: ", "profile other-head: ", "other-head: tag", "other-worker: tag")
	if diff := rig.Diff(before.Matching(" ray-"), l.Snapshot().Matching(" ray-")); diff != "" {
		t.Errorf("the old set changed:\n%s", diff)
	}
}

// TestOwnership_AdoptedForGoodGoesWithItsGroup proves that an adopted role which has turned
// from held to owned is deleted by the Update that removes its group.
// Reference 4.10.
func TestOwnership_AdoptedForGoodGoesWithItsGroup(t *testing.T) {
	l := newLab(t)
	l.CreateRole("ray-gpu", "/")
	l.CreateProfile("ray-gpu", "/", "ray-gpu")
	both := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	s := l.created(both.With(properties{"AdoptExisting": true}))
	l.has("role ray-gpu: tag ray-iam:adopted=held", "profile ray-gpu: tag ray-iam:adopted=held")
	l.updated(s, both)
	l.updated(s, quick)
	l.hasNot("role ray-gpu: ", "profile ray-gpu: ")
}

// TestOwnership_TwoResourcesOfOneStack proves that two resources of one stack are different
// owners.
// Reference 4.5, 4.7.
func TestOwnership_TwoResourcesOfOneStack(t *testing.T) {
	l := newLab(t)
	first := l.created(quick)
	before := l.Snapshot()
	second := l.Stack()
	second.ID, second.LogicalID = first.ID, "Second"
	create, rollback := second.Create(adopting)
	l.Failed(create, "role ray-head", first.PhysicalID)
	l.OK(rollback)
	l.unchanged(before, "another resource of the stack")
	if create.PhysicalResourceID == first.PhysicalID || !strings.HasPrefix(create.PhysicalResourceID, "ray-") {
		t.Errorf("both resources have the id %s, want different ones", create.PhysicalResourceID)
	}
}
