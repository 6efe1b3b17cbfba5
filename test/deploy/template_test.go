// Package deploy checks what people deploy: template.yaml, the examples, and the demo that
// runs them. It proves the claims about templates that a linter cannot check. What the
// function does to IAM is tested elsewhere.
package deploy

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	cfn "github.com/ray-iam/custom-rayiam/test/rig/template"
)

// root is the path from this package's folder, in which go test runs, to the checkout.
const root = "../.."

// python returns the interpreter whose packages `make setup` installs.
func python(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, ".venv/bin/python"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(path); err != nil {
		t.Fatalf("%v: run make setup first", err)
	}
	return path
}

type template struct {
	Parameters map[string]parameter
	Conditions map[string]any
	Resources  map[string]resource
	Outputs    map[string]output
}

type parameter struct {
	Type, AllowedPattern, ConstraintDescription string
	MaxLength                                   int
	Default                                     any
	AllowedValues                               []any
}

type resource struct {
	Type, Condition                     string
	DeletionPolicy, UpdateReplacePolicy string
	DependsOn                           any
	Properties                          map[string]any
}

type output struct {
	Condition string
	Value     any
	Export    struct{ Name any }
}

type statement struct {
	Sid, Effect      string
	Action, Resource any
	Condition        map[string]map[string]any
}

// readTemplate reads a template of the checkout, with the short forms of CloudFormation's functions written out.
func readTemplate(t *testing.T, path string) template {
	t.Helper()
	parsed, err := cfn.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var read template
	convert(t, parsed, &read)
	return read
}

// convert decodes a part of a template into a value.
func convert(t *testing.T, part, into any) {
	t.Helper()
	text, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// statements returns the statements of a policy document.
func statements(t *testing.T, policyDocument any) []statement {
	t.Helper()
	var document struct {
		Version   string
		Statement []statement
	}
	convert(t, policyDocument, &document)
	if document.Version != "2012-10-17" {
		t.Errorf("the policy document's Version is %q, want 2012-10-17", document.Version)
	}
	return document.Statement
}

// text returns a string unchanged and anything else as JSON.
func text(t *testing.T, value any) string {
	t.Helper()
	if s, ok := value.(string); ok {
		return s
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// list returns the values of an element that may be one value or several. Of Fn::Sub it
// returns only the text.
func list(t *testing.T, value any) []string {
	t.Helper()
	if value == nil {
		return nil
	}
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	var all []string
	for _, one := range values {
		if function, ok := one.(map[string]any); ok && function["Fn::Sub"] != nil {
			one = function["Fn::Sub"]
		}
		all = append(all, text(t, one))
	}
	slices.Sort(all)
	return all
}

// references returns the names in every Ref and Fn::GetAtt in value.
func references(value any) []string {
	var found []string
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			found = append(found, references(one)...)
		}
	case map[string]any:
		if name, ok := value["Ref"].(string); ok {
			return []string{name}
		}
		if path, ok := value["Fn::GetAtt"].([]any); ok {
			return []string{path[0].(string)}
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			found = append(found, references(value[key])...)
		}
	}
	return found
}
