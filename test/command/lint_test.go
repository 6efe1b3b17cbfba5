package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	checks "github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// A match is one finding of cfn-lint.
type match struct {
	Rule     struct{ ID string }
	Message  string
	Location struct{ Path []any }
}

// lint runs cfn-lint with the rules of tools/cfn-lint on a template, and returns the
// findings of these rules.
func lint(t *testing.T, template string) []match {
	t.Helper()
	out, err := checkout.CFNLint(t, "--format", "json", "--append-rules", "tools/cfn-lint", "--", file(t, "template.json", template)).Output()
	if len(out) == 0 {
		t.Fatalf("cfn-lint printed nothing: %v", err)
	}
	var all []match
	decoded(t, string(out), &all)
	return slices.DeleteFunc(all, func(m match) bool { return !strings.HasPrefix(m.Rule.ID, "E93") })
}

// templateOf returns a template with resources whose logical ids are R0, R1, ...
func templateOf(t *testing.T, list []properties, more map[string]any) string {
	t.Helper()
	resources := map[string]any{}
	for i, p := range list {
		resources["R"+strconv.Itoa(i)] = map[string]any{"Type": "Custom::RayIAM", "Properties": p}
	}
	template := map[string]any{"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
	for name, section := range more {
		template[name] = section
	}
	return encoded(t, template)
}

// TestLint_AgreesWithFunction proves, for all cases of the tests of the properties, that
// the linter's rule refuses a property if and only if the function does, after
// CloudFormation has turned the template's values into strings. Both read the published
// schema.
func TestLint_AgreesWithFunction(t *testing.T) {
	checker, err := checks.NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	list := cases(t)
	var all []properties
	for _, tt := range list {
		all = append(all, tt.Properties)
	}
	found := map[string][]string{}
	for _, m := range lint(t, templateOf(t, all, nil)) {
		id := m.Location.Path[1].(string)
		found[id] = append(found[id], pathOf(m.Location.Path[3:]))
	}
	refused := 0
	for i, tt := range list {
		var e struct{ ResourceProperties json.RawMessage }
		event := cloudformation.Event{RequestType: "Create", ServiceToken: "arn:x", ResourceProperties: tt.Properties}
		decoded(t, string(event.JSON()), &e)
		_, faults := checker.Read(e.ResourceProperties)
		want, got := []string{}, slices.Compact(slices.Sorted(slices.Values(found["R"+strconv.Itoa(i)])))
		for _, f := range faults {
			want = append(want, place(f))
		}
		if want = slices.Compact(slices.Sorted(slices.Values(want))); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s: the linter refuses %q, the function %q", tt.Name, got, want)
		}
		if len(want) > 0 {
			refused++
		}
	}
	if refused < 50 {
		t.Errorf("%d cases are refused, want more", refused)
	}
}

// place returns the path at which the linter shows a fault. A missing property is shown at
// its parent.
func place(f rayiam.Fault) string {
	if strings.HasPrefix(f.Rule, "is missing") {
		return f.Path[:max(0, strings.LastIndex(f.Path, "."))]
	}
	return f.Path
}

