package faults

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

type properties = cloudformation.Properties

const awsPolicy = "arn:aws:iam::aws:policy/"

func policies(names ...string) []any {
	arns := []any{}
	for _, name := range names {
		arns = append(arns, awsPolicy+name)
	}
	return arns
}

// set returns small properties with a head and one worker group.
func set(prefix, group string, head, worker []any) properties {
	return properties{
		"PropagationWaitSeconds": 0, "NamePrefix": prefix,
		"Head":         map[string]any{"ManagedPolicyArns": head},
		"WorkerGroups": []any{map[string]any{"Name": group, "ManagedPolicyArns": worker}},
	}
}

// The states that an account is in before and after an operation, and what is
// declared there. Beside the resource's own, each has the foreign things of seed.
const (
	empty   = "empty"
	recipe  = "recipe"  // roles and profiles of the default names, made by hand
	adopted = "adopted" // the same, taken over
	letGo   = "let go"  // and released again
	made    = "made"    // by a Create without properties
	small   = "small"
	changed = "changed" // small, with other policies, tags and another group
	other   = "other"   // small, under another prefix
)

var declared = map[string]properties{
	made:    {"PropagationWaitSeconds": 0},
	adopted: set("ray", "worker", policies("AmazonS3FullAccess"), policies("AmazonS3FullAccess")).With(properties{"AdoptExisting": true}),
	small:   set("ray", "cpu", policies("AmazonS3FullAccess", "ReadOnlyAccess"), policies("AmazonS3FullAccess")),
	changed: set("ray", "gpu", policies("AmazonS3FullAccess", "AmazonSSMFullAccess"), policies("AmazonS3FullAccess")).With(properties{"Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}}),
	other:   set("other", "cpu", policies("AmazonS3FullAccess", "ReadOnlyAccess"), policies("AmazonS3FullAccess")),
}

// An operation is one request that CloudFormation makes, from one state to another.
type operation struct {
	name     string
	request  string
	from, to string
}

// operations are the columns of the matrix. Those that undo each other stand side by
// side: a world goes from one to the other and back.
var operations = []operation{
	{"Create", "Create", empty, made},
	{"Delete", "Delete", made, empty},
	{"Adoption", "Create", recipe, adopted},
	{"Update", "Update", small, changed},
	{"Update back", "Update", changed, small},
	{"Replacement", "Update", small, other},
	{"Replacement back", "Update", other, small},
}

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

// enter brings the world's account to a state: from the present one by a request, or
// from nothing.
func (w *world) enter(state string) {
	w.tb.Helper()
	switch from := w.at; {
	case from == state:
		return
	case from == empty && state == recipe:
		w.makeRecipe()
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
	w.tb.Helper()
	if o.replaces() {
		e := s.Event("Delete", declared[o.from])
		w.succeeds(s, e, nil)
	}
	w.physicalID = answer.PhysicalResourceID
}

// foreign is the name of what belongs to nobody here, like those that the operations use.
const foreign = "ray-foreign"

// wipe empties the account but for what is foreign, which is there from the beginning,
// and is made anew after a cell that did not hold.
func (w *world) wipe() {
	w.tb.Helper()
	var keep []string
	if w.at != "" {
		keep = []string{foreign}
	}
	w.at, w.physicalID = "", ""
	if err := rig.Wipe(context.Background(), w.iam, keep...); err != nil {
		w.tb.Fatalf("wiping the account: %v", err)
	}
	if keep == nil {
		w.makeByHand(foreign)
	}
	w.at = empty
}

const trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// makeByHand makes a role with a policy and a profile that holds it.
func (w *world) makeByHand(name string) {
	w.tb.Helper()
	w.makeRole(name)
	ctx := context.Background()
	_, err := w.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name})
	w.must(err)
	_, err = w.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name})
	w.must(err)
}

func (w *world) makeRole(name string) {
	w.tb.Helper()
	ctx, trust, policy := context.Background(), trustsEC2, awsPolicy+"AmazonS3FullAccess"
	_, err := w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	w.must(err)
	_, err = w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &policy})
	w.must(err)
}

// makeRecipe makes what AdoptExisting is for: the recipe's roles, the head with a
// policy too many, and without its pass-role policy, and no profile for the workers.
func (w *world) makeRecipe() {
	w.tb.Helper()
	w.makeByHand("ray-head")
	w.makeRole("ray-worker")
	role, policy, document := "ray-head", "by-hand", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`
	_, err := w.iam.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &policy, PolicyDocument: &document})
	w.must(err)
}

func (w *world) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatalf("setting the scene: %v", err)
	}
}
