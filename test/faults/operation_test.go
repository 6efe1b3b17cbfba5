package faults

import "github.com/ray-iam/custom-rayiam/test/standin/cloudformation"

type properties = cloudformation.Properties

const awsPolicy = "arn:aws:iam::aws:policy/"

func policies(names ...string) []any {
	arns := []any{}
	for _, name := range names {
		arns = append(arns, awsPolicy+name)
	}
	return arns
}

// roles returns small properties with a head and one worker group.
func roles(prefix, group string, head, worker []any) properties {
	return properties{
		"PropagationWaitSeconds": 0, "NamePrefix": prefix,
		"Head":         map[string]any{"ManagedPolicyArns": head},
		"WorkerGroups": []any{map[string]any{"Name": group, "ManagedPolicyArns": worker}},
	}
}

// The states of an account before and after an operation, with the declared properties.
// Each state also has the foreign role, profile and policy of wipe.
const (
	empty    = "empty"
	byHand   = "by hand"  // roles of the default names and the head's profile, made by hand
	adopted  = "adopted"  // made by hand, and adopted by a Create
	released = "released" // adopted, and then released
	made     = "made"     // by a Create without properties
	small    = "small"
	changed  = "changed" // small, with other policies, tags and another group
	other    = "other"   // small, under another prefix
	both     = "both"    // other, which has replaced small, before small is cleaned up
)

var replaced = roles("ray", "cpu", policies("AmazonS3FullAccess", "ReadOnlyAccess"), policies("AmazonS3FullAccess"))

var declared = map[string]properties{
	made:    {"PropagationWaitSeconds": 0},
	adopted: roles("ray", "worker", policies("AmazonS3FullAccess"), policies("AmazonS3FullAccess")).With(properties{"AdoptExisting": true}),
	small:   replaced,
	both:    replaced,
	changed: roles("ray", "gpu", policies("AmazonS3FullAccess", "AmazonSSMFullAccess"), policies("AmazonS3FullAccess")).With(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}}),
	other:   roles("other", "cpu", policies("AmazonS3FullAccess", "ReadOnlyAccess"), policies("AmazonS3FullAccess")),
}

// An operation is one request that CloudFormation makes, from one state to another.
type operation struct {
	name     string
	request  string
	from, to string
}

// operations are the columns of the matrix. An operation and the one that undoes it are
// neighbours, so that a world can go from one state to the other and back.
var operations = []operation{
	{"Create", "Create", empty, made},
	{"Delete", "Delete", made, empty},
	{"Adoption", "Create", byHand, adopted},
	{"Update", "Update", small, changed},
	{"Update back", "Update", changed, small},
	{"Replacement", "Update", small, other},
	{"Replacement back", "Update", other, small},
}

// cleanup is the Delete of the old set after a replacement. IAM's calls are those of any
// Delete. EC2 is asked although the stack has another set by now, because instances may
// still use the old one.
var cleanup = operation{"Cleanup", "Delete", both, other}

func (o operation) replaces() bool {
	return o.request == "Update" && (o.from == other) != (o.to == other)
}

// event returns the operation's request.
func (o operation) event(s *cloudformation.Stack) cloudformation.Event {
	switch o.request {
	case "Create":
		return s.Event("Create", declared[o.to])
	case "Update":
		return s.Event("Update", declared[o.to])
	}
	return s.Event("Delete", declared[o.from])
}

// enter brings the world's account to a state: by a request from the present state, or from
// an empty account.
func (w *world) enter(state string) {
	w.TB.Helper()
	switch from := w.at; {
	case from == state:
		return
	case state == both:
		w.enter(small)
		s := w.stack(declared[small])
		replacement := operation{request: "Update", from: small, to: other}
		w.successor = w.succeeds(s, replacement.event(s), nil).PhysicalResourceID
	case from == empty && state == byHand:
		w.CreateSet()
		w.DeleteProfile("ray-worker")
	case from == made && state == empty:
		s := w.stack(declared[made])
		w.succeeds(s, s.Event("Delete", declared[made]), nil)
	case from == empty:
		s := w.stack(nil)
		w.physicalID = w.succeeds(s, s.Event("Create", declared[state]), nil).PhysicalResourceID
	case from == small && (state == changed || state == other), state == small && (from == changed || from == other):
		back := operation{request: "Update", from: from, to: state}
		s := w.stack(declared[from])
		w.cleanUp(s, back, w.succeeds(s, back.event(s), nil))
	default:
		w.wipe()
		w.enter(state)
		return
	}
	w.at = state
}

// cleanUp sends the Delete of the old set after a replacement.
func (w *world) cleanUp(s *cloudformation.Stack, o operation, answer cloudformation.Answer) {
	w.TB.Helper()
	if o.replaces() {
		e := s.Event("Delete", declared[o.from])
		w.succeeds(s, e, nil)
	}
	w.physicalID = answer.PhysicalResourceID
	if o == cleanup {
		w.physicalID = w.successor
	}
}

// foreign is the name of a role, a profile and a policy that belong to nobody, and are like
// those that the operations use.
const foreign = "ray-foreign"

// wipe empties the account, except for the foreign role, profile and policy. They exist
// from the beginning, and are made again after a cell that failed.
func (w *world) wipe() {
	w.TB.Helper()
	w.Keep = nil
	if w.at != "" {
		w.Keep = []string{foreign}
	}
	w.at, w.physicalID = "", ""
	w.Wipe()
	if w.Keep == nil {
		w.CreateRole(foreign, "/")
		w.AttachPolicy(foreign, awsPolicy+"AmazonS3FullAccess")
		w.CreateProfile(foreign, "/", foreign)
	}
	w.at = empty
}
