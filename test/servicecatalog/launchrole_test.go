package servicecatalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

// TestLaunchRole_SameElsewhere proves that the stack that makes only the launch role gives
// it the same name and rights as the stack with the portfolio.
func TestLaunchRole_SameElsewhere(t *testing.T) {
	for _, s := range states {
		role, _ := s.resource(t, "LaunchRole")
		s.parameters = maps.Clone(s.parameters)
		s.parameters["CreatePortfolio"] = "false"
		alone, _ := s.resource(t, "LaunchRole")
		if got, want := fmt.Sprint(alone), fmt.Sprint(role); got != want {
			t.Errorf("%s: in a stack of its own, the role is %s\nwant %s", s.name, got, want)
		}
	}
}

// TestLaunchRole_Parameters proves that the launch role has the prefix, path and boundary
// of the parameters, and none of them by default.
func TestLaunchRole_Parameters(t *testing.T) {
	tests := []struct {
		state      int
		name, path string
		boundary   any
	}{
		{0, "SCLaunch-ray-catalog-us-east-1", "/", nil},
		{2, "acme-SCLaunch-platform-ray-catalog-us-east-1", "/platform/", "arn:aws:iam::" + account + ":policy/bound"},
	}
	for _, tt := range tests {
		role, _ := states[tt.state].resource(t, "LaunchRole")
		if role["RoleName"] != tt.name || role["Path"] != tt.path || role["PermissionsBoundary"] != tt.boundary {
			t.Errorf("%s: the launch role is %v at %v with the boundary %v, want %+v", states[tt.state].name, role["RoleName"], role["Path"], role["PermissionsBoundary"], tt)
		}
	}
	if size := len(document(states[0].statements(t))); size > 10240/2 { // IAM's limit for the inline policies of a role
		t.Errorf("the launch role's policy has %d characters, want at most half of IAM's limit, so that people can add their own resources", size)
	}
	longest := states[0]
	longest.stackName, longest.region = strings.Repeat("s", 20), "ap-northeast-1"
	longest.parameters = map[string]string{"LaunchRoleNamePrefix": strings.Repeat("p", 20)}
	if role, _ := longest.resource(t, "LaunchRole"); len(role["RoleName"].(string)) > 64 {
		t.Errorf("the role's name %v has more than 64 characters for a stack's name of 20", role["RoleName"])
	}
}

// TestLaunchRole_NotTheProviders proves that the provider may not adopt the launch role. It
// could if CloudFormation made up the role's name, in a stack whose name begins with the
// provider's prefix.
func TestLaunchRole_NotTheProviders(t *testing.T) {
	provider := read(t, "template.yaml")
	prefix, path := fmt.Sprint(provider.Parameters["NamePrefix"].Default), fmt.Sprint(provider.Parameters["Path"].Default)
	policy := document(providerStatements(t, provider))
	adopt := func(role string) policysim.Case {
		owner := prefix + "-catalog-0123456789ab"
		return policysim.Case{
			Name: role, Principal: "arn:aws:sts::" + account + ":assumed-role/ray-iam-ExecutionRole/ray-iam", Action: "iam:TagRole",
			Resource: "arn:aws:iam::" + account + ":role" + path + role, Identity: []string{policy},
			Context: conditionKeys{"aws:RequestTag/ray-iam:owner": {owner}, "aws:RequestTag/ray-iam:adopted": {"held"}, "aws:TagKeys": {"ray-iam:adopted", "ray-iam:owner"}},
		}
	}
	cases := []policysim.Case{adopt(prefix + "-catalog-LaunchRole-1ABCDEFGHIJKL")}
	for _, s := range states {
		for _, stack := range []string{"ray-catalog", "ray", "Ray-Catalog", "catalog"} {
			s.stackName = stack
			role, _ := s.resource(t, "LaunchRole")
			name, named := role["RoleName"].(string)
			if !named {
				t.Fatalf("%s: the launch role has no name of its own: CloudFormation makes one up that begins like the stack's", s.name)
			}
			if strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)) {
				t.Errorf("%s: in a stack named %s the launch role is %s, which the provider's policies match", s.name, stack, name)
			}
			cases = append(cases, adopt(name))
		}
	}
	for i, got := range policysim.Evaluate(t, cases) {
		if (got == policysim.Allowed) != (i == 0) {
			t.Errorf("the provider adopts %s: the decision is %s, want allowed: %t", cases[i].Name, got, i == 0)
		}
	}
}

// providerStatements returns the statements of the provider's own roles, with adoption
// allowed. They are computed as far as they concern roles.
func providerStatements(t *testing.T, provider template.Template) []weaken.Statement {
	t.Helper()
	known := states[0].known()
	known.Parameters = map[string]string{"AllowAdoption": "true"}
	known.Pseudo["AWS::StackName"] = "ray-iam"
	for name := range provider.Resources {
		known.Refs[name], known.Attributes[name+".Arn"] = name, "arn:aws:iam::"+account+":role/"+name
	}
	var all []weaken.Statement
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				collect(one)
			}
		case map[string]any:
			if document, ok := v["PolicyDocument"].(map[string]any); ok {
				for _, st := range document["Statement"].([]any) {
					all = append(all, st.(weaken.Statement))
				}
				return
			}
			for _, one := range v {
				collect(one)
			}
		}
	}
	for name, r := range provider.Resources {
		if strings.HasPrefix(r.Type, "AWS::IAM::") {
			properties, err := provider.Resolve(known, r.Properties)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			collect(properties)
		}
	}
	return all
}

// TestLaunchRole_NamePrefix proves that the template refuses every prefix with which the
// provider's policies would match the launch role.
func TestLaunchRole_NamePrefix(t *testing.T) {
	tests := map[string]bool{"": true, "acme-": true, "team.a_": true, "x-ray-": true, "ra": true, "ray": false, "ray-": false, "RAY": false, "Rayon": false, "a b": false, "twenty-one-characters": false}
	const program = `import json, re, sys
json.dump([re.fullmatch(sys.argv[1], value) is not None for value in sys.argv[2:]], sys.stdout)`
	values := slices.Sorted(maps.Keys(tests))
	var got []bool
	python(t, &got, program, append([]string{read(t, catalogPath).Parameters["LaunchRoleNamePrefix"].AllowedPattern}, values...)...)
	for i, value := range values {
		if got[i] != tests[value] {
			t.Errorf("LaunchRoleNamePrefix %q: accepted is %t, want %t", value, got[i], tests[value])
		}
	}
}
