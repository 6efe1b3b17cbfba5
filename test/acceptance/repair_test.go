package acceptance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// clear takes a role and its instance profile away by hand.
func (l *lab) clear(name string) {
	l.t.Helper()
	l.emptyProfile(name, name)
	l.dropProfile(name)
	l.dropRole(name)
}

// TestRepair_WhatIsGoneIsMadeAgain holds an Update that finds less than it knew.
func TestRepair_WhatIsGoneIsMadeAgain(t *testing.T) {
	for name, away := range map[string]func(*lab){
		"a role":     func(l *lab) { l.emptyProfile("ray-head", "ray-head"); l.dropRole("ray-head") },
		"a group":    func(l *lab) { l.clear("ray-worker") },
		"everything": func(l *lab) { l.clear("ray-worker"); l.clear("ray-head") },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			declared := l.snapshot()
			away(l)
			l.updated(s, quick.With(properties{"Revision": "2"}))
			l.unchanged(declared, "what was taken away and the Update")
		})
	}
}

// TestDelete_AfterEverythingIsGone holds that there is nothing to fail at.
func TestDelete_AfterEverythingIsGone(t *testing.T) {
	l := newLab(t)
	before := l.snapshot()
	s := l.created(quick)
	l.clear("ray-head")
	l.emptyProfile("ray-worker", "ray-worker")
	l.dropProfile("ray-worker")
	l.ok(s.Delete())
	l.unchanged(before, "Create, somebody's deleting, and Delete")
}

// TestRepair_BoundaryAndTags holds drift of what is not a permission.
func TestRepair_BoundaryAndTags(t *testing.T) {
	for name, drift := range map[string]func(*lab){
		"boundary gone":        func(l *lab) { l.removeBoundary("ray-head") },
		"boundary changed":     func(l *lab) { l.bound("ray-worker", awsPolicy+"ReadOnlyAccess") },
		"role's tag changed":   func(l *lab) { l.setTag("ray-head", "team", "other") },
		"role's tag gone":      func(l *lab) { l.dropRoleTag("ray-worker", "team") },
		"profile's tag":        func(l *lab) { l.setProfileTag("ray-worker", "team", "other") },
		"profile's tag added":  func(l *lab) { l.setProfileTag("ray-head", "by", "hand") },
		"profile's stack tag":  func(l *lab) { l.setProfileTag("ray-head", "ray-iam:stack", "other") },
		"boundary of a worker": func(l *lab) { l.removeBoundary("ray-worker") },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			p := quick.With(properties{"PermissionsBoundary": awsPolicy + "PowerUserAccess", "Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}})
			s := l.created(p)
			declared := l.snapshot()
			drift(l)
			l.updated(s, p.With(properties{"Revision": "2"}))
			l.unchanged(declared, "the repair")
		})
	}
}

// TestUpdate_WithoutABoundaryTakesOneAway holds that a boundary set by hand
// goes where none is declared.
func TestUpdate_WithoutABoundaryTakesOneAway(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	declared := l.snapshot()
	l.bound("ray-head", awsPolicy+"ReadOnlyAccess")
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.unchanged(declared, "a boundary set by hand and the Update")
}

// TestUpdate_ForeignHolderFailsIt holds that a group whose role is in a
// foreign instance profile cannot go, that this is seen before anything is written,
// and that the rollback finds the group as it was.
func TestUpdate_ForeignHolderFailsIt(t *testing.T) {
	l := newLab(t)
	both := quick.With(properties{"WorkerGroups": []any{map[string]any{"Name": "worker"}, map[string]any{"Name": "gpu"}}})
	s := l.created(both)
	l.makeProfile("somebodys", "/", "ray-gpu")
	before := l.snapshot()
	update, rollback := s.Update(quick.With(properties{"Tags": manyTags(1)}))
	l.failed(update, "instance profile somebodys", "ray-gpu", "nothing was changed")
	l.ok(rollback)
	l.unchanged(before, "an Update that cannot be done, and its rollback")
}

// TestRepair_ManyPoliciesByHand holds a Delete whose list of policies has more than
// one page.
func TestRepair_ManyPoliciesByHand(t *testing.T) {
	l := newLab(t)
	before := l.snapshot()
	s := l.created(quick)
	attached := 0
	for pages := iam.NewListPoliciesPaginator(l.iam, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws}); attached < 105; {
		page, err := pages.NextPage(t.Context())
		for _, policy := range done(t, page, err).Policies {
			l.attach("ray-worker", *policy.Arn)
			attached++
		}
	}
	l.ok(s.Delete())
	l.unchanged(before, "Create, somebody's attaching, and Delete")
}
