package executionrole

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A template is what CloudFormation gets to see of template.yaml.
type template struct {
	Parameters map[string]struct{ Default any }
	Conditions map[string]any
	Resources  map[string]struct {
		Type       string
		Properties map[string]any
	}
}

// transform runs the SAM transform. `sam package` has put CodeUri into a bucket by then.
const transform = `import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
template = yaml_parse(open(sys.argv[1]).read())
template['Resources']['RayIAMFunction']['Properties']['CodeUri'] = 's3://bucket/key'
json.dump(transform(template, {}, None), sys.stdout)`

// deployed returns the template after the SAM transform.
var deployed = sync.OnceValues(func() (template, error) {
	python, err := checkout.Python()
	if err != nil {
		return template{}, err
	}
	cmd := exec.Command(python, "-c", transform, "template.yaml")
	cmd.Dir = checkout.Root()
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION=us-east-1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return template{}, fmt.Errorf("transforming template.yaml: %w\n%s", err, &stderr)
	}
	var t template
	err = json.Unmarshal(output, &t)
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

// statements returns the execution policy's, unresolved.
func (tpl template) statements() []any {
	document := tpl.Resources["ExecutionPolicy"].Properties["PolicyDocument"].(map[string]any)
	return document["Statement"].([]any)
}

// policy renders a policy of these statements as it is for a set of parameters.
func (tpl template) policy(s set, statements []any) string {
	resolved, _ := s.resolver(tpl).resolve(map[string]any{"Version": "2012-10-17", "Statement": statements})
	text, err := json.Marshal(resolved)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestExecutionRole holds that the policy which the proofs are about is all that the
// function has.
func TestExecutionRole(t *testing.T) {
	tpl := deployedTemplate(t)
	role := tpl.Resources["ExecutionRole"].Properties
	if role["Policies"] != nil || role["ManagedPolicyArns"] != nil {
		t.Error("ExecutionRole has policies of its own")
	}
	trust, _ := json.Marshal(role["AssumeRolePolicyDocument"])
	if want := `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}],"Version":"2012-10-17"}`; string(trust) != want {
		t.Errorf("ExecutionRole trusts %s, want %s", trust, want)
	}
	for name, r := range tpl.Resources {
		text, _ := json.Marshal(r.Properties)
		switch {
		case r.Type == "AWS::IAM::Policy" && name == "ExecutionPolicy", r.Type == "AWS::IAM::Role" && name == "ExecutionRole":
		case strings.HasPrefix(r.Type, "AWS::IAM::"):
			t.Errorf("%s is one more %s", name, r.Type)
		case r.Type == "AWS::Lambda::Function" && !strings.Contains(string(text), `"Role":{"Fn::GetAtt":["ExecutionRole","Arn"]}`):
			t.Errorf("%s runs under another role: %s", name, text)
		}
	}
}
