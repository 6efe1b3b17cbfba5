package model

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// What is in an account from the beginning and stays as it is: things of somebody
// else's whose names are nearly a resource's, and the policies that are boundaries.
var nearMisses = []string{"ray", "ray-heads", "xray-head", "ray-worker-2"}

// fixed returns the entities that no hand touches.
func (w *world) fixed() (entities []string) {
	for _, name := range nearMisses {
		entities = append(entities, "role "+name, "profile "+name)
	}
	return entities
}

// reset empties the account for the next run, but for what is in it from the beginning.
func (w *world) reset() {
	for _, r := range w.resources {
		r.id, r.props = "", nil
	}
	keep := append(slices.Clone(nearMisses), "boundary-one", "boundary-two")
	if w.policies == nil {
		keep = nil
	}
	if err := rig.Wipe(context.Background(), w.iam, keep...); err != nil {
		w.judge.Fatalf("wiping the account: %v", err)
	}
	w.model = w.seen()
	if w.policies == nil {
		w.makeScene()
	}
	w.check("the beginning")
}

func (w *world) makeScene() {
	for _, name := range []string{"boundary-one", "boundary-two"} {
		document := byHand
		out, err := w.iam.CreatePolicy(context.Background(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
		do(w, out, err)
	}
	for _, name := range nearMisses {
		w.makeRole(name, stranger)
		w.makeProfile(name, name)
	}
	w.policies = w.policiesNow()
}

// policiesNow returns what the account has beside roles and profiles.
func (w *world) policiesNow() rig.Snapshot {
	snapshot, err := rig.Read(context.Background(), w.iam)
	return slices.DeleteFunc(done(w, snapshot, err), func(line string) bool {
		return strings.HasPrefix(line, "role ") || strings.HasPrefix(line, "profile ")
	})
}

func (w *world) makeRole(name, owner string) {
	trust, arn := trustsMe, awsPolicy+"ReadOnlyAccess"
	in := &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}
	w.model["role "+name] = facts{"arn": "arn:aws:iam::" + w.account + ":role/" + name, "trusts": spelled(trust), "attached " + arn: ""}
	if owner != "" {
		key := strings.TrimPrefix(ownerTag, "tag ")
		in.Tags = []types.Tag{{Key: &key, Value: &owner}}
		w.model["role "+name][ownerTag] = owner
	}
	out, err := w.iam.CreateRole(context.Background(), in)
	do(w, out, err)
	attached, err := w.iam.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
	do(w, attached, err)
}

// makeProfile makes a profile, unless it is there, with a role in it, unless none is
// given.
func (w *world) makeProfile(name, role string) {
	if w.model["profile "+name] == nil {
		out, err := w.iam.CreateInstanceProfile(context.Background(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name})
		do(w, out, err)
		w.model["profile "+name] = facts{"arn": "arn:aws:iam::" + w.account + ":instance-profile/" + name}
	}
	if role != "" {
		w.empty(name)
		w.fill(name, role)
	}
}

func (w *world) putInline(role, policy string, f facts) {
	document := byHand
	out, err := w.iam.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &policy, PolicyDocument: &document})
	do(w, out, err)
	f["inline "+policy] = spelled(document)
}

func (w *world) fill(profile, role string) {
	out, err := w.iam.AddRoleToInstanceProfile(context.Background(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
	do(w, out, err)
	w.model["profile "+profile]["holds "+role] = ""
}

func (w *world) empty(profile string) {
	f := w.model["profile "+profile]
	for role, ok := first(f, "holds"); ok; role, ok = first(f, "holds") {
		out, err := w.iam.RemoveRoleFromInstanceProfile(context.Background(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
		do(w, out, err)
		delete(f, "holds "+role)
	}
}

func (w *world) deleteProfile(name string) {
	w.empty(name)
	out, err := w.iam.DeleteInstanceProfile(context.Background(), &iam.DeleteInstanceProfileInput{InstanceProfileName: &name})
	do(w, out, err)
	delete(w.model, "profile "+name)
}

func (w *world) deleteRole(name string) {
	for _, entity := range w.model.names() {
		if _, holds := w.model[entity]["holds "+name]; holds {
			w.empty(strings.TrimPrefix(entity, "profile "))
		}
	}
	role := w.model["role "+name]
	for _, key := range slices.Sorted(maps.Keys(role)) {
		if arn, ok := strings.CutPrefix(key, "attached "); ok {
			out, err := w.iam.DetachRolePolicy(context.Background(), &iam.DetachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
			do(w, out, err)
		}
		if policy, ok := strings.CutPrefix(key, "inline "); ok {
			out, err := w.iam.DeleteRolePolicy(context.Background(), &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: &policy})
			do(w, out, err)
		}
	}
	out, err := w.iam.DeleteRole(context.Background(), &iam.DeleteRoleInput{RoleName: &name})
	do(w, out, err)
	delete(w.model, "role "+name)
}

// clear takes away by hand what is in the way of a change: a role out of a profile that
// holds it, and all else altogether.
func (w *world) clear(way []string, c change) {
	for _, entity := range way {
		kind, name, _ := strings.Cut(entity, " ")
		switch {
		case w.model[entity] == nil:
		case kind == "role":
			w.deleteRole(name)
		case c.declared[entity] == nil:
			w.empty(name)
		default:
			w.deleteProfile(name)
		}
	}
	w.logf("   by hand: took away %s", strings.Join(way, ", "))
}
