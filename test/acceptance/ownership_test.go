package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

var adopting = quick.With(properties{"AdoptExisting": true})

// TestOwnership_ForeignIsRefused proves that Create and Update fail before any write if a
// role or profile of the same name belongs to somebody else, that the Reason names it, and
// that the following Delete leaves it alone.
// Reference 4.6, 5.2.
func TestOwnership_ForeignIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		make func(*lab)
		want string
	}{
		"unowned role":            {func(l *lab) { l.CreateRole("ray-worker", "/elsewhere/") }, "role ray-worker"},
		"unowned profile":         {func(l *lab) { l.CreateProfile("ray-head", "/") }, "instance profile ray-head"},
		"another resource's role": {func(l *lab) { l.CreateRole("ray-head", "/", rig.Tag("ray-iam:owner", "ray-0123456789ab")) }, "role ray-head belongs to another Custom::RayIAM resource, ray-0123456789ab"},
		"a whole set":             {func(l *lab) { l.CreateSet() }, "instance profile ray-worker"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			tt.make(l)
			before := l.Snapshot()
			create, rollback := l.Stack().Create(quick)
			l.Failed(create, tt.want, "nothing was changed")
			l.OK(rollback)
			l.unchanged(before, "a refused Create and its Delete")

			s := l.created(other)
			before = l.Snapshot()
			update, rollback := s.Update(quick)
			l.Failed(update, tt.want)
			l.OK(rollback)
			l.unchanged(before, "a refused replacement and its rollback")
		})
	}
}

// TestOwnership_GroupThatExistsIsRefused proves the same for a worker group that an Update
// adds.
// Reference 4.6.
func TestOwnership_GroupThatExistsIsRefused(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.CreateRole("ray-gpu", "/")
	before := l.Snapshot()
	update, rollback := s.Update(quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")}))
	l.Failed(update, "role ray-gpu")
	l.OK(rollback)
	l.unchanged(before, "a refused group and the rollback")
}

// TestOwnership_LoneProfile proves that the commands in the Reason delete an instance
// profile whose role is gone, also if another role is in the profile. IAM's console does
// not show such profiles.
// Reference 4.6.
func TestOwnership_LoneProfile(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string][]string{"empty": nil, "with another role": {"someones"}} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			for _, role := range roles {
				l.CreateRole(role, "/")
			}
			l.CreateProfile("ray-head", "/", roles...)
			create, rollback := l.Stack().Create(quick)
			l.Failed(create, "instance profile ray-head exists without a role of its name", "nothing was changed")
			l.OK(rollback)
			_, after, _ := strings.Cut(create.Reason, "remove it (")
			shown, _, _ := strings.Cut(after, ")")
			var commands [][]string
			for command := range strings.SplitSeq(shown, " && ") {
				commands = append(commands, strings.Fields(strings.TrimPrefix(command, "aws iam ")))
			}
			l.awsIAM(commands)
			l.hasNot("profile ray-head")
			l.created(quick)
			for _, role := range roles {
				l.has("role " + role)
			}
		})
	}
}

// TestOwnership_TwoStacksKeepApart proves that a stack never touches the roles and profiles
// of another stack's resource with the same names.
// Reference 4.5, 4.7.
func TestOwnership_TwoStacksKeepApart(t *testing.T) {
	l := newLab(t)
	first := l.created(quick)
	l.Resources.Set(first.ID, first.LogicalID, "CREATE_COMPLETE", first.PhysicalID)
	before := l.Snapshot()
	second := l.Stack()
	create, rollback := second.Create(adopting)
	l.Failed(create, first.PhysicalID, first.ID)
	l.OK(rollback)
	l.unchanged(before, "another stack")
	e := second.Event("Delete", quick)
	e.PhysicalResourceID = first.PhysicalID
	l.OK(second.Send(e))
	l.unchanged(before, "another stack's Delete with this one's id")
}

// TestOwnership_AdoptionThenRollback proves that the Delete of a rollback releases an
// adopted set, and does not delete it.
// Reference 4.7, 4.9.
func TestOwnership_AdoptionThenRollback(t *testing.T) {
	l := newLab(t)
	l.CreateSet()
	s := l.Stack()
	create, _ := s.Create(adopting)
	l.OK(create)
	for _, entity := range []string{"role ray-head", "profile ray-head", "role ray-worker", "profile ray-worker"} {
		l.has(entity+": tag ray-iam:owner="+s.PhysicalID, entity+": tag ray-iam:adopted=held")
	}
	l.has("role ray-head: "+trustsEC2, "role ray-head: inline ray-pass-role-policy", "role ray-head: attached "+awsPolicy+"AmazonEC2FullAccess")
	l.hasNot("by-hand")
	adopted := l.Snapshot()
	l.OK(s.Delete())
	l.unchanged(adopted.Without(": tag ray-iam:"), "the release, its tags aside,")
}

// TestOwnership_OwnedAfterAnUpdateWithoutAdoption checks the second step of an adoption: an
// Update without AdoptExisting turns held into owned, and then a Delete deletes the set.
// Reference 4.10.
func TestOwnership_OwnedAfterAnUpdateWithoutAdoption(t *testing.T) {
	l := newLab(t)
	l.CreateSet()
	s := l.created(adopting)
	l.updated(s, quick)
	l.has("role ray-head: tag ray-iam:adopted=owned", "profile ray-worker: tag ray-iam:adopted=owned")
	l.hasNot("ray-iam:adopted=held")
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.has("role ray-head: tag ray-iam:adopted=owned")
	l.OK(s.Delete())
	l.hasNot("role ray-", "profile ray-")
}

