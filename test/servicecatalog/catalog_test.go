package servicecatalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestPortfolio proves that the product, the portfolio, the principal and the constraints
// refer to each other, and that the template makes only the launch role if it makes no
// portfolio.
func TestPortfolio(t *testing.T) {
	wants := map[string]map[string]any{
		"ProductInPortfolio":   {"PortfolioId": "port-abc", "ProductId": "prod-abc"},
		"PrincipalInPortfolio": {"PortfolioId": "port-abc", "PrincipalType": "IAM"},
		"LaunchConstraint":     {"PortfolioId": "port-abc", "ProductId": "prod-abc"},
		"TemplateConstraint":   {"PortfolioId": "port-abc", "ProductId": "prod-abc"},
	}
	for _, s := range states {
		alone := s.parameters["CreatePortfolio"] == "false"
		for name, want := range wants {
			got, there := s.resource(t, name)
			if wanted := !alone && (name != "PrincipalInPortfolio" || s.parameters["PrincipalArn"] != ""); there != wanted {
				t.Errorf("%s: the template makes %s: %t, want %t", s.name, name, there, wanted)
			}
			for property, value := range want {
				if there && got[property] != value {
					t.Errorf("%s: %s of %s is %v, want %v", s.name, property, name, got[property], value)
				}
			}
		}
		if principal, there := s.resource(t, "PrincipalInPortfolio"); there && principal["PrincipalARN"] != s.parameters["PrincipalArn"] {
			t.Errorf("%s: %v may launch, want %s", s.name, principal["PrincipalARN"], s.parameters["PrincipalArn"])
		}
	}
	for _, name := range []string{"LaunchConstraint", "TemplateConstraint"} { // a constraint needs the product in the portfolio
		if got := read(t, catalogPath).Resources[name].DependsOn; got != "ProductInPortfolio" {
			t.Errorf("%s depends on %v, want ProductInPortfolio", name, got)
		}
	}
}

// TestLaunchConstraint proves that the constraint names the launch role in one way: by its
// ARN, or, if the portfolio is shared, by its name, so that each account has its own role.
func TestLaunchConstraint(t *testing.T) {
	for _, s := range states {
		constraint, there := s.resource(t, "LaunchConstraint")
		if !there {
			continue
		}
		want := map[string]any{"RoleArn": "Arn of LaunchRole"}
		if s.parameters["Shared"] == "true" {
			want = map[string]any{"LocalRoleName": "Ref of LaunchRole"}
		}
		for _, property := range []string{"RoleArn", "LocalRoleName"} {
			if constraint[property] != want[property] {
				t.Errorf("%s: %s is %v, want %v", s.name, property, constraint[property], want[property])
			}
		}
	}
}

// unconstrained are the product's parameters that an end user may choose freely, with the
// reason.
var unconstrained = map[string]string{
	"PropagationWaitSeconds": "it delays the launch by two minutes at most",
	"ServiceTokenExport":     "the launch role may call no function but the provider's",
	"SecurityGroupIds":       "it narrows what the head may do",
	"SubnetIds":              "it narrows what the head may do",
}

// rules returns the rules of the template constraint.
func (s state) rules(t *testing.T) map[string]any {
	t.Helper()
	constraint, there := s.resource(t, "TemplateConstraint")
	if !there {
		return nil
	}
	var rules map[string]any
	if err := json.Unmarshal([]byte(constraint["Rules"].(string)), &rules); err != nil {
		t.Fatalf("%s: the constraint's rules are not JSON: %v\n%s", s.name, err, constraint["Rules"])
	}
	return rules
}

// TestTemplateConstraint proves that each parameter of the product is restricted by a rule
// or listed as free, and that the product's defaults satisfy the rules' defaults.
func TestTemplateConstraint(t *testing.T) {
	product := read(t, productPath)
	if product.Rules != nil {
		t.Errorf("the product has rules of its own, want none: AWS does not document how Service Catalog joins them with a constraint's")
	}
	for _, s := range states {
		rules := s.rules(t)
		if rules == nil && s.parameters["CreatePortfolio"] != "false" {
			t.Fatalf("%s: the portfolio has no template constraint", s.name)
		}
		if rules == nil {
			continue
		}
		for name := range product.Parameters {
			_, bound := rules[name]
			if _, free := unconstrained[name]; bound == free {
				t.Errorf("%s: the parameter %s is restricted by a rule: %t, and listed as free: %t, want one of them", s.name, name, bound, free)
			}
		}
		for name, rule := range rules {
			if !strings.Contains(fmt.Sprint(rule), fmt.Sprintf("map[Ref:%s]", name)) || product.Parameters[name].Type == "" {
				t.Errorf("%s: the rule %s is about another parameter than its name says: %v", s.name, name, rule)
			}
		}
	}
	allowed := func(s state, name string) []any {
		assertion := s.rules(t)[name].(map[string]any)["Assertions"].([]any)[0].(map[string]any)
		return assertion["Assert"].(map[string]any)["Fn::Contains"].([]any)[0].([]any)
	}
	for name := range states[0].rules(t) {
		if byDefault := product.Parameters[name].Default; !slices.Contains(allowed(states[0], name), byDefault) {
			t.Errorf("the default of %s, %q, does not satisfy its rule", name, byDefault)
		}
	}
	for name, want := range map[string][]any{
		"NamePrefix": {"ray-research", "ray-vision"}, "ClusterName": {"research", "vision"}, "DatasetsBucket": {"", "datasets", "public-datasets"},
	} {
		if got := allowed(states[2], name); !slices.Equal(got, want) {
			t.Errorf("%s may be %q, want %q", name, got, want)
		}
	}
}

// TestInterface proves that the form of a launch, and that of the example, shows every
// parameter once and no others.
func TestInterface(t *testing.T) {
	for _, path := range []string{productPath, catalogPath} {
		read := read(t, path)
		form, _ := read.Metadata["AWS::CloudFormation::Interface"].(map[string]any)
		groups, _ := form["ParameterGroups"].([]any)
		var shown []string
		for _, group := range groups {
			for _, name := range group.(map[string]any)["Parameters"].([]any) {
				shown = append(shown, name.(string))
			}
		}
		slices.Sort(shown)
		if want := slices.Sorted(maps.Keys(read.Parameters)); !slices.Equal(shown, want) {
			t.Errorf("the form of %s shows the parameters %v, the template has %v", path, shown, want)
		}
		for name, parameter := range read.Parameters {
			if parameter.Description == "" {
				t.Errorf("%s: the parameter %s has no description", path, name)
			}
		}
	}
}

// TestVersions proves that a version of the product never changes: it has a file of its
// own, and CloudFormation does not replace other versions when one is added.
func TestVersions(t *testing.T) {
	product, _ := states[0].resource(t, "Product")
	if product["ReplaceProvisioningArtifacts"] != false {
		t.Errorf("ReplaceProvisioningArtifacts is %v, want false", product["ReplaceProvisioningArtifacts"])
	}
	seen := map[any]bool{}
	versions := product["ProvisioningArtifactParameters"].([]any)
	for _, v := range versions {
		version := v.(map[string]any)
		got := version["Info"].(map[string]any)["LoadTemplateFromURL"]
		if want := fmt.Sprintf("%s/%s.yaml", templatesURL, version["Name"]); got != want || seen[version["Name"]] {
			t.Errorf("the version %v has the file %v, want %s, and each name once", version["Name"], got, want)
		}
		seen[version["Name"]] = true
	}
	if len(versions) == 0 {
		t.Error("the product has no version")
	}
}
