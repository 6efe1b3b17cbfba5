package executionrole

import (
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// inline is a node with an inline policy.
func inline() map[string]any {
	statement := map[string]any{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
	return map[string]any{"Policies": []any{map[string]any{"PolicyName": "list", "PolicyDocument": policy}}}
}

// base returns properties that are within the deployment's bounds.
func (l *lab) base(more properties) properties {
	return properties{"NamePrefix": l.deployment.prefix(), "Path": l.deployment.path(), "PropagationWaitSeconds": 0}.With(more)
}

// wholeLife is the life of a stack: it is created, changed in everything that can change,
// changed by hand, replaced, replaced with a failure, rolled back and deleted.
func wholeLife(l *lab) {
	own := l.CreatePolicy("own-bound")
	s := l.provided(nil)
	s.Age = time.Minute // old enough for the function to ask whether CloudFormation still waits
	l.did(s.Create(l.base(nil)))
	s.Age = 0
	tagged := l.base(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "x"}}, "WorkerGroups": rig.Groups("worker", "gpu")})
	l.did(s.Update(tagged))
	retagged := l.base(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "y"}}, "WorkerGroups": rig.Groups("gpu")})
	l.did(s.UpdateThenRollBack(retagged))
	l.did(s.Update(l.base(nil)))
	withOwn := l.base(properties{"PermissionsBoundary": own, "Head": inline()})
	l.did(s.Update(withOwn))
	l.did(s.Update(l.base(properties{"Head": map[string]any{"ManagedPolicyArns": []any{l.CreatePolicy("mine")}}})))
	l.did(s.UpdateThenRollBack(l.base(properties{"NamePrefix": "ray2", "Path": l.deployment.path()})))
	l.inVain(s)
	l.byHand("ray-head", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Update(l.base(properties{"Revision": "2", "PropagationWaitSeconds": 1})))
	l.did(s.Update(l.base(properties{"NamePrefix": "ray3"})))
	l.byHand("ray3-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.inUse(s, "ray3-worker")
	l.did(s.Delete())
}

// inUse sends a Delete while an instance uses the profile.
func (l *lab) inUse(s *cloudformation.Stack, profile string) {
	l.TB.Helper()
	launched := l.Launch("us-east-1", profile, "research", 1)
	if answer := s.Delete(); answer.OK() || !strings.Contains(answer.Reason, launched.IDs[0]) {
		l.TB.Errorf("a Delete of what is in use: %+v", answer)
	}
	launched.Terminate()
}

// shortLife is the life of a stack without faults.
func shortLife(l *lab) {
	s := l.provided(nil)
	l.did(s.Create(l.base(nil)))
	l.did(s.Update(l.base(properties{"WorkerGroups": rig.Groups("worker", "gpu")})))
	l.did(s.Delete())
}

// inVain sends a replacement that fails halfway and is rolled back.
func (l *lab) inVain(s *cloudformation.Stack) {
	l.TB.Helper()
	l.refuse = func(c iamproxy.Call) bool {
		return c.Action == "AttachRolePolicy" && strings.HasSuffix(c.Form.Get("RoleName"), "vain-worker")
	}
	update, rollback := s.Update(l.base(properties{"NamePrefix": l.deployment.prefix() + "-vain"}))
	l.refuse = nil
	if update.OK() || !strings.Contains(update.Reason, "the old set was not changed") {
		l.TB.Errorf("a replacement that was to fail: %+v", update)
	}
	l.did(rollback)
}

