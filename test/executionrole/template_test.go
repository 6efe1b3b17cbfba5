package executionrole

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	cfn "github.com/ray-iam/custom-rayiam/test/rig/template"
)

// A template is template.yaml after the SAM transform.
type template struct{ cfn.Template }

// written is a Python program that prints the template without YAML aliases, as sam build
// does.
const written = `import json, sys
from samcli.yamlhelper import yaml_dump, yaml_parse
json.dump(yaml_parse(yaml_dump(yaml_parse(open(sys.argv[1]).read()))), sys.stdout)`

// deployed returns the template after the SAM transform.
var deployed = sync.OnceValues(func() (template, error) {
	python, err := checkout.Python()
	if err != nil {
		return template{}, err
	}
	cmd := exec.Command(python, "-c", written, "template.yaml")
	cmd.Dir = checkout.Root()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return template{}, fmt.Errorf("reading template.yaml: %w\n%s", err, &stderr)
	}
	var t template
	err = json.Unmarshal(output, &t.Template)
	return t, err
})

func deployedTemplate(t *testing.T) template {
	t.Helper()
	tpl, err := deployed()
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// A policyDocument is one policy of the execution role, before its parameters are resolved.
// The parameter ExecutionPolicyType says whether it is inline or managed.
type policyDocument struct {
	name            string
	inline, managed any
}

func (tpl template) documents() []policyDocument {
	policy := func(resource string) any { return tpl.Resources[resource].Properties["PolicyDocument"] }
	own := tpl.Resources["ExecutionRole"].Properties["Policies"].(map[string]any)["Fn::If"].([]any)[1].([]any)[0].(map[string]any)
	return []policyDocument{
		{"ExecutionRole's own", own["PolicyDocument"], policy("LambdaManagedPolicy")},
		{"ReadAndTagPolicy", policy("ReadAndTagPolicy"), policy("ReadAndTagManagedPolicy")},
		{"ExecutionPolicy", policy("ExecutionPolicy"), policy("ExecutionManagedPolicy")},
	}
}

// statements returns the statements of all of the execution role's policies, before the
// parameters are resolved.
func (tpl template) statements() []any {
	var all []any
	for _, d := range tpl.documents() {
		all = append(all, d.inline.(map[string]any)["Statement"].([]any)...)
	}
	return all
}

// policy returns a policy of these statements, resolved for a deployment.
func (tpl template) policy(s deployment, statements []any) string {
	text, err := json.Marshal(s.resolve(tpl, map[string]any{"Version": "2012-10-17", "Statement": statements}))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestExecutionRole proves that the policies that the other tests are about are all
// policies of the function, and that they are the same inline and managed.
func TestExecutionRole(t *testing.T) {
	tpl := deployedTemplate(t)
	role := tpl.Resources["ExecutionRole"].Properties
	for property, want := range map[string]string{
		"AssumeRolePolicyDocument": `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}],"Version":"2012-10-17"}`,
		"ManagedPolicyArns":        `{"Fn::If":["WithManagedPolicies",[{"Ref":"LambdaManagedPolicy"}],{"Ref":"AWS::NoValue"}]}`,
		"PermissionsBoundary":      `{"Fn::If":["WithExecutionRolePermissionsBoundary",{"Ref":"ExecutionRolePermissionsBoundary"},{"Ref":"AWS::NoValue"}]}`,
	} {
		if got := encode(role[property]); got != want {
			t.Errorf("ExecutionRole has the %s %s, want %s", property, got, want)
		}
	}
	own := role["Policies"].(map[string]any)["Fn::If"].([]any)
	if own[0] != "WithInlinePolicies" || len(own[1].([]any)) != 1 || encode(own[2]) != `{"Ref":"AWS::NoValue"}` {
		t.Errorf("ExecutionRole has the Policies %s", encode(own))
	}
	// Lambda checks these rights within seconds after the role exists, before other
	// policies are attached.
	for _, sid := range []string{"WriteLog", "ReportFailures"} {
		if !strings.Contains(encode(own[1]), `"`+sid+`"`) {
			t.Errorf("%s is not among the policies that ExecutionRole is created with", sid)
		}
	}
	for _, d := range tpl.documents() {
		if encode(d.inline) != encode(d.managed) {
			t.Errorf("%s is not the same inline and managed", d.name)
		}
	}
	attached := `[{"Ref":"ExecutionRole"}]`
	policies := map[string][3]string{ // type, condition, roles
		"ReadAndTagPolicy":        {"AWS::IAM::Policy", "WithInlinePolicies", attached},
		"ExecutionPolicy":         {"AWS::IAM::Policy", "WithInlinePolicies", attached},
		"LambdaManagedPolicy":     {"AWS::IAM::ManagedPolicy", "WithManagedPolicies", "null"},
		"ReadAndTagManagedPolicy": {"AWS::IAM::ManagedPolicy", "WithManagedPolicies", attached},
		"ExecutionManagedPolicy":  {"AWS::IAM::ManagedPolicy", "WithManagedPolicies", attached},
	}
	for name, r := range tpl.Resources {
		got := [3]string{r.Type, r.Condition, encode(r.Properties["Roles"])}
		switch want, known := policies[name]; {
		case r.Type == "AWS::Lambda::Function" && encode(r.Properties["Role"]) != `{"Fn::GetAtt":["ExecutionRole","Arn"]}`:
			t.Errorf("%s runs under another role: %s", name, encode(r.Properties["Role"]))
		case known && got != want:
			t.Errorf("%s is %v, want %v", name, got, want)
		case !known && name != "ExecutionRole" && strings.HasPrefix(r.Type, "AWS::IAM::"):
			t.Errorf("%s is a further %s, want no other", name, r.Type)
		}
		delete(policies, name)
	}
	for name := range policies {
		t.Errorf("the template has no %s", name)
	}
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
