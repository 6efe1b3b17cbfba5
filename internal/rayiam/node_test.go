package rayiam

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// nodeChanges are changes to each field of a Node. TestNode_EveryFieldIsPlanned fails if a
// field is missing here.
var nodeChanges = []struct {
	field, name string
	change      func(*Node)
	conflict    bool // IAM cannot make the change in place, so NewPlan refuses
}{
	{"Name", "renamed", func(n *Node) { n.Name += "-2" }, false},
	{"Path", "moved", func(n *Node) { n.Path = "/other/" }, true},
	{"TrustPolicy", "trusts another service", func(n *Node) {
		n.TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	}, false},
	{"PermissionsBoundary", "another boundary", func(n *Node) { n.PermissionsBoundary = boundaryARN + "-2" }, false},
	{"PermissionsBoundary", "no boundary", func(n *Node) { n.PermissionsBoundary = "" }, false},
	{"ManagedPolicyARNs", "one more", func(n *Node) {
		n.ManagedPolicyARNs = append(n.ManagedPolicyARNs, "arn:aws:iam::aws:policy/ReadOnlyAccess")
	}, false},
	{"ManagedPolicyARNs", "one less", func(n *Node) { n.ManagedPolicyARNs = n.ManagedPolicyARNs[1:] }, false},
	{"InlinePolicies", "one more", func(n *Node) { n.InlinePolicies["more"] = `{"Statement":[]}` }, false},
	{"InlinePolicies", "one less", func(n *Node) { delete(n.InlinePolicies, "extra") }, false},
	{"InlinePolicies", "another document", func(n *Node) {
		n.InlinePolicies["extra"] = `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	}, false},
	{"Tags", "one more", func(n *Node) { n.Tags["more"] = "" }, false},
	{"Tags", "one less", func(n *Node) { delete(n.Tags, "team") }, false},
	{"Tags", "another value", func(n *Node) { n.Tags["team"] = "web" }, false},
}

// TestNode_EveryFieldIsPlanned checks that no field of a node is forgotten: a change gives a
// plan that is not empty, or a Conflict if IAM cannot change the field, and changes the plan
// that creates the node.
// Reference 5.4, 5.5.
func TestNode_EveryFieldIsPlanned(t *testing.T) {
	p := edited(setBoundary, setTags, func(p *Properties) {
		extra := []InlinePolicy{{Name: "extra", Document: `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}}
		p.Head.Policies, p.WorkerGroups[0].Policies = extra, extra
	})
	if plan := mustPlan(t, desiredFor(p), settled(p)); !plan.Empty() {
		t.Fatalf("without a change the plan is not empty:\n%s", plan)
	}
	create := mustPlan(t, desiredFor(p), Observed{}).String()
	for _, tt := range nodeChanges {
		for i, unchanged := range desiredFor(p).Nodes {
			t.Run(tt.field+"/"+tt.name+"/"+unchanged.Name, func(t *testing.T) {
				d := desiredFor(p)
				tt.change(&d.Nodes[i])
				if got := differingFields(unchanged, d.Nodes[i]); !slices.Equal(got, []string{tt.field}) {
					t.Fatalf("the case changes %v, want %s alone", got, tt.field)
				}
				plan, err := NewPlan(d, settled(p))
				var conflicts Conflicts
				if tt.conflict && !errors.As(err, &conflicts) {
					t.Errorf("NewPlan: %v, want Conflicts", err)
				}
				if !tt.conflict && (err != nil || plan.Empty()) {
					t.Errorf("NewPlan gives %v and an empty plan: %v, want steps", err, plan.Empty())
				}
				if mustPlan(t, d, Observed{}).String() == create {
					t.Error("the plan that creates the node is the same, want another one")
				}
			})
		}
	}
	covered := map[string]bool{}
	for _, tt := range nodeChanges {
		covered[tt.field] = true
	}
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Node]()) {
		fields = append(fields, f.Name)
	}
	if slices.Sort(fields); !slices.Equal(fields, slices.Sorted(maps.Keys(covered))) {
		t.Errorf("nodeChanges has the fields %v, and Node has %v: add a change of each field", slices.Sorted(maps.Keys(covered)), fields)
	}
}

// differingFields returns the names of the fields in which two nodes differ.
func differingFields(a, b Node) []string {
	var names []string
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			names = append(names, va.Type().Field(i).Name)
		}
	}
	return names
}
