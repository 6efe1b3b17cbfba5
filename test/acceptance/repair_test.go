package acceptance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// clear deletes a role and its instance profile by hand.
func (l *lab) clear(name string) {
	l.TB.Helper()
	l.DeleteProfile(name)
	l.DeleteRole(name)
}

// TestRepair_WhatIsGoneIsMadeAgain proves that an Update makes roles and profiles again
// that were deleted by hand.
// Reference 5.5.
func TestRepair_WhatIsGoneIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*lab){
		"a role":     func(l *lab) { l.RemoveRole("ray-head", "ray-head"); l.DeleteRole("ray-head") },
		"a group":    func(l *lab) { l.clear("ray-worker") },
		"everything": func(l *lab) { l.clear("ray-worker"); l.clear("ray-head") },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			declared := l.Snapshot()
			away(l)
			l.updated(s, quick.With(properties{"Revision": "2"}))
			l.unchanged(declared, "what was taken away and the Update")
		})
	}
}

// TestDelete_AfterEverythingIsGone proves that a Delete succeeds after everything was
// deleted by hand.
// Reference 5.12.
func TestDelete_AfterEverythingIsGone(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	l.clear("ray-head")
	l.DeleteProfile("ray-worker")
	l.OK(s.Delete())
	l.unchanged(before, "Create, somebody's deleting, and Delete")
}

// TestRepair_BoundaryAndTags proves that an Update repairs drift of boundaries and tags.
// Reference 5.5, 12.3.
func TestRepair_BoundaryAndTags(t *testing.T) {
	t.Parallel()
	for name, drift := range map[string]func(*lab){
		"boundary gone":        func(l *lab) { l.DeleteBoundary("ray-head") },
		"boundary changed":     func(l *lab) { l.PutBoundary("ray-worker", awsPolicy+"ReadOnlyAccess") },
		"role's tag changed":   func(l *lab) { l.TagRole("ray-head", "team", "other") },
		"role's tag gone":      func(l *lab) { l.UntagRole("ray-worker", "team") },
		"profile's tag":        func(l *lab) { l.TagProfile("ray-worker", "team", "other") },
		"profile's tag added":  func(l *lab) { l.TagProfile("ray-head", "by", "hand") },
		"profile's stack tag":  func(l *lab) { l.TagProfile("ray-head", "ray-iam:stack", "other") },
		"boundary of a worker": func(l *lab) { l.DeleteBoundary("ray-worker") },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			p := quick.With(properties{"PermissionsBoundary": awsPolicy + "PowerUserAccess", "Tags": tags("team", "ml")})
			s := l.created(p)
			declared := l.Snapshot()
			drift(l)
			l.updated(s, p.With(properties{"Revision": "2"}))
			l.unchanged(declared, "the repair")
		})
	}
}

// TestUpdate_WithoutABoundaryTakesOneAway proves that an Update removes a boundary that was
// set by hand, if none is declared.
// Reference 5.5.
func TestUpdate_WithoutABoundaryTakesOneAway(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	declared := l.Snapshot()
	l.PutBoundary("ray-head", awsPolicy+"ReadOnlyAccess")
	l.updated(s, quick.With(properties{"Revision": "2"}))
	l.unchanged(declared, "a boundary set by hand and the Update")
}

// TestUpdate_ForeignHolderFailsIt proves that an Update cannot remove a group whose role is
// in a foreign instance profile: it fails before any write, and the rollback finds the
// group unchanged.
// Reference 5.14.
func TestUpdate_ForeignHolderFailsIt(t *testing.T) {
	l := newLab(t)
	both := quick.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})
	s := l.created(both)
	l.CreateProfile("somebodys", "/", "ray-gpu")
	before := l.Snapshot()
	update, rollback := s.Update(quick.With(properties{"Tags": manyTags(1)}))
	l.Failed(update, "instance profile somebodys", "ray-gpu", "nothing was changed")
	l.OK(rollback)
	l.unchanged(before, "an Update that cannot be done, and its rollback")
}

// TestRepair_ManyPoliciesByHand checks the Delete of a role whose list of policies has more
// than one page.
// Reference 5.11.
func TestRepair_ManyPoliciesByHand(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.created(quick)
	attached := 0
	for pages := iam.NewListPoliciesPaginator(l.IAM, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws}); attached < 105; {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, policy := range page.Policies {
			l.AttachPolicy("ray-worker", *policy.Arn)
			attached++
		}
	}
	l.OK(s.Delete())
	l.unchanged(before, "Create, somebody's attaching, and Delete")
}

// TestRecord_Denied proves that an Update which has nothing to write but the record of the
// declared state succeeds with a warning if IAM denies that tag.
// Reference 8.2, 15.5.
func TestRecord_Denied(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.UntagRole("ray-head", "ray-iam:declared")
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(func(c iamproxy.Call) bool { return c.Action == "TagRole" }, iamproxy.DeniedWith(iamproxy.Explicit)))
	answer, _ := s.Update(quick)
	l.OK(answer)
	l.unchanged(before, "an Update that could not record")
	if log := l.StoppedLog(); !strings.Contains(log, "going on without writing the tag ray-iam:declared") {
		t.Errorf("the log has no warning: %s", log)
	}
	l.Proxy.SetFault(nil)
	s.Use(l.Running())
	answer, _ = s.Update(quick)
	l.OK(answer)
	l.has("role ray-head: tag ray-iam:declared=v1")
}
