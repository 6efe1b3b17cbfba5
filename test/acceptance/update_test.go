package acceptance

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// likeNew fails the test unless the account is in the state that a Create with p makes, and
// another Update to p writes nothing.
func (l *lab) likeNew(s *cloudformation.Stack, p properties, foreign rig.Snapshot) {
	l.TB.Helper()
	got := l.Snapshot()
	l.isComplete(s, p.With(properties{"Revision": "again"}))
	l.OK(s.Delete())
	l.unchanged(foreign, "the Delete")
	fresh := l.Stack()
	fresh.ID = s.ID
	answer, _ := fresh.Create(p)
	l.OK(answer)
	if diff := rig.Diff(l.Snapshot(), got); diff != "" {
		l.TB.Errorf("the updated account differs from a newly made one:\n%s", diff)
	}
	l.OK(fresh.Delete())
}

// inPlace are changes of the properties that change in place.
var inPlace = map[string]properties{
	"policies":     {"Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "ReadOnlyAccess", awsPolicy + "AmazonS3FullAccess"}}},
	"no policies":  {"Head": map[string]any{"ManagedPolicyArns": []any{}}, "WorkerGroups": []any{map[string]any{"Name": "worker", "ManagedPolicyArns": []any{}}}},
	"group added":  {"WorkerGroups": rig.Groups("worker", "gpu")},
	"groups moved": {"WorkerGroups": rig.Groups("a", "b")},
	"tags":         {"Tags": tags("team", "ml")},
	"revision":     {"Revision": "2"},
}

// TestUpdate_InPlace proves, for every property that changes in place, that the Update
// leads to the same state as a Create with the new properties.
// Reference 5.4.
func TestUpdate_InPlace(t *testing.T) {
	t.Parallel()
	for name, changes := range inPlace {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			foreign := l.Snapshot()
			s := l.created(quick)
			l.updated(s, quick.With(changes))
			l.likeNew(s, quick.With(changes), foreign)
		})
	}
}

// TestUpdate_OfBoundary checks that an Update sets, changes and removes the permissions
// boundary.
// Reference 2.11, 5.4.
func TestUpdate_OfBoundary(t *testing.T) {
	l := newLab(t)
	a, b := l.CreatePolicy("a"), l.CreatePolicy("b")
	foreign := l.Snapshot()
	s := l.created(quick)
	for _, boundary := range []any{a, b, nil, a} {
		p := quick.With(properties{"PermissionsBoundary": boundary})
		l.updated(s, p)
		if boundary == nil {
			l.hasNot("role ray-head: boundary", "role ray-worker: boundary")
			continue
		}
		l.has("role ray-head: boundary "+boundary.(string), "role ray-worker: boundary "+boundary.(string))
	}
	l.likeNew(s, quick.With(properties{"PermissionsBoundary": a}), foreign)
}

// TestRepair_Drift proves that an Update that changes only Revision restores the declared
// state after any change by hand.
// Reference 5.5.
func TestRepair_Drift(t *testing.T) {
	t.Parallel()
	for name, drift := range map[string]func(*lab){
		"policy attached":        func(l *lab) { l.AttachPolicy("ray-worker", awsPolicy+"AdministratorAccess") },
		"policy detached":        func(l *lab) { l.DetachPolicy("ray-head", awsPolicy+"AmazonEC2FullAccess") },
		"inline policy added":    func(l *lab) { l.PutInline("ray-worker", "by-hand") },
		"inline policy replaced": func(l *lab) { l.PutInline("ray-head", "ray-pass-role-policy") },
		"trust changed":          func(l *lab) { l.SetTrust("ray-head", "lambda.amazonaws.com") },
		"role out of profile":    func(l *lab) { l.RemoveRole("ray-head", "ray-head") },
		"profile gone":           func(l *lab) { l.DeleteProfile("ray-head") },
		"other role in profile": func(l *lab) {
			l.CreateRole("other", "/")
			l.RemoveRole("ray-head", "ray-head")
			l.AddRole("ray-head", "other")
		},
		"tag added":   func(l *lab) { l.TagRole("ray-head", "by", "hand") },
		"tag changed": func(l *lab) { l.TagRole("ray-head", "ray-iam:stack", "other") },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			declared := l.Snapshot()
			drift(l)
			foreign := l.Snapshot().Matching("role other:")
			l.updated(s, quick.With(properties{"Revision": "repair"}))
			l.unchanged(append(declared, foreign...), "the repair")
		})
	}
}

// TestProperties_PathAloneCannotChange proves that an Update that changes only the path is
// refused with that reason, and that its rollback writes nothing.
// Reference 2.12.
func TestProperties_PathAloneCannotChange(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	update, rollback := s.Update(quick.With(properties{"Path": "/new/"}))
	l.Failed(update, "Path", "/new/", "NamePrefix")
	l.OK(rollback)
	l.unchanged(before, "a refused change of Path")
}

// TestRollback_OfAFailedUpdate proves that a refused Update answers its own id, and that
// the rollback succeeds, although its old properties are the bad ones.
// Reference 5.2, 7.7.
func TestRollback_OfAFailedUpdate(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	update, rollback := s.Update(quick.With(properties{"WorkerGroups": []any{map[string]any{"Name": "no spaces"}, "x"}, "NamePrefix": 7}))
	l.Failed(update, "WorkerGroups[0].Name", "WorkerGroups[1]")
	l.OK(rollback)
	l.unchanged(before, "a refused update and its rollback")
}

// TestUpdate_GroupsThatWentAreDeletedLast proves that an Update deletes the groups that it
// removes after all other writes.
// Reference 5.6.
func TestUpdate_GroupsThatWentAreDeletedLast(t *testing.T) {
	l := newLab(t)
	s := l.created(quick.With(properties{"WorkerGroups": rig.Groups("old")}))
	l.Proxy.Reset()
	l.updated(s, quick.With(properties{"WorkerGroups": rig.Groups("new")}))
	lastOfNew, firstOfOld := 0, 0
	for _, c := range l.Proxy.Calls() {
		name := c.Form.Get("RoleName") + c.Form.Get("InstanceProfileName")
		switch {
		case !c.Writes():
		case name == "ray-old" || name == "ray-oldray-old":
			if firstOfOld == 0 {
				firstOfOld = c.N
			}
		default:
			lastOfNew = c.N
		}
	}
	if firstOfOld < lastOfNew || firstOfOld == 0 {
		t.Errorf("the first write that removes a group is call %d, the last other write is call %d, want it before", firstOfOld, lastOfNew)
	}
}
