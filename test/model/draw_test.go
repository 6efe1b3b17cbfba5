package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// An op is one step: an operation of CloudFormation with its fault and its follow-up, or a
// change by hand.
type op struct {
	Kind      string
	Resource  int
	Name      string // of a person's change
	Props     properties
	Bad       string // a key of bad, whose property is wrong; empty for none
	Then      string // twice, cancelled, rolled back or notRolledBack; empty for no follow-up
	Fault     fault
	Abandoned bool // Lambda does not run the event again after the process was killed
	MadeUp    bool // the Delete after that has a generated id
	Hand      hand
}

// launches reports whether an instance is launched with a profile of the operation. It uses
// the draw of Abandoned, which is otherwise used only if the process is killed.
func (o op) launches() bool { return o.Abandoned && !o.Fault.killed() }

// GoString returns the line that a failing run shows for the step.
func (o op) GoString() string {
	if o.Kind == "by hand" {
		return o.Hand.String()
	}
	line := o.Kind + " " + o.Name
	if o.Props != nil {
		props, err := json.Marshal(o.Props)
		if err != nil {
			panic(err)
		}
		line += " " + strings.NewReplacer(awsPolicy, "", `"PropagationWaitSeconds":0,`, "").Replace(string(props))
	}
	if o.Bad != "" {
		line += ", bad " + o.Bad
	}
	if o.Then != "" {
		line += ", " + o.Then
	}
	line += o.Fault.String()
	if o.Fault.killed() && o.Abandoned {
		line += ", not retried"
	}
	if o.launches() {
		line += ", and launch"
	}
	return line
}

// pick draws one of the choices, each with the same probability; a choice that is listed
// twice is drawn twice as often. rapid's own generators prefer the first choices, which is
// good for sizes and bad for kinds. A failing run shrinks to the first choice.
func pick[T any](t *rapid.T, choices ...T) T {
	index := 0
	for range 10 {
		index *= 2
		if rapid.Bool().Draw(t, "") {
			index++
		}
	}
	return choices[index*len(choices)>>10]
}

var (
	prefixes   = []string{"ray", "ray-a", "ml"}
	groupNames = []string{"worker", "gpu", "a-worker", "a-head"} // group worker of prefix ray-a is ray-a-worker, too
)

// step draws the next op for the world's present state.
func (w *world) step() *rapid.Generator[op] {
	return rapid.Custom(func(t *rapid.T) op {
		var kinds []string
		with := func(there bool) (found []int) {
			for i, r := range w.resources {
				if (r.id != "") == there {
					found = append(found, i)
				}
			}
			return found
		}
		absent, present := with(false), with(true)
		if len(absent) > 0 {
			kinds = append(kinds, "create", "create")
		}
		if len(present) > 0 {
			kinds = append(kinds, "update", "update", "update", "update", "repair", "repair", "replace", "replace", "delete")
		}
		kinds = append(kinds, "by hand", "by hand", "by hand")
		o := op{Kind: pick(t, kinds...)}
		switch o.Kind {
		case "by hand":
			o.Hand = w.drawHand(t)
			return o
		case "create":
			o.Resource = pick(t, absent...)
		default:
			o.Resource = pick(t, present...)
		}
		r := w.resources[o.Resource]
		o.Name = r.String()
		props := w.drawFor(t, o.Kind, r)
		o.Props = props
		o.Then = drawThen(t, o.Kind)
		if o.Kind != "delete" && o.Kind != "repair" && pick(t, 0, 0, 0, 0, 0, 0, 1) == 1 {
			o.Bad = pick(t, slices.Sorted(maps.Keys(bad))...)
			o.Props = o.Props.With(bad[o.Bad].change)
		}
		if o.Kind == "replace" && pick(t, false, true) { // rolled back: the most difficult case
			o.Fault, o.Bad = fault{Kind: denied, Salt: rapid.Uint32Range(0, 999).Draw(t, ""), Of: 16, Writes: true}, ""
			o.Props = props
		} else {
			o.Fault = drawFault(t)
		}
		o.Abandoned, o.MadeUp = pick(t, false, true), pick(t, true, true, false)
		return o
	})
}

// notRolledBack is the follow-up of a failed Update if rollbacks are switched off: any
// other request, with the old properties.
const notRolledBack = "not rolled back where it fails"

func drawThen(t *rapid.T, kind string) string {
	switch kind {
	case "create":
		return pick(t, "", "", "", "", "", "twice", "cancelled")
	case "delete":
		return pick(t, "", "", "twice")
	case "replace":
		return pick(t, "", "", "twice", "rolled back", "rolled back", notRolledBack)
	}
	return pick(t, "", "", "", "twice", "rolled back", notRolledBack)
}

func drawFault(t *rapid.T) fault {
	kind := pick(t, "", "", "", "temporary", "temporary", denied, denied, killedBefore, killedAfter)
	if kind == "" {
		return fault{}
	}
	f := fault{Kind: kind, Salt: rapid.Uint32Range(0, 999).Draw(t, ""), Of: pick[uint32](t, 4, 8, 16), Writes: pick(t, false, true, true)}
	if kind == "temporary" {
		f.Kind, f.Of = pick(t, slices.Sorted(maps.Keys(temporary))...), pick[uint32](t, 3, 6)
	}
	return f
}

