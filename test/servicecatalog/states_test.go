package servicecatalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

const (
	catalogPath = "examples/service-catalog.yaml"
	productPath = "examples/least-privilege.yaml"

	account      = "123456789012"
	otherAccount = "999999999999"
	templatesURL = "https://templates.s3.us-east-1.amazonaws.com/ray"
)

// A state is a choice of the parameters of examples/service-catalog.yaml, and the
// partition, Region and stack in which it is deployed.
type state struct {
	name              string
	parameters        map[string]string
	partition, region string
	stackName         string
}

// Each condition of the template is true in one of the states and false in another. The
// first state has the default parameters.
var states = []state{
	{name: "defaults", parameters: map[string]string{"TemplatesUrl": templatesURL, "PrincipalArn": "arn:aws:iam::" + account + ":role/data-scientist"}},
	{name: "for nobody here", parameters: map[string]string{"TemplatesUrl": templatesURL}},
	{name: "a company's rules", stackName: "platform-ray-catalog", parameters: map[string]string{
		"TemplatesUrl": templatesURL, "PrincipalArn": "arn:aws:iam::" + account + ":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_research_0123456789abcdef",
		"Shared": "true", "NamePrefixes": "ray-research,ray-vision", "ClusterNames": "research,vision", "DatasetsBuckets": "datasets,public-datasets",
		"LaunchRoleNamePrefix": "acme-", "LaunchRolePath": "/platform/", "LaunchRolePermissionsBoundary": "arn:aws:iam::" + account + ":policy/bound",
	}},
	{name: "the launch role alone", parameters: map[string]string{"CreatePortfolio": "false"}},
	{name: "China", partition: "aws-cn", region: "cn-north-1", parameters: map[string]string{
		"TemplatesUrl": "https://templates.s3.cn-north-1.amazonaws.com.cn/ray", "PrincipalArn": "arn:aws-cn:iam::" + account + ":user/somebody",
	}},
}

func (s state) part() string  { return cmp.Or(s.partition, "aws") }
func (s state) place() string { return cmp.Or(s.region, "us-east-1") }
func (s state) stack() string { return cmp.Or(s.stackName, "ray-catalog") }

// known returns the stack's pseudo parameters and parameters.
func (s state) known() template.Stack {
	export := cmp.Or(s.parameters["ServiceTokenExport"], "ray-iam-ServiceToken")
	return template.Stack{
		Parameters: s.parameters,
		Pseudo:     map[string]string{"AWS::Partition": s.part(), "AWS::AccountId": account, "AWS::Region": s.place(), "AWS::StackName": s.stack()},
		Refs:       map[string]string{"Portfolio": "port-abc", "Product": "prod-abc", "LaunchRole": "Ref of LaunchRole"},
		Attributes: map[string]string{"LaunchRole.Arn": "Arn of LaunchRole"},
		Exports:    map[string]string{export: s.function()},
	}
}

// resource returns the computed properties of a resource of the example; ok is false if the
// template does not make it in this state.
func (s state) resource(t *testing.T, name string) (properties map[string]any, ok bool) {
	t.Helper()
	catalog := read(t, catalogPath)
	chosen, err := catalog.Choose(s.known())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := chosen.Resources[name]; !ok {
		return nil, false
	}
	resolved, err := catalog.Resolve(s.known(), catalog.Resources[name].Properties)
	if err != nil {
		t.Fatalf("%s: %s: %v", s.name, name, err)
	}
	return resolved.(map[string]any), true
}

// statements returns the computed statements of the launch role's only policy.
func (s state) statements(t *testing.T) []weaken.Statement {
	t.Helper()
	role, _ := s.resource(t, "LaunchRole")
	policies, _ := role["Policies"].([]any)
	if len(policies) != 1 || role["ManagedPolicyArns"] != nil {
		t.Fatalf("the launch role has %d inline policies and %v, want one and no other", len(policies), role["ManagedPolicyArns"])
	}
	var all []weaken.Statement
	for _, st := range policies[0].(map[string]any)["PolicyDocument"].(map[string]any)["Statement"].([]any) {
		all = append(all, st.(weaken.Statement))
	}
	return all
}

func document(statements []weaken.Statement) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// The ARNs of a launch. Service Catalog names the stack, and CloudFormation names the
// bucket after the stack.
func (s state) arn(service, region, account, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.part(), service, region, account, rest)
}

func (s state) function() string {
	return s.arn("lambda", s.place(), account, "function:ray-iam-RayIAMFunction-1ABCDEFGHIJKL")
}

func (s state) launchedStack() string {
	return s.arn("cloudformation", s.place(), account, "stack/SC-"+account+"-pp-abcdefghijklm/11111111-2222-4333-8444-555555555555")
}

func (s state) changeSet() string {
	return s.arn("cloudformation", s.place(), account, "changeSet/SC-plan-abcdefghijklm/11111111-2222-4333-8444-555555555555")
}

func (s state) bucket() string {
	return s.arn("s3", "", "", "sc-"+account+"-pp-abcdefghijklm-results-1abcdefghijkl")
}

func (s state) principal(t *testing.T) string {
	role, _ := s.resource(t, "LaunchRole")
	return s.arn("sts", "", account, fmt.Sprintf("assumed-role/%s/servicecatalog", role["RoleName"]))
}

// templates and answers keep what was read, so that it is read once.
var (
	templates = map[string][]byte{}
	answers   = map[string][]byte{}
)

// read returns a template of the checkout, as a copy that the caller may change.
func read(t *testing.T, path string) template.Template {
	t.Helper()
	if templates[path] == nil {
		read, err := template.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if templates[path], err = json.Marshal(read); err != nil {
			t.Fatal(err)
		}
	}
	var copied template.Template
	if err := json.Unmarshal(templates[path], &copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// python runs a Python program with the checkout's packages, once for each input, and
// decodes its output.
func python(t *testing.T, into any, program string, args ...string) {
	t.Helper()
	key := fmt.Sprint(program, args)
	if answers[key] == nil {
		interpreter, err := checkout.Python()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(interpreter, append([]string{"-c", program}, args...)...)
		cmd.Dir = checkout.Root()
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if answers[key], err = cmd.Output(); err != nil {
			t.Fatalf("running Python: %v: %s", err, &stderr)
		}
	}
	if err := json.Unmarshal(answers[key], into); err != nil {
		t.Fatalf("%v in %q", err, answers[key])
	}
}

// TestStates proves that the states' parameters exist, and that each condition of the
// template is true in one state and false in another.
func TestStates(t *testing.T) {
	catalog := read(t, catalogPath)
	for _, s := range states {
		for name := range s.parameters {
			if _, ok := catalog.Parameters[name]; !ok {
				t.Errorf("%s: the template has no parameter %s", s.name, name)
			}
		}
	}
	for _, condition := range slices.Sorted(maps.Keys(catalog.Conditions)) {
		seen := map[any]bool{}
		for _, s := range states {
			got, err := catalog.Resolve(s.known(), map[string]any{"Fn::If": []any{condition, true, false}})
			if err != nil {
				t.Fatal(err)
			}
			seen[got] = true
		}
		if len(seen) != 2 {
			t.Errorf("the condition %s has the same value in all states", condition)
		}
	}
}