// underBoundary begins with a set that was made without the boundary, and must get it.
func underBoundary(l *lab) {
	l.CreatePolicy("bound")
	s := l.provided(map[string]string{"PermissionsBoundary": ""})
	recorded := l.recorded
	l.did(s.Create(l.base(nil)))
	l.byHand("ray-head", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.recorded = recorded // the calls before the boundary belong to another deployment
	clear(l.recorded)
	s.Use(l.provider(nil))
	l.did(s.Update(l.base(properties{"Head": inline(), "WorkerGroups": rig.Groups("worker", "gpu")})))
	l.did(s.UpdateThenRollBack(l.base(properties{"NamePrefix": "ray2"})))
	l.inVain(s)
	l.byHand("ray-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Update(l.base(properties{"Revision": "2"})))
	l.byHand("ray-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Delete())
}

// allowedPolicies removes, by an Update and by a Delete, policies that are outside the
// allowed patterns.
func allowedPolicies(l *lab) {
	s := l.provided(nil)
	l.did(s.Create(l.base(nil)))
	l.did(s.Update(l.base(properties{"Head": map[string]any{"ManagedPolicyArns": []any{l.CreatePolicy("mine")}}})))
	l.byHand("ray-head", "arn:aws:iam::aws:policy/IAMFullAccess")
	l.did(s.Update(l.base(properties{"Revision": "2"})))
	l.inVain(s)
	l.byHand("ray-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Delete())
}

// adoption adopts roles made by hand, and releases them in every way; and once more with a
// provider that does not allow adoption any more.
func adoption(l *lab) {
	prefix := l.deployment.prefix()
	adopting := l.base(properties{"AdoptExisting": true})
	l.CreateRole(prefix+"-gpu", l.deployment.path(), rig.Tag(prefix+"-gpu", prefix+"-gpu")) // released each time
	for _, forbidden := range []map[string]string{nil, {"AllowAdoption": "false"}} {
		l.setByHand(prefix+"-head", prefix+"-worker")
		s := l.provided(nil)
		l.did(s.Create(adopting))
		l.did(s.UpdateThenRollBack(adopting.With(properties{"WorkerGroups": rig.Groups("worker", "gpu")})))
		l.did(s.Delete())
		l.did(s.Create(adopting))
		s.Use(l.provider(forbidden))
		l.did(s.Update(l.base(properties{"Revision": "1"})))
		if forbidden == nil {
			l.did(s.UpdateThenRollBack(adopting))
		}
		l.did(s.Delete())
		s.Use(l.provider(nil))
		l.did(s.Create(adopting))
		l.did(s.Delete())
	}
	l.orphaned(adopting)
}

// orphaned adopts orphaned sets: one of a resource with the same logical id, and one with
// another.
func (l *lab) orphaned(adopting properties) {
	for _, logicalID := range []string{"RayIAM", "Renamed"} {
		left := properties{"NamePrefix": l.deployment.prefix() + logicalID}
		l.did(l.provided(nil).Create(l.base(left)))
		s := l.provided(nil)
		s.LogicalID = logicalID
		l.did(s.Create(adopting.With(left)))
		l.did(s.Delete())
	}
}

func everything(l *lab) {
	l.CreatePolicy("bound")
	l.CreatePolicy("mine")
	adoption(l)
	looking(l)
}

// looking makes the function look for drift at a set, part of which was deleted by hand.
func looking(l *lab) {
	l.TB.Helper()
	s := l.provided(nil)
	l.did(s.Create(l.base(nil)))
	l.RemoveRole(l.deployment.prefix()+"-head", l.deployment.prefix()+"-head")
	outcome := l.Function.Invoke([]byte(`{"detail-type":"Scheduled Event","source":"aws.events","time":"2026-10-08T16:53:06Z"}`), s.Timeout)
	if log := l.StoppedLog(); !outcome.OK() || !strings.Contains(log, `"msg":"drifted"`) || !strings.Contains(log, `"msg":"looked"`) {
		l.TB.Errorf("the look ended with %+v:\n%s", outcome, log)
	}
	s.Use(l.provider(nil))
	l.did(s.Delete())
}

// byHand changes a role in ways that the function itself never does.
func (l *lab) byHand(role, policy string) {
	l.TB.Helper()
	l.AttachPolicy(role, policy)
	l.PutInline(role, "by-hand")
	l.SetTrust(role, "lambda.amazonaws.com")
	l.RemoveRole(role, role)
}

// setByHand makes roles with their instance profiles by hand.
func (l *lab) setByHand(names ...string) {
	l.TB.Helper()
	for _, name := range names {
		l.CreateRole(name, l.deployment.path(), rig.Tag(name, name))
		l.CreateProfile(name, l.deployment.path(), name)
	}
}
