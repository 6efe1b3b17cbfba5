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

// teamPrefix is a NamePrefix of a provider that LaunchRoleNamePrefix accepts too.
const teamPrefix = "team-"

// TestLaunchRole_NotTheProviders proves that the policies of a provider, whatever its
// NamePrefix, do not let it adopt the launch role: the role's name does not begin with the
// default NamePrefix, and the role has the tag of a provider's own role. It could be adopted
// if CloudFormation made up the role's name, in a stack whose name begins with the default
// NamePrefix, or without the tag, where the provider has another NamePrefix.
func TestLaunchRole_NotTheProviders(t *testing.T) {
	provider := read(t, "template.yaml")
	byDefault := fmt.Sprint(provider.Parameters["NamePrefix"].Default)
	var cases []policysim.Case
	var want []bool
	for _, prefix := range []string{byDefault, teamPrefix} {
		policy := document(providerStatements(t, provider, prefix))
		adopts := func(wanted bool, role string, tags map[string]string) {
			cases, want = append(cases, adoption(prefix, policy, role, tags)), append(want, wanted)
		}
		adopts(true, prefix+"-catalog-LaunchRole-1ABCDEFGHIJKL", nil)
		for _, s := range states {
			for _, stack := range []string{"ray-catalog", "ray", "Ray-Catalog", "catalog"} {
				role, name := s.launchRole(t, stack, "")
				if strings.HasPrefix(strings.ToLower(name), strings.ToLower(byDefault)) {
					t.Errorf("%s: in a stack named %s the launch role is %s, which the default provider's policies match", s.name, stack, name)
				}
				adopts(false, name, ownTags(role))
			}
		}
		if prefix != byDefault {
			role, name := states[0].launchRole(t, "ray-catalog", prefix)
			adopts(true, name, nil)
			adopts(false, name, ownTags(role))
		}
	}
	for i, got := range policysim.Evaluate(t, cases) {
		if (got == policysim.Allowed) != want[i] {
			t.Errorf("%s: the decision is %s, want allowed: %t", cases[i].Name, got, want[i])
		}
	}
}

// adoption is the tagging with which a provider with this NamePrefix and policy adopts a
// role that has these tags.
func adoption(prefix, policy, role string, tags map[string]string) policysim.Case {
	context := conditionKeys{"aws:RequestTag/ray-iam:owner": {prefix + "-catalog-0123456789ab"}, "aws:RequestTag/ray-iam:adopted": {"held"}, "aws:TagKeys": {"ray-iam:adopted", "ray-iam:owner"}}
	for key, value := range tags {
		context["aws:ResourceTag/"+key] = []string{value}
	}
	return policysim.Case{
		Name:      fmt.Sprintf("a provider with the NamePrefix %s adopts %s with the tags %v", prefix, role, tags),
		Principal: "arn:aws:sts::" + account + ":assumed-role/ray-iam-ExecutionRole/ray-iam", Action: "iam:TagRole",
		Resource: "arn:aws:iam::" + account + ":role/" + role, Identity: []string{policy}, Context: context,
	}
}

// launchRole returns the launch role's properties, and its name, in a stack of this name. A
// prefix replaces the state's LaunchRoleNamePrefix.
func (s state) launchRole(t *testing.T, stack, prefix string) (role map[string]any, name string) {
	t.Helper()
	s.stackName = stack
	if prefix != "" {
		s.parameters = maps.Clone(s.parameters)
		s.parameters["LaunchRoleNamePrefix"] = prefix
	}
	role, _ = s.resource(t, "LaunchRole")
	name, named := role["RoleName"].(string)
	if !named {
		t.Fatalf("%s: the launch role has no name of its own: CloudFormation makes one up that begins like the stack's", s.name)
	}
	return role, name
}

// ownTags returns the tags that the template gives the role.
func ownTags(role map[string]any) map[string]string {
	tags := map[string]string{}
	list, _ := role["Tags"].([]any)
	for _, one := range list {
		tag := one.(map[string]any)
		tags[fmt.Sprint(tag["Key"])] = fmt.Sprint(tag["Value"])
	}
	return tags
}

// providerStatements returns the statements of the own roles of a provider with this
// NamePrefix, with adoption allowed. They are computed as far as they concern roles.
func providerStatements(t *testing.T, provider template.Template, namePrefix string) []weaken.Statement {
	t.Helper()
	known := states[0].known()
	known.Parameters = map[string]string{"AllowAdoption": "true", "NamePrefix": namePrefix}
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
