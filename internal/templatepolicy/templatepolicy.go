// Package templatepolicy reads the IAM policies of a template for given parameters. A value
// that only a deployment has appears in the documents as in Fn::Sub: ${LogGroup.Arn}.
package templatepolicy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
)

// A Role is a role of a template with its policies.
type Role struct {
	TrustPolicy string // JSON
	Policies    []Policy
}

// A Policy is a policy of a role.
type Policy struct {
	Name     string
	Managed  bool // a customer managed policy of the template
	Document string
}

// Read returns the role with this logical id and its policies, in the order of their names,
// for the parameters and pseudo parameters of a stack. The error names a parameter that the
// template does not have, or that has no value.
func Read(text []byte, role string, parameters, pseudo map[string]string) (Role, error) {
	template, err := cfntemplate.Parse(text)
	if err != nil {
		return Role{}, err
	}
	if err := check(template, parameters); err != nil {
		return Role{}, err
	}
	stack := cfntemplate.Stack{Parameters: parameters, Pseudo: pseudo, Unknown: func(name string) string { return "${" + name + "}" }}
	chosen, err := template.Choose(stack)
	if err != nil {
		return Role{}, err
	}
	resolved, err := template.Resolve(stack, chosen.Resources[role].Properties)
	if err != nil {
		return Role{}, err
	}
	properties, _ := resolved.(map[string]any)
	if properties["AssumeRolePolicyDocument"] == nil {
		return Role{}, fmt.Errorf("the template has no role %s", role)
	}
	read := Role{TrustPolicy: document(properties["AssumeRolePolicyDocument"])}
	own, _ := properties["Policies"].([]any)
	for _, v := range own {
		if policy, ok := v.(map[string]any); ok {
			read.Policies = append(read.Policies, Policy{Name: fmt.Sprint(policy["PolicyName"]), Document: document(policy["PolicyDocument"])})
		}
	}
	if err := read.apart(template, chosen, stack); err != nil {
		return Role{}, err
	}
	slices.SortFunc(read.Policies, func(a, b Policy) int { return strings.Compare(a.Name, b.Name) })
	return read, nil
}

// apart adds the policies that are separate resources of the template.
func (r *Role) apart(template, chosen cfntemplate.Template, stack cfntemplate.Stack) error {
	for _, id := range slices.Sorted(maps.Keys(chosen.Resources)) {
		resource := chosen.Resources[id]
		managed := resource.Type == "AWS::IAM::ManagedPolicy"
		if !managed && resource.Type != "AWS::IAM::Policy" {
			continue
		}
		resolved, err := template.Resolve(stack, resource.Properties)
		if err != nil {
			return err
		}
		properties := resolved.(map[string]any)
		name, named := properties["PolicyName"].(string)
		if !named {
			name = id
		}
		r.Policies = append(r.Policies, Policy{Name: name, Managed: managed, Document: document(properties["PolicyDocument"])})
	}
	return nil
}

// check refuses a parameter that the template does not have, and one without a value.
func check(template cfntemplate.Template, parameters map[string]string) error {
	names := slices.Sorted(maps.Keys(template.Parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the template has no parameter %s, it has %s", name, strings.Join(names, ", "))
		}
	}
	for _, name := range names {
		if _, given := parameters[name]; !given && template.Parameters[name].Default == nil {
			return fmt.Errorf("the parameter %s has no default: give it a value", name)
		}
	}
	return nil
}

func document(v any) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}