// drawFor draws the properties of an operation; a Delete has the properties of its
// resource.
func (w *world) drawFor(t *rapid.T, kind string, r *resource) properties {
	switch kind {
	case "delete":
		return nil
	case "repair":
		return r.props.With(properties{"Revision": fmt.Sprint(rapid.Uint32Range(0, 99).Draw(t, ""))})
	case "update":
		path := text(r.props, "Path", "/")
		if pick(t, 0, 0, 0, 0, 0, 0, 0, 0, 1) == 1 {
			path = pick(t, "/", "/ray/") // a change of the path alone is refused
		}
		return w.drawProperties(t, text(r.props, "NamePrefix", ""), path)
	case "replace":
		others := slices.DeleteFunc(slices.Clone(prefixes), func(p string) bool { return p == text(r.props, "NamePrefix", "") })
		return w.drawProperties(t, pick(t, others...), pick(t, "/", "/", "/ray/"))
	}
	return w.drawProperties(t, pick(t, prefixes...), pick(t, "/", "/", "/ray/"))
}

// drawNode draws the properties of a node, with inline policies only if it has a boundary.
func drawNode(t *rapid.T, bounded bool) map[string]any {
	n := map[string]any{}
	switch pick(t, 0, 1, 1, 2, 3) {
	case 1:
		n["ManagedPolicyArns"] = []any{awsPolicy + "AmazonS3FullAccess"}
	case 2:
		n["ManagedPolicyArns"] = []any{awsPolicy + "AmazonS3FullAccess", awsPolicy + "ReadOnlyAccess"}
	case 3:
		n["ManagedPolicyArns"] = []any{}
	}
	if bounded && pick(t, false, true) {
		n["Policies"] = []any{map[string]any{"PolicyName": "declared", "PolicyDocument": map[string]any{
			"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": pick(t, "sqs:SendMessage", "sns:Publish"), "Resource": "*"}},
		}}}
	}
	return n
}

func (w *world) drawProperties(t *rapid.T, prefix, path string) properties {
	p := properties{"NamePrefix": prefix, "PropagationWaitSeconds": 0}
	if path != "/" {
		p["Path"] = path
	}
	boundary := pick(t, "", "", w.boundary("one"), w.boundary("two"))
	if boundary != "" {
		p["PermissionsBoundary"] = boundary
	}
	node := func() map[string]any { return drawNode(t, boundary != "") }
	p["Head"] = node()
	set := rapid.IntRange(0, 1<<len(groupNames)-1).Draw(t, "")
	list := []any{}
	for i, name := range groupNames {
		if set>>i&1 == 1 && len(list) < 3 {
			list = append(list, map[string]any(properties(node()).With(properties{"Name": name})))
		}
	}
	if len(list) > 0 {
		p["WorkerGroups"] = list
	}
	for key, value := range pick[properties](t, nil, nil, properties{"Tags": []any{tag("team", "ml")}}, properties{"Tags": []any{tag("team", "ops"), tag("Kosten", "42")}}) {
		p[key] = value
	}
	if len(objects(p["Tags"])) > 1 { // probability one in four
		p["AllowDeleteInUse"] = "true"
	}
	if pick(t, false, true) {
		p["AdoptExisting"] = "true"
	}
	switch pick(t, 0, 0, 0, 0, 1, 2) {
	case 1:
		p["LeastPrivilege"] = map[string]any{"ClusterName": "research"}
	case 2:
		p["LeastPrivilege"] = map[string]any{"ClusterName": "research", "S3Buckets": []any{map[string]any{"Name": "research-results"}, map[string]any{"Name": "public-datasets", "ReadOnly": true}}}
	}
	return p
}

func tag(key, value string) map[string]any { return map[string]any{"Key": key, "Value": value} }

// boundary returns the ARN of one of the account's own policies.
func (w *world) boundary(name string) string {
	return "arn:aws:iam::" + w.AccountID + ":policy/boundary-" + name
}

// bad are properties that are refused, with words of the Reason.
var bad = map[string]struct {
	change properties
	reason string
}{
	"unknown property":        {properties{"NamePrefx": "x"}, "nearest known name is NamePrefix"},
	"path":                    {properties{"Path": "ray"}, "Path: "},
	"policy that is no ARN":   {properties{"Head": map[string]any{"ManagedPolicyArns": []any{"AdministratorAccess"}}}, "Head.ManagedPolicyArns[0]"},
	"policy that is not":      {properties{"Head": map[string]any{"ManagedPolicyArns": []any{awsPolicy + "NoSuchPolicy"}}}, "IAM has no such policy"},
	"reserved tag":            {properties{"Tags": []any{tag("ray-iam:owner", "me")}}, "Tags[0].Key"},
	"wait":                    {properties{"PropagationWaitSeconds": 121}, "PropagationWaitSeconds"},
	"prefix":                  {properties{"NamePrefix": "a b"}, "NamePrefix"},
	"group twice":             {properties{"WorkerGroups": []any{map[string]any{"Name": "gpu"}, map[string]any{"Name": "GPU"}}}, "WorkerGroups[1].Name"},
	"group named head":        {properties{"WorkerGroups": []any{map[string]any{"Name": "head"}}}, "WorkerGroups[0].Name"},
	"policy without boundary": {properties{"PermissionsBoundary": nil, "Head": map[string]any{"Policies": []any{map[string]any{"PolicyName": "p", "PolicyDocument": map[string]any{"Statement": map[string]any{"Effect": "Allow", "Action": "a:b", "Resource": "*"}}}}}}, "Head.Policies"},
}
