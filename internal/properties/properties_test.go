package properties

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

func newChecker(t testing.TB) *Checker {
	t.Helper()
	c, err := NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFaults checks the schema's rules: each case names all the faults it must have, as path
// and part of the sentence.
// Reference 2.1, 2.3, 2.4, 2.6, 12.1, 12.2.
func TestFaults(t *testing.T) {
	c := newChecker(t)
	for _, tt := range schemaCases() {
		t.Run(tt.name, func(t *testing.T) { tt.hold(t, c) })
	}
}

func schemaCases() []faultCase {
	policy := func(document string) string {
		return `{"Head":{"Policies":[{"PolicyName":"p","PolicyDocument":` + document + `}]}}`
	}
	const at = "Head.Policies[0].PolicyDocument"
	return []faultCase{
		{"nothing", `{}`, nil},
		{"everything", `{"ServiceToken":"arn:x","ServiceTimeout":"60","NamePrefix":"a.b_c=d+e@f-g","Path":"/x/y/","PermissionsBoundary":"arn:aws:iam::123456789012:policy/p/b","Head":{"ManagedPolicyArns":[],"Policies":[]},"WorkerGroups":[{"Name":"a,b","ManagedPolicyArns":["arn:aws-us-gov:iam::aws:policy/service-role/X"]}],"Tags":[{"Key":"Größe","Value":""}],"AdoptExisting":"true","PropagationWaitSeconds":"120","Revision":"7"}`, nil},
		{"unstringified", `{"ServiceTimeout":60,"AdoptExisting":true,"PropagationWaitSeconds":0,"Revision":7}`, nil},
		{"not an object", `[]`, []string{"ResourceProperties: [] is refused"}},
		{"not JSON", `{`, []string{"ResourceProperties: not JSON"}},
		{"unknown at the top", `{"Namprefix":1}`, []string{"Namprefix: 1 is refused: unknown property, the nearest known name is NamePrefix"}},
		{"unknown deeper", `{"WorkerGroups":[{"Name":"a","managedPolicies":[]}]}`, []string{"WorkerGroups[0].managedPolicies: nearest known name is ManagedPolicyArns"}},
		{"unknown with an odd name", `{"":1,"a.b":2}`, []string{`[""]: unknown property`, `["a.b"]: unknown property`}},
		{"unknown in a statement", policy(`{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Conditions":{}}]}`), []string{at + ".Statement[0].Conditions: nearest known name is Condition"}},
		{"service timeout", `{"ServiceTimeout":"3601"}`, []string{"ServiceTimeout: \"3601\" is refused: want whole seconds from 1 to 3600"}},
		{"prefix with a space", `{"NamePrefix":"a b"}`, []string{"NamePrefix: 1 to 59 letters"}},
		{"prefix with a comma", `{"NamePrefix":"a,b"}`, []string{"NamePrefix: comma"}},
		{"prefix empty", `{"NamePrefix":""}`, []string{"NamePrefix: 1 to 59"}},
		{"prefix of 60", `{"NamePrefix":"` + strings.Repeat("x", 60) + `"}`, []string{"NamePrefix: 1 to 59"}},
		{"prefix a number", `{"NamePrefix":5}`, []string{"NamePrefix: 5 is refused"}},
		{"path without its end", `{"Path":"/x"}`, []string{"Path: begins and ends with /"}},
		{"path with a wildcard", `{"Path":"/x*/"}`, []string{"Path: without * ? $"}},
		{"path with a variable", `{"Path":"/${x}/"}`, []string{"Path: without * ? $"}},
		{"path of 513", `{"Path":"/` + strings.Repeat("x", 511) + `/"}`, []string{"Path: at most 512"}},
		{"boundary not an ARN", `{"PermissionsBoundary":"AdministratorAccess"}`, []string{"PermissionsBoundary: the ARN of a managed policy"}},
		{"policies not a list", `{"Head":{"ManagedPolicyArns":"x"}}`, []string{"Head.ManagedPolicyArns: a list of managed-policy ARNs"}},
		{"policy not an ARN", `{"WorkerGroups":[{"Name":"a"},{"Name":"b","ManagedPolicyArns":["arn:aws:s3:::x"]}]}`, []string{"WorkerGroups[1].ManagedPolicyArns[0]: \"arn:aws:s3:::x\" is refused"}},
		{"no worker group", `{"WorkerGroups":[]}`, []string{"WorkerGroups: 1 or more"}},
		{"worker group without a name", `{"WorkerGroups":[{}]}`, []string{"WorkerGroups[0].Name: is missing"}},
		{"worker group head", `{"WorkerGroups":[{"Name":"HEAD"}]}`, []string{"WorkerGroups[0].Name: but not head"}},
		{"reserved tags", `{"Tags":[{"Key":"aws:x","Value":""},{"Key":"Ray-IAM:owner","Value":""}]}`, []string{"Tags[0].Key: reserved", "Tags[1].Key: reserved"}},
		{"tag key of 129", `{"Tags":[{"Key":"` + strings.Repeat("k", 129) + `","Value":""}]}`, []string{"Tags[0].Key: 1 to 128"}},
		{"tag value of 257", `{"Tags":[{"Key":"k","Value":"` + strings.Repeat("v", 257) + `"}]}`, []string{"Tags[0].Value: at most 256"}},
		{"tag value with a comma", `{"Tags":[{"Key":"k","Value":"a,b"}]}`, []string{"Tags[0].Value: letters, digits"}},
		{"tag without a value", `{"Tags":[{"Key":"k"}]}`, []string{"Tags[0].Value: is missing"}},
		{"49 tags", `{"Tags":[` + strings.TrimSuffix(strings.Repeat(`{"Key":"k","Value":"v"},`, 49), ",") + `]}`, []string{"Tags: at most 48"}},
		{"adoption", `{"AdoptExisting":"yes"}`, []string{"AdoptExisting: true or false"}},
		{"deletion in use", `{"AllowDeleteInUse":"yes"}`, []string{"AllowDeleteInUse: true or false"}},
		{"wait of 121", `{"PropagationWaitSeconds":"121"}`, []string{"PropagationWaitSeconds: 0 to 120"}},
		{"wait of a fraction", `{"PropagationWaitSeconds":1.5}`, []string{"PropagationWaitSeconds: whole seconds"}},
		{"revision an object", `{"Revision":{}}`, []string{"Revision: any string"}},
		{"document a list", policy(`[]`), []string{at + ": [] is refused: want an IAM policy document"}},
		{"document without statement", policy(`{}`), []string{at + ".Statement: is missing"}},
		{"document of another version", policy(`{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}`), []string{at + ".Version: 2012-10-17"}},
		{"statement without action", policy(`{"Statement":{"Effect":"Allow","Resource":"*"}}`), []string{at + ".Statement: one of Action and NotAction"}},
		{"statement with both resources", policy(`{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":"*"}]}`), []string{at + ".Statement[0]: one of Resource and NotResource"}},
		{"statement with another effect", policy(`{"Statement":[{"Effect":"allow","Action":"a:b","Resource":"*"}]}`), []string{at + ".Statement[0].Effect: Allow or Deny"}},
		{"several at once", `{"NamePrefix":"","Path":"x","Head":{"X":1},"Tags":{}}`, []string{"Head.X: unknown", "NamePrefix: 1 to 59", "Path: begins", "Tags: a list"}},
	}
}

// TestRead checks the defaults, and that CloudFormation's strings mean the same as JSON's
// booleans and numbers.
// Reference 2.1, 2.2, 2.8.
func TestRead(t *testing.T) {
	c := newChecker(t)
	worker := []rayiam.WorkerGroup{{Name: "worker"}}
	tests := []struct {
		name, raw string
		want      rayiam.Properties
	}{
		{"defaults", `{}`, rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: worker, PropagationWait: 10 * time.Second}},
		{"absent altogether", ``, rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: worker, PropagationWait: 10 * time.Second}},
		{"strings", `{"AdoptExisting":"true","PropagationWaitSeconds":"0"}`, rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: worker, AdoptExisting: true}},
		{"booleans and numbers", `{"AdoptExisting":true,"PropagationWaitSeconds":0}`, rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: worker, AdoptExisting: true}},
		{"an empty list is a list", `{"Head":{"ManagedPolicyArns":[]}}`, rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: worker, PropagationWait: 10 * time.Second, Head: rayiam.NodeProperties{ManagedPolicyARNs: []string{}}}},
		{"documents keep their characters", `{"Head":{"Policies":[{"PolicyName":"p","PolicyDocument":{"Statement":{"Sid":"<&>"}}}]},"Tags":[{"Key":"k","Value":"v"}]}`,
			rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: worker, PropagationWait: 10 * time.Second, Tags: []rayiam.Tag{{Key: "k", Value: "v"}},
				Head: rayiam.NodeProperties{Policies: []rayiam.InlinePolicy{{Name: "p", Document: `{"Statement":{"Sid":"<&>"}}`}}}}},
		{"names survive bad neighbours", `{"NamePrefix":"ml","Path":7,"WorkerGroups":[{"Name":"a","Extra":1},5,{"Name":"b"}]}`,
			rayiam.Properties{NamePrefix: "ml", Path: "/", WorkerGroups: []rayiam.WorkerGroup{{Name: "a"}, {}, {Name: "b"}}, PropagationWait: 10 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := c.Read(json.RawMessage(tt.raw)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Read = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestSchemaDefaults compares the defaults in the schema with the defaults of decoding.
// Reference 2.1.
func TestSchemaDefaults(t *testing.T) {
	c := newChecker(t)
	props := map[string]any{}
	for name, schema := range object(object(c.published)["properties"]) {
		if value, ok := object(schema)["default"]; ok {
			props[name] = value
		}
	}
	raw, err := json.Marshal(props)
	if err != nil {
		t.Fatal(err)
	}
	withDefaults, faults := c.Read(raw)
	without, _ := c.Read(nil)
	if len(props) != 6 || len(faults) != 0 || !reflect.DeepEqual(withDefaults, without) {
		t.Errorf("the %d published defaults are read as %+v (%v), want the same as without them: %+v", len(props), withDefaults, faults, without)
	}
}

// TestEveryRuleHasASentence checks that a refused value never has an empty rule.
func TestEveryRuleHasASentence(t *testing.T) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		o := object(v)
		keys := []string{"type", "pattern", "enum", "oneOf"}
		if slices.ContainsFunc(keys, func(k string) bool { _, ok := o[k]; return ok }) && text(o["description"], "") == "" && o["if"] == nil {
			if !strings.HasSuffix(path, "/not") && !strings.HasSuffix(path, "/if") {
				t.Errorf("%s has a rule and no description", path)
			}
		}
		for key, child := range o {
			if key != "default" && key != "properties" {
				walk(path+"/"+key, child)
			}
		}
		for name, child := range object(o["properties"]) {
			walk(path+"/properties/"+name, child)
		}
	}
	walk("#", newChecker(t).published)
}

// TestNearest checks which known name is suggested for a misspelt one.
func TestNearest(t *testing.T) {
	known := []string{"Head", "NamePrefix", "Path", "PermissionsBoundary", "WorkerGroups"}
	for name, want := range map[string]string{"head": "Head", "Prefix": "NamePrefix", "nameprefix": "NamePrefix", "WorkerGroup": "WorkerGroups", "": "Head"} {
		if got := nearest(name, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// A faultCase has properties and all their faults.
type faultCase struct {
	name, raw string
	want      []string // path of each fault and the beginning of its sentence, "Path: begins"
}

// hold fails the test unless the faults are these, in this order.
func (tt faultCase) hold(t *testing.T, c *Checker) {
	t.Helper()
	_, faults := c.Read(json.RawMessage(tt.raw))
	if len(faults) != len(tt.want) {
		t.Fatalf("%d faults, want %d: %v", len(faults), len(tt.want), faults)
	}
	for i, want := range tt.want {
		path, sentence, _ := strings.Cut(want, ": ")
		if faults[i].Path != path || !strings.Contains(faults[i].String(), sentence) {
			t.Errorf("fault %q, want %q at %s", faults[i], sentence, path)
		}
	}
}