// TestOwnership_OwnedTurnsBackWhenRolledBack proves that the rollback of the second step
// turns owned back into held.
// Reference 4.10.
func TestOwnership_OwnedTurnsBackWhenRolledBack(t *testing.T) {
	l := newLab(t)
	l.CreateSet()
	s := l.created(adopting)
	before := l.Snapshot()
	_, rollback := s.UpdateThenRollBack(quick)
	l.OK(rollback)
	l.unchanged(before, "an update to owned and its rollback")
}

// TestOwnership_RemovedGroupIsReleased proves that the rollback of an Update that adopts a
// group releases the group, even if the rollback's properties do not have AdoptExisting.
// Reference 4.9.
func TestOwnership_RemovedGroupIsReleased(t *testing.T) {
	l := newLab(t)
	l.CreateRole("ray-gpu", "/")
	l.CreateProfile("ray-gpu", "/", "ray-gpu")
	s := l.created(quick)
	_, rollback := s.UpdateThenRollBack(adopting.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")}))
	l.OK(rollback)
	l.has("role ray-gpu: "+trustsEC2, "profile ray-gpu: holds ray-gpu")
	l.hasNot("role ray-gpu: tag", "profile ray-gpu: tag")
	l.OK(s.Delete())
	l.has("role ray-gpu: ", "profile ray-gpu: holds ray-gpu")
}

// TestOwnership_CreatedIsNeverMarkedAdopted proves that a Create with AdoptExisting marks
// only the roles and profiles that existed before, and that the Delete deletes the others.
// Reference 4.11.
func TestOwnership_CreatedIsNeverMarkedAdopted(t *testing.T) {
	l := newLab(t)
	l.CreateRole("ray-head", "/")
	s := l.created(adopting)
	l.has("role ray-head: tag ray-iam:adopted=held")
	l.hasNot("profile ray-head: tag ray-iam:adopted", "role ray-worker: tag ray-iam:adopted")
	l.OK(s.Delete())
	l.has("role ray-head: ")
	l.hasNot("profile ray-", "role ray-worker: ")
}

// TestOwnership_AdoptionAtAnotherPath proves that the adoption of a role at another path is
// refused before any write, because a role's path cannot be changed.
// Reference 4.8.
func TestOwnership_AdoptionAtAnotherPath(t *testing.T) {
	l := newLab(t)
	l.CreateRole("ray-head", "/old/")
	before := l.Snapshot()
	create, _ := l.Stack().Create(adopting)
	l.Failed(create, "role ray-head", "/old/", "Path")
	l.unchanged(before, "a refused adoption")
}

// TestIdentity_WrongAccount proves that a request of a stack in another account is refused,
// and that the following Delete succeeds.
// Reference 4.2, 5.12.
func TestIdentity_WrongAccount(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.Stack()
	s.ID = "arn:aws:cloudformation:us-east-1:999999999999:stack/s/1"
	create, rollback := s.Create(quick)
	l.Failed(create, l.AccountID, "999999999999", "account")
	l.OK(rollback)
	l.unchanged(before, "a stack of another account")
}

// TestIdentity_PartitionOfTheStack checks the ARNs and documents of a stack in China.
// Reference 1.3, 1.4, 1.6, 4.1.
func TestIdentity_PartitionOfTheStack(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.ID = "arn:aws-cn:cloudformation:cn-north-1:" + l.AccountID + ":stack/s/1"
	create, _ := s.Create(quick)
	// moto has only the managed policies of the partition aws. So this test can only check
	// that the function asks for the policies by their names in this partition.
	l.Failed(create, "arn:aws-cn:iam::aws:policy/AmazonEC2FullAccess")
	none := map[string]any{"ManagedPolicyArns": []any{}}
	create, _ = s.Create(quick.With(properties{"Head": none, "WorkerGroups": []any{map[string]any{"Name": "worker", "ManagedPolicyArns": []any{}}}}))
	l.OK(create)
	l.has(`role ray-head: trusts {"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.cn"}}]`,
		`"iam:PassedToService":["ec2.amazonaws.com","ec2.amazonaws.com.cn"]`, `"Resource":"arn:aws-cn:iam::`+l.AccountID+`:role/ray-worker"`)
	if want := "arn:aws-cn:iam::" + l.AccountID + ":instance-profile/ray-head"; create.Data["HeadInstanceProfileArn"] != want {
		t.Errorf("HeadInstanceProfileArn %q, want %q", create.Data["HeadInstanceProfileArn"], want)
	}
}

// TestOwnership_OwnedFromCreationOn proves that the calls that create a role or profile
// also tag it, so that neither ever exists without its owner.
// Reference 4.4.
func TestOwnership_OwnedFromCreationOn(t *testing.T) {
	l := newLab(t)
	l.created(quick)
	for _, c := range l.Proxy.Calls() {
		if c.Action == "CreateRole" || c.Action == "CreateInstanceProfile" {
			for i, want := range []string{"ray-iam:declared", "ray-iam:owner", "ray-iam:stack"} {
				if got := c.Form.Get(fmt.Sprintf("Tags.member.%d.Key", i+1)); got != want {
					t.Errorf("%s: tag %d is %q, want %q: %v", c.Action, i+1, got, want, c.Form)
				}
			}
		}
	}
}
