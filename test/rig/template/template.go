// Package template reads CloudFormation templates and computes their functions, as far as
// the templates of this checkout use them. It knows what the documentation says of each
// function and no resource types.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
package template

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A Template is one with the short forms of functions written out.
type Template struct {
	Metadata   map[string]any       `json:"Metadata,omitempty"`
	Parameters map[string]Parameter `json:"Parameters,omitempty"`
	Rules      map[string]any       `json:"Rules,omitempty"`
	Conditions map[string]any       `json:"Conditions,omitempty"`
	Resources  map[string]Resource  `json:"Resources"`
	Outputs    map[string]Output    `json:"Outputs,omitempty"`
}

// A Parameter is what a template says of one.
type Parameter struct {
	Type                  string
	Default               any      `json:",omitempty"` // nil where there is none
	AllowedPattern        string   `json:",omitempty"`
	AllowedValues         []any    `json:",omitempty"`
	MinValue              *float64 `json:",omitempty"`
	MaxValue              *float64 `json:",omitempty"`
	MaxLength             int      `json:",omitempty"`
	Description           string   `json:",omitempty"`
	ConstraintDescription string   `json:",omitempty"`
}

// A Resource is what a template says of one.
type Resource struct {
	Type                string
	Condition           string         `json:",omitempty"`
	DependsOn           any            `json:",omitempty"`
	DeletionPolicy      string         `json:",omitempty"`
	UpdateReplacePolicy string         `json:",omitempty"`
	Metadata            map[string]any `json:",omitempty"`
	Properties          map[string]any `json:",omitempty"`
}

// An Output is what a template says of one.
type Output struct {
	Condition   string         `json:",omitempty"`
	Description string         `json:",omitempty"`
	Value       any            `json:",omitempty"`
	Export      map[string]any `json:",omitempty"`
}

// decode prints a template as JSON. cfn-lint's parser knows the short forms.
const decode = `import json, sys
from cfnlint.decode import decode
template, faults = decode(sys.argv[1])
if faults:
    sys.exit(str(faults))
json.dump(template, sys.stdout)`

// Read returns the template at a path within the checkout.
func Read(path string) (Template, error) {
	python, err := checkout.Python()
	if err != nil {
		return Template{}, err
	}
	cmd := exec.Command(python, "-c", decode, path)
	cmd.Dir = checkout.Root()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return Template{}, fmt.Errorf("reading %s: %w: %s", path, err, &stderr)
	}
	var t Template
	if err := json.Unmarshal(output, &t); err != nil {
		return Template{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return t, nil
}