// pathOf returns a path in the form of the function's messages.
func pathOf(tokens []any) string {
	path := ""
	for _, token := range tokens {
		switch token := token.(type) {
		case float64:
			path += "[" + strconv.Itoa(int(token)) + "]"
		case string:
			if strings.Trim(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || token == "" {
				path += "[" + strconv.Quote(token) + "]"
			} else {
				path = strings.TrimPrefix(path+"."+token, ".")
			}
		}
	}
	return path
}

// TestLint_Functions proves that the rule accepts intrinsic functions, and checks the
// values in the branches of Fn::If.
func TestLint_Functions(t *testing.T) {
	ref := map[string]any{"Ref": "P"}
	branch := func(yes, no any) any { return map[string]any{"Fn::If": []any{"C", yes, no}} }
	none := map[string]any{"Ref": "AWS::NoValue"}
	more := map[string]any{
		"Parameters": map[string]any{"P": map[string]any{"Type": "String", "Default": "a b"}},
		"Conditions": map[string]any{"C": map[string]any{"Fn::Equals": []any{ref, "x"}}},
	}
	tests := []struct {
		name string
		p    properties
		want []string
	}{
		{"functions everywhere", properties{"NamePrefix": ref, "AdoptExisting": ref, "WorkerGroups": ref, "Tags": []any{ref}, "LeastPrivilege": map[string]any{"ClusterName": ref, "SubnetIds": map[string]any{"Fn::Split": []any{",", ref}}}}, nil},
		{"a function whose value may be AWS::NoValue", properties{"LeastPrivilege": map[string]any{"ClusterName": "c", "SubnetIds": []any{branch("subnet-01234567", none)}}}, nil},
		{"branches that fit", properties{"NamePrefix": branch("a", ref), "Head": branch(map[string]any{"ManagedPolicyArns": []any{}}, none)}, nil},
		{"a branch that does not fit", properties{"NamePrefix": branch("a", "b c")}, []string{`NamePrefix["Fn::If"][2]`}},
		{"deeper in a branch", properties{"WorkerGroups": []any{map[string]any{"Name": "a"}, branch(map[string]any{"Name": "head", "X": 1}, none)}}, []string{`WorkerGroups[1]["Fn::If"][1].Name`, `WorkerGroups[1]["Fn::If"][1].X`}},
		{"nested branches", properties{"PropagationWaitSeconds": branch(branch(10, 121), "x")}, []string{`PropagationWaitSeconds["Fn::If"][1]["Fn::If"][2]`, `PropagationWaitSeconds["Fn::If"][2]`}},
		{"a name beside a function", properties{"Namprefix": ref}, []string{"Namprefix"}},
	}
	var all []properties
	for _, tt := range tests {
		all = append(all, tt.p)
	}
	found := map[string][]string{}
	for _, m := range lint(t, templateOf(t, all, more)) {
		id := m.Location.Path[1].(string)
		found[id] = append(found[id], pathOf(m.Location.Path[3:]))
	}
	for i, tt := range tests {
		got := slices.Compact(slices.Sorted(slices.Values(found["R"+strconv.Itoa(i)])))
		if !slices.Equal(got, tt.want) && len(got)+len(tt.want) > 0 {
			t.Errorf("%s: the refused paths are %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestLint_Attributes proves that Fn::GetAtt and Fn::Sub may read exactly the attributes
// that the function answers.
func TestLint_Attributes(t *testing.T) {
	group := func(name any) any { return map[string]any{"Name": name} }
	ref := map[string]any{"Ref": "P"}
	list := []properties{
		{}, {"WorkerGroups": []any{group("cpu"), map[string]any{"Fn::If": []any{"C", group("gpu.large"), map[string]any{"Ref": "AWS::NoValue"}}}}},
		{"WorkerGroups": []any{group(ref)}}, {"WorkerGroups": ref},
	}
	outputs := map[string]any{}
	var want []string
	add := func(value any, fits bool) {
		id := "O" + strconv.Itoa(len(outputs))
		outputs[id] = map[string]any{"Value": value}
		if !fits {
			want = append(want, id)
		}
	}
	stack := rayiam.Stack{Partition: "aws", Region: "us-east-1", Account: "123456789012"}
	set := rayiam.Declare(rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: []rayiam.WorkerGroup{{Name: "cpu"}, {Name: "gpu.large"}}}, stack)
	for name := range set.Attributes() {
		add(map[string]any{"Fn::GetAtt": []any{"R1", name}}, true)
		add(map[string]any{"Fn::Sub": "x-${R1." + name + "}"}, true)
		add(map[string]any{"Fn::GetAtt": []any{"R1", name + "s"}}, false)
	}
	add(map[string]any{"Fn::GetAtt": []any{"R0", "WorkerGroups.worker.RoleArn"}}, true)
	add(map[string]any{"Fn::GetAtt": []any{"R0", "WorkerGroups.cpu.RoleArn"}}, false)
	add(map[string]any{"Fn::GetAtt": []any{"R1", "WorkerGroups.worker.RoleArn"}}, false)
	add(map[string]any{"Fn::GetAtt": []any{"R1", "WorkerGroups.cpu.RoleName"}}, false)
	add(map[string]any{"Fn::GetAtt": []any{"R2", "WorkerGroups.anything.RoleArn"}}, true)
	add(map[string]any{"Fn::GetAtt": []any{"R3", "WorkerGroups.anything.RoleArn"}}, true)
	add(map[string]any{"Fn::Sub": "${!R0.Nothing} ${AWS::Region}"}, true)
	add(map[string]any{"Fn::Sub": []any{"${R0.HeadRole} ${Own}", map[string]any{"Own": map[string]any{"Fn::GetAtt": []any{"R0", "HeadRoleArn"}}}}}, false)
	more := map[string]any{
		"Parameters": map[string]any{"P": map[string]any{"Type": "String", "Default": "a"}}, "Outputs": outputs,
		"Conditions": map[string]any{"C": map[string]any{"Fn::Equals": []any{ref, "x"}}},
	}
	var got []string
	for _, m := range lint(t, templateOf(t, list, more)) {
		if m.Rule.ID == "E9302" {
			got = append(got, m.Location.Path[1].(string))
		}
	}
	slices.Sort(want)
	if got = slices.Compact(slices.Sorted(slices.Values(got))); !slices.Equal(got, want) {
		t.Errorf("the rule refuses %v, want %v of %v", got, want, outputs)
	}
}

// TestLint_RulesApart proves that the rules work in another folder, into which people copy them
// as docs/rayiam.md says: they find the schema beside them, and no fault in the examples. make
// lint runs them from tools/cfn-lint, on every template of this checkout.
func TestLint_RulesApart(t *testing.T) {
	apart := t.TempDir()
	for from, to := range map[string]string{"tools/cfn-lint/custom_rayiam.py": "custom_rayiam.py", "schema/custom-rayiam.schema.json": "custom-rayiam.schema.json"} {
		text, err := os.ReadFile(filepath.Join(checkout.Root(), from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(apart, to), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := checkout.CFNLint(t, "--append-rules", apart, "--", "examples/embed.yaml", "examples/least-privilege.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
