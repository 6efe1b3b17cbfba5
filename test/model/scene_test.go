package model

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// The account has some roles, profiles and policies from the beginning, which never change:
// those of somebody else, whose names are almost a resource's, and the policies that are
// used as boundaries.
var nearMisses = []string{"ray", "ray-heads", "xray-head", "ray-worker-2"}

// fixed returns the roles and profiles that no person changes.
func (w *world) fixed() (entities []string) {
	for _, name := range nearMisses {
		entities = append(entities, "role "+name, "profile "+name)
	}
	return entities
}

// reset empties the account for the next run, except for what it has from the beginning.
func (w *world) reset() {
	for _, r := range w.resources {
		r.id, r.props = "", nil
	}
	w.terminate()
	w.Wipe()
	w.model = w.seen()
	if w.policies == nil {
		w.makeScene()
	}
	w.check("the beginning")
}

func (w *world) makeScene() {
	for _, name := range []string{"boundary-one", "boundary-two"} {
		w.CreatePolicy(name)
	}
	for _, name := range nearMisses {
		w.makeRole(name, stranger)
		w.makeProfile(name, name)
	}
	w.policies = w.policiesNow()
	w.Keep = append(slices.Clone(nearMisses), "boundary-one", "boundary-two")
}

// policiesNow returns everything in the account except roles and profiles.
func (w *world) policiesNow() rig.Snapshot { return w.Snapshot().Without("role ", "profile ") }

// Each of these methods makes one change by hand, in the account and in the model.

func (w *world) makeRole(name, owner string) {
	role := facts{"arn": "arn:aws:iam::" + w.AccountID + ":role/" + name, "trusts": spelled(rig.TrustByHand)}
	var tags []types.Tag
	if owner != "" {
		tags = append(tags, rig.Tag(strings.TrimPrefix(ownerTag, "tag "), owner))
		role[ownerTag] = owner
	}
	w.CreateRole(name, "/", tags...)
	w.model["role "+name] = role
	w.attach(name, awsPolicy+"ReadOnlyAccess")
}

func (w *world) attach(role, arn string) {
	w.AttachPolicy(role, arn)
	w.model["role "+role]["attached "+arn] = ""
}

// makeProfile makes a profile if it does not exist, with a role in it if one is given.
func (w *world) makeProfile(name, role string) {
	if w.model["profile "+name] == nil {
		w.CreateProfile(name, "/")
		w.model["profile "+name] = facts{"arn": "arn:aws:iam::" + w.AccountID + ":instance-profile/" + name}
	}
	if role != "" {
		w.empty(name)
		w.fill(name, role)
	}
}

func (w *world) putInline(role, policy string) {
	w.PutInline(role, policy)
	w.model["role "+role]["inline "+policy] = spelled(rig.ByHand)
}

func (w *world) fill(profile, role string) {
	w.AddRole(profile, role)
	w.model["profile "+profile]["holds "+role] = ""
}

func (w *world) empty(profile string) {
	f := w.model["profile "+profile]
	for role, ok := first(f, "holds"); ok; role, ok = first(f, "holds") {
		w.RemoveRole(profile, role)
		delete(f, "holds "+role)
	}
}

func (w *world) deleteProfile(name string) {
	w.DeleteProfile(name)
	delete(w.model, "profile "+name)
}

func (w *world) deleteRole(name string) {
	for _, entity := range w.model.names() {
		if _, holds := w.model[entity]["holds "+name]; holds {
			w.empty(strings.TrimPrefix(entity, "profile "))
		}
	}
	w.DeleteRole(name)
	delete(w.model, "role "+name)
}

// clear removes by hand what is in the way of a change: it removes a role from a foreign
// profile, and deletes everything else.
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
	w.TB.Logf("   by hand: took away %s", strings.Join(way, ", "))
}
