package model

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// A hand is one change that a person makes to a role or profile: of a stack's, which is
// drift, or of one that is foreign to all stacks.
type hand struct{ Do, Name, Value string }

func (h hand) String() string { return "by hand: " + h.Do + " " + h.Name + " " + h.Value }

const stranger = "ray-0123456789ab" // the owner of a resource that is in none of the stacks

// drifts are the changes that a person may make to an existing role or profile, and makings
// are the ways to make new ones.
var (
	roleDrifts    = []string{"attach", "detach", "put inline", "change inline", "delete inline", "trust", "bound", "unbound", "tag role", "untag role", "disown role", "delete role", "put into another profile"}
	profileDrifts = []string{"empty", "tag profile", "untag profile", "disown profile", "delete profile", "fill with another role"}
	makings       = []string{"make role", "make profile", "make both", "make role of another resource's", setByHand, setByHand}
)

// setByHand is the making of a whole set, head and workers, which AdoptExisting takes over.
const setByHand = "make a whole set"

// drawHand draws a change that is possible in the present account.
func (w *world) drawHand(t *rapid.T) hand {
	var roles, profiles []string
	for _, entity := range w.model.names() {
		if name, ok := strings.CutPrefix(entity, "role "); ok && !slices.Contains(w.fixed(), entity) {
			roles = append(roles, name)
		}
		if name, ok := strings.CutPrefix(entity, "profile "); ok && !slices.Contains(w.fixed(), entity) {
			profiles = append(profiles, name)
		}
	}
	kinds := []string{"make"}
	if len(roles) > 0 {
		kinds = append(kinds, "role", "role", "role")
	}
	if len(profiles) > 0 {
		kinds = append(kinds, "profile", "profile")
	}
	switch pick(t, kinds...) {
	case "role":
		h := hand{Do: pick(t, roleDrifts...), Name: pick(t, roles...), Value: pick(t, "one", "two")}
		return h
	case "profile":
		h := hand{Do: pick(t, profileDrifts...), Name: pick(t, profiles...), Value: pick(t, "one", "two")}
		if len(roles) > 0 && h.Do == "fill with another role" {
			h.Value = pick(t, roles...)
		}
		return h
	}
	h := hand{Do: pick(t, makings...), Name: pick(t, prefixes...) + "-head"}
	if h.Do != setByHand && pick(t, false, true, true) {
		h.Name = strings.TrimSuffix(h.Name, "head") + pick(t, groupNames...)
	}
	return h
}

// byHand makes the change in the account and in the model. A change that is impossible,
// such as detaching a policy when there is none, does nothing.
func (w *world) byHand(h hand) {
	role, profile := w.model["role "+h.Name], w.model["profile "+h.Name]
	if prefix, _, _ := strings.Cut(h.Name, "-head"); h.Do == setByHand {
		w.make(hand{Do: "make both", Name: prefix + "-head"})
		w.make(hand{Do: "make both", Name: prefix + "-worker"})
	} else if slices.Contains(makings, h.Do) {
		w.make(h)
	} else if role != nil && slices.Contains(roleDrifts, h.Do) {
		w.driftRole(h, role)
	} else if profile != nil {
		w.driftProfile(h, profile)
	}
	w.tally.add("by hand", h.Do)
}

// first returns the first fact of a kind, without the kind.
func first(f facts, kind string) (string, bool) {
	for _, key := range slices.Sorted(maps.Keys(f)) {
		if name, ok := strings.CutPrefix(key, kind+" "); ok {
			return name, true
		}
	}
	return "", false
}

func (w *world) driftRole(h hand, role facts) {
	switch h.Do {
	case "attach":
		w.attach(h.Name, awsPolicy+map[string]string{"one": "AmazonSSMFullAccess", "two": "ReadOnlyAccess"}[h.Value])
	case "detach":
		if arn, ok := first(role, "attached"); ok {
			w.DetachPolicy(h.Name, arn)
			delete(role, "attached "+arn)
		}
	case "put inline":
		w.putInline(h.Name, "by-hand")
	case "change inline":
		if policy, ok := first(role, "inline"); ok {
			w.putInline(h.Name, policy)
		}
	case "delete inline":
		if policy, ok := first(role, "inline"); ok {
			w.DeleteInline(h.Name, policy)
			delete(role, "inline "+policy)
		}
	case "trust":
		w.SetTrust(h.Name, "lambda.amazonaws.com")
		role["trusts"] = spelled(rig.TrustOf("lambda.amazonaws.com"))
	case "bound":
		w.PutBoundary(h.Name, w.boundary(h.Value))
		role["boundary"] = w.boundary(h.Value)
	case "unbound":
		if role["boundary"] != "" {
			w.DeleteBoundary(h.Name)
			delete(role, "boundary")
		}
	case "put into another profile":
		w.makeProfile("held-by-"+h.Value, h.Name)
	case "delete role":
		w.deleteRole(h.Name)
	default:
		driftTags(h, role, w.TagRole, w.UntagRole)
	}
}

func (w *world) driftProfile(h hand, profile facts) {
	switch h.Do {
	case "empty":
		w.empty(h.Name)
	case "fill with another role":
		if role := w.model["role "+h.Value]; role != nil {
			w.empty(h.Name)
			w.fill(h.Name, h.Value)
		}
	case "delete profile":
		w.deleteProfile(h.Name)
	default:
		driftTags(h, profile, w.TagProfile, w.UntagProfile)
	}
}

// driftTags sets or removes a tag, or removes the owner's tag.
func driftTags(h hand, f facts, tag func(name, key, value string), untag func(name, key string)) {
	key, value := "team", "by-hand"
	verb, _, _ := strings.Cut(h.Do, " ")
	switch {
	case verb == "disown":
		key = strings.TrimPrefix(ownerTag, "tag ")
	case h.Value == "two":
		key = strings.TrimPrefix(stackTag, "tag ")
	}
	if verb == "tag" {
		tag(h.Name, key, value)
		f["tag "+key] = value
		return
	}
	if _, there := f["tag "+key]; there {
		untag(h.Name, key)
		delete(f, "tag "+key)
	}
}

// make makes roles and profiles as a person does who does not know the tags, or as another
// resource does that is in none of the stacks.
func (w *world) make(h hand) {
	if h.Do == "make profile" || h.Do == "make both" {
		if w.model["profile "+h.Name] == nil {
			w.makeProfile(h.Name, "")
		}
	}
	if h.Do != "make profile" && w.model["role "+h.Name] == nil {
		owner := ""
		if h.Do == "make role of another resource's" {
			owner = stranger
		}
		w.makeRole(h.Name, owner)
	}
	_, holds := first(w.model["profile "+h.Name], "holds")
	if h.Do == "make both" && !holds {
		w.fill(h.Name, h.Name)
	}
}
