package executionrole

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`

// inline is a node with an inline policy of its own.
func inline() map[string]any {
	statement := map[string]any{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
	return map[string]any{"Policies": []any{map[string]any{"PolicyName": "list", "PolicyDocument": policy}}}
}

// base are the properties that fit the set's parameters.
func (l *lab) base(more properties) properties {
	return properties{"NamePrefix": l.set.prefix(), "Path": l.set.path(), "PropagationWaitSeconds": 0}.With(more)
}

func groups(names ...string) []any {
	var list []any
	for _, name := range names {
		list = append(list, map[string]any{"Name": name})
	}
	return list
}

// wholeLife is a stack's: created, changed in everything that can change, changed by
// hand, replaced, replaced in vain, rolled back, deleted.
func wholeLife(l *lab) {
	own := l.policy("own-bound")
	s := l.stack(nil)
	s.Age = time.Minute // so old that the function asks whether somebody still waits
	l.did(s.Create(l.base(nil)))
	s.Age = 0
	tagged := l.base(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "x"}}, "WorkerGroups": groups("worker", "gpu")})
	l.did(s.Update(tagged))
	retagged := l.base(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "y"}}, "WorkerGroups": groups("gpu")})
	l.did(s.UpdateThenRollBack(retagged))
	l.did(s.Update(l.base(nil)))
	withOwn := l.base(properties{"PermissionsBoundary": own, "Head": inline()})
	l.did(s.Update(withOwn))
	l.did(s.Update(l.base(properties{"Head": map[string]any{"ManagedPolicyArns": []any{l.policy("mine")}}})))
	l.did(s.UpdateThenRollBack(l.base(properties{"NamePrefix": "ray2", "Path": l.set.path()})))
	l.inVain(s)
	l.byHand("ray-head", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Update(l.base(properties{"Revision": "2", "PropagationWaitSeconds": 1})))
	l.did(s.Update(l.base(properties{"NamePrefix": "ray3"})))
	l.byHand("ray3-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Delete())
}

// shortLife is a stack's that meets nothing unusual.
func shortLife(l *lab) {
	s := l.stack(nil)
	l.did(s.Create(l.base(nil)))
	l.did(s.Update(l.base(properties{"WorkerGroups": groups("worker", "gpu")})))
	l.did(s.Delete())
}

// inVain replaces the set, fails halfway, undoes it and is rolled back.
func (l *lab) inVain(s *cloudformation.Stack) {
	l.t.Helper()
	l.refuse = func(c iamproxy.Call) bool {
		return c.Action == "AttachRolePolicy" && strings.HasSuffix(c.Form.Get("RoleName"), "vain-worker")
	}
	update, rollback := s.Update(l.base(properties{"NamePrefix": l.set.prefix() + "-vain"}))
	l.refuse = nil
	if update.OK() || !strings.Contains(update.Reason, "the old set is as it was") {
		l.t.Errorf("a replacement in vain: %+v", update)
	}
	l.did(rollback)
}

// underBoundary begins with a set from before the boundary, which must get it.
func underBoundary(l *lab) {
	l.policy("bound")
	s := l.stack(map[string]string{"PermissionsBoundary": ""})
	recorded := l.recorded
	l.did(s.Create(l.base(nil)))
	l.byHand("ray-head", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.recorded = recorded // what was done before the boundary is another set's
	clear(l.recorded)
	s.Use(l.function(nil))
	l.did(s.Update(l.base(properties{"Head": inline(), "WorkerGroups": groups("worker", "gpu")})))
	l.did(s.UpdateThenRollBack(l.base(properties{"NamePrefix": "ray2"})))
	l.inVain(s)
	l.byHand("ray-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Update(l.base(properties{"Revision": "2"})))
	l.byHand("ray-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Delete())
}

// allowedPolicies takes off by update and by Delete what was put on from outside the
// patterns.
func allowedPolicies(l *lab) {
	s := l.stack(nil)
	l.did(s.Create(l.base(nil)))
	l.did(s.Update(l.base(properties{"Head": map[string]any{"ManagedPolicyArns": []any{l.policy("mine")}}})))
	l.byHand("ray-head", "arn:aws:iam::aws:policy/IAMFullAccess")
	l.did(s.Update(l.base(properties{"Revision": "2"})))
	l.inVain(s)
	l.byHand("ray-worker", "arn:aws:iam::aws:policy/AdministratorAccess")
	l.did(s.Delete())
}

// adoption takes over what was made by hand and releases it, in every way there is,
// and once more under a provider that adopts no longer.
func adoption(l *lab) {
	prefix := l.set.prefix()
	adopting := l.base(properties{"AdoptExisting": true})
	for _, forbidden := range []map[string]string{nil, {"AllowAdoption": "false"}} {
		l.recipe(prefix+"-head", prefix+"-worker", prefix+"-gpu")
		s := l.stack(nil)
		l.did(s.Create(adopting))
		l.did(s.UpdateThenRollBack(adopting.With(properties{"WorkerGroups": groups("worker", "gpu")})))
		l.did(s.Delete())
		l.did(s.Create(adopting))
		s.Use(l.function(forbidden))
		l.did(s.Update(l.base(properties{"Revision": "1"})))
		if forbidden == nil {
			l.did(s.UpdateThenRollBack(adopting))
		}
		l.did(s.Delete())
		s.Use(l.function(nil))
		l.did(s.Create(adopting))
		l.did(s.Delete())
	}
}

func everything(l *lab) {
	l.policy("bound")
	l.policy("mine")
	adoption(l)
}

// policy makes a managed policy and returns its ARN.
func (l *lab) policy(name string) string {
	l.t.Helper()
	text := document
	if _, err := l.iam.CreatePolicy(l.t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &text}); err != nil {
		l.t.Fatal(err)
	}
	return l.arn("policy", "/", name)
}

// byHand changes a role as somebody with too many rights would.
func (l *lab) byHand(role, policy string) {
	l.t.Helper()
	name, trust := "by-hand", strings.Replace(trustsEC2, "ec2.", "lambda.", 1)
	text := document
	_, err := l.iam.AttachRolePolicy(l.t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &policy})
	must(l.t, err)
	_, err = l.iam.PutRolePolicy(l.t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &text})
	must(l.t, err)
	_, err = l.iam.UpdateAssumeRolePolicy(l.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &trust})
	must(l.t, err)
	_, err = l.iam.RemoveRoleFromInstanceProfile(l.t.Context(), &iam.RemoveRoleFromInstanceProfileInput{RoleName: &role, InstanceProfileName: &role})
	must(l.t, err)
}

const trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// recipe makes roles with their profiles by hand, the last one without a profile.
func (l *lab) recipe(names ...string) {
	l.t.Helper()
	path, trust := l.set.path(), strings.Replace(trustsEC2, "ec2.", "lambda.", 1)
	for i, name := range names {
		_, _ = l.iam.CreateRole(l.t.Context(), &iam.CreateRoleInput{RoleName: &name, Path: &path, AssumeRolePolicyDocument: &trust, Tags: []types.Tag{{Key: &name, Value: &name}}})
		if i == len(names)-1 {
			break
		}
		_, _ = l.iam.CreateInstanceProfile(l.t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name, Path: &path})
		_, _ = l.iam.AddRoleToInstanceProfile(l.t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
