package properties

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A listCase has properties with one blank element in one list of the schema.
type listCase struct {
	path  string // of the blank element
	value any
}

// blankElements returns a case for each list below a schema. wrap puts a value in the place of
// the schema.
func (c *Checker) blankElements(rule map[string]any, path string, blank string, wrap func(any) any) []listCase {
	if ref, ok := rule["$ref"].(string); ok {
		rule = c.at(ref)
	}
	if rule == nil {
		return nil
	}
	var cases []listCase
	for _, branch := range []string{"then", "else"} {
		cases = append(cases, c.blankElements(object(rule[branch]), path, blank, wrap)...)
	}
	if items, ok := rule["items"]; ok {
		element := func(v any) any { return wrap([]any{v}) }
		cases = append(cases, listCase{path + "[0]", element(blank)})
		cases = append(cases, c.blankElements(object(items), path+"[0]", blank, element)...)
	}
	for name, property := range object(rule["properties"]) {
		cases = append(cases, c.blankElements(object(property), join(path, name), blank, func(v any) any { return wrap(map[string]any{name: v}) })...)
	}
	return cases
}

// TestBlankElements checks, for every list of the schema, that a blank element, such as the
// empty string of an !If, is refused, and that the rule says how to leave it out.
// Reference 2.16.
func TestBlankElements(t *testing.T) {
	c := newChecker(t)
	schema := object(c.published)
	var lists []string
	for _, blank := range []string{"", " \n"} {
		for _, tt := range c.blankElements(schema, "", blank, func(v any) any { return v }) {
			raw, err := json.Marshal(tt.value)
			if err != nil {
				t.Fatal(err)
			}
			_, faults := c.Read(raw)
			if !slices.ContainsFunc(faults, func(f rayiam.Fault) bool {
				return f.Path == tt.path && strings.Contains(f.Rule, "AWS::NoValue") && strings.Contains(f.Rule, "want ")
			}) {
				t.Errorf("%s: %v, want a fault of %s that names AWS::NoValue", raw, faults, tt.path)
			}
			lists = append(lists, tt.path)
		}
	}
	for _, want := range []string{"WorkerGroups[0]", "Tags[0]", "Head.ManagedPolicyArns[0]", "WorkerGroups[0].Policies[0]", "WorkerGroups[0].Policies[0].PolicyDocument.Statement[0].Action[0]", "LeastPrivilege.SubnetIds[0]"} {
		if !slices.Contains(lists, want) {
			t.Errorf("the list %s has no case: %v", want, lists)
		}
	}
}

// TestBlankElements_Elsewhere checks that blank text outside a list is not reported as an
// element of a list.
func TestBlankElements_Elsewhere(t *testing.T) {
	c := newChecker(t)
	for _, raw := range []string{`{"NamePrefix":""}`, `{"Tags":[{"Key":"","Value":""}]}`, `{"WorkerGroups":[{"Name":""}]}`, `{"Head":{"ManagedPolicyArns":["x"]}}`} {
		_, faults := c.Read(json.RawMessage(raw))
		if len(faults) != 1 || strings.Contains(faults[0].Rule, "AWS::NoValue") {
			t.Errorf("%s: %v, want one fault without AWS::NoValue", raw, faults)
		}
	}
}
