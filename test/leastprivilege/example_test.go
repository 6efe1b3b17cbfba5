package leastprivilege

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// readTemplate prints a template as JSON, with the short forms of intrinsic functions
// written out.
const readTemplate = `import json, sys
from samtranslator.yaml_helper import yaml_parse
json.dump(yaml_parse(open(sys.argv[1]).read()), sys.stdout)`

// exampleProperties returns the properties of examples/least-privilege.yaml, with a
// bucket to read, and the subnet and the security group that there are.
func exampleProperties(t *testing.T, b belongings) properties {
	t.Helper()
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", readTemplate, "examples/least-privilege.yaml")
	cmd.Dir = checkout.Root()
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("reading the example: %v", err)
	}
	var template struct {
		Parameters map[string]struct{ Default any }
		Conditions map[string]any
		Resources  map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(output, &template); err != nil {
		t.Fatal(err)
	}
	r := resolver{values: map[string]any{}, conditions: template.Conditions}
	for name, parameter := range template.Parameters {
		r.values[name] = parameter.Default
	}
	r.values["Results"], r.values["DatasetsBucket"], r.values["SubnetIds"], r.values["SecurityGroupIds"] = writable, readable, b.Subnet, b.Group
	r.values["PropagationWaitSeconds"] = 0
	all := properties{}
	for name, value := range template.Resources["RayIAM"].Properties {
		if name != "ServiceToken" {
			all[name] = r.resolve(value)
		}
	}
	return all
}

// A resolver knows the intrinsic functions of the example.
type resolver struct {
	values     map[string]any
	conditions map[string]any
}

func (r resolver) resolve(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = r.resolve(v[i])
		}
		return list
	case map[string]any:
		if name, ok := v["Ref"].(string); ok {
			return r.values[name]
		}
		if branches, ok := v["Fn::If"].([]any); ok {
			if r.resolve(r.conditions[branches[0].(string)]) == true {
				return r.resolve(branches[1])
			}
			return r.resolve(branches[2])
		}
		if operand, ok := v["Fn::Not"].([]any); ok {
			return r.resolve(operand[0]) == false
		}
		if operands, ok := v["Fn::Equals"].([]any); ok {
			return r.resolve(operands[0]) == r.resolve(operands[1])
		}
		if operands, ok := v["Fn::Split"].([]any); ok {
			var parts []any
			for _, part := range strings.Split(r.resolve(operands[1]).(string), operands[0].(string)) {
				parts = append(parts, part)
			}
			return parts
		}
		m := map[string]any{}
		for key, value := range v {
			m[key] = r.resolve(value)
		}
		return m
	}
	return v
}
