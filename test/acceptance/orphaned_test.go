package acceptance

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// TestOrphaned checks that AdoptExisting takes over the set of another resource if its stack
// does not exist any more, and refuses it otherwise. TestIsOrphaned and TestAsk_Replaced have
// CloudFormation's other answers.
// Reference 4.13.
func TestOrphaned(t *testing.T) {
	t.Parallel()
	const id = "the owner's"
	for name, tt := range map[string]struct {
		logicalID string // of the resource that made the set, and of the one that adopts it
		adopter   string
		status    string // of the resource that made the set; empty: CloudFormation has no such resource
		physical  string
		stack     string // status; empty: CloudFormation cannot be asked
		silent    bool
		adopted   bool
	}{
		"its stack is gone, another logical id":                 {"Old", "New", "", "", "", false, true},
		"it was replaced, by an update that may be rolled back": {"RayIAM", "RayIAM", "UPDATE_COMPLETE", "another", "UPDATE_IN_PROGRESS", false, false},
		"it exists":                {"RayIAM", "RayIAM", "CREATE_COMPLETE", id, "", false, false},
		"CloudFormation is silent": {"RayIAM", "RayIAM", "DELETE_COMPLETE", id, "", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			first, second := l.Stack(), l.Stack()
			first.LogicalID, second.LogicalID = tt.logicalID, tt.adopter
			create, _ := first.Create(quick)
			l.OK(create)
			before := l.Snapshot()
			if tt.physical == id {
				tt.physical = first.PhysicalID
			}
			if tt.status != "" {
				l.Resources.Set(first.ID, first.LogicalID, tt.status, tt.physical)
			}
			if tt.stack != "" {
				l.Resources.SetStack(first.ID, tt.stack)
			}
			if tt.silent {
				l.Resources.Silence()
			}
			create, rollback := second.Create(adopting)
			if !tt.adopted {
				l.Failed(create, first.PhysicalID, first.ID)
				l.OK(rollback)
				l.unchanged(before, "an adoption that was refused")
				return
			}
			l.OK(create)
			l.has("role ray-head: tag ray-iam:owner="+second.PhysicalID, "role ray-head: tag ray-iam:adopted=held", "role ray-head: tag ray-iam:stack="+second.ID)
			l.hasNot(first.PhysicalID)
			l.OK(second.Delete()) // the Delete releases what was adopted
			l.has("role ray-head: ", "profile ray-worker: holds ray-worker")
			l.hasNot("ray-iam:")
		})
	}
}

// TestOrphaned_NeverWithoutAdoption proves that an orphaned set is adopted only if the
// template has AdoptExisting, and that CloudFormation is not asked otherwise.
// Reference 4.13.
func TestOrphaned_NeverWithoutAdoption(t *testing.T) {
	l := newLab(t)
	first := l.created(quick)
	before := l.Snapshot()
	create, rollback := l.Stack().Create(quick)
	l.Failed(create, first.PhysicalID, first.ID, "AdoptExisting")
	l.OK(rollback)
	l.unchanged(before, "a Create without adoption")
	if l.Resources.Asked() > 0 {
		t.Errorf("CloudFormation was asked %d times, want never", l.Resources.Asked())
	}
}

// TestOrphaned_NeverAProvidersRole proves that a role whose owner tag is not a physical id,
// such as the role of a provider in another Region, is never adopted, with or without a
// stack's tag, and that CloudFormation is not asked about it.
// Reference 4.13.
func TestOrphaned_NeverAProvidersRole(t *testing.T) {
	for _, stack := range []string{"", "arn:aws:cloudformation:eu-west-1:123456789012:stack/gone/1"} {
		t.Run(stack, func(t *testing.T) {
			l := newLab(t)
			l.CreateRole("ray-head", "/", rig.Tag("ray-iam:owner", "provider"))
			if stack != "" {
				l.TagRole("ray-head", "ray-iam:stack", stack)
			}
			before := l.Snapshot()
			create, rollback := l.Stack().Create(adopting)
			l.Failed(create, "role ray-head has the tag ray-iam:owner with the value", "provider", "is never adopted")
			l.OK(rollback)
			l.unchanged(before, "an adoption of a provider's role")
			if l.Resources.Asked() > 0 {
				t.Errorf("CloudFormation was asked %d times, want never", l.Resources.Asked())
			}
		})
	}
}

// TestRename proves that a logical id can be renamed as the runbook says, by retaining the
// set and adopting it; and that without adoption the Create is refused with that advice.
// Reference 4.14.
func TestRename(t *testing.T) {
	l := newLab(t)
	old := l.created(quick)
	l.Resources.Set(old.ID, old.LogicalID, "CREATE_COMPLETE", old.PhysicalID)
	before := l.Snapshot()

	renamed := l.Stack()
	renamed.ID, renamed.LogicalID = old.ID, "Renamed"
	create, rollback := renamed.Create(adopting)
	l.Failed(create, "belongs to another logical id of this stack", old.PhysicalID, "DeletionPolicy is Retain", "AdoptExisting")
	l.OK(rollback)
	l.unchanged(before, "a renamed logical id")

	// The resource is removed from the template, and its set is retained: CloudFormation
	// sends no event.
	l.Resources.Forget(old.ID, old.LogicalID)
	l.Resources.Set(old.ID, renamed.LogicalID, "CREATE_IN_PROGRESS", "")
	create, _ = renamed.Create(adopting)
	l.OK(create)
	l.has("role ray-head: tag ray-iam:owner=" + renamed.PhysicalID)
	l.updated(renamed, quick)
	l.OK(renamed.Delete())
	l.hasNot("role ray-head:", "profile ray-worker:")
}
