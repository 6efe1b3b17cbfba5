// Package cfntemplate reads CloudFormation templates and computes their intrinsic functions,
// as far as the command needs them. It follows the documentation of each function, and has no
// knowledge of resource types.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
package cfntemplate

import (
	"encoding/json"
	"fmt"
)

// A Template is a CloudFormation template, with the short forms of functions written out.
type Template struct {
	Metadata   map[string]any                       `json:"Metadata,omitempty"`
	Parameters map[string]Parameter                 `json:"Parameters,omitempty"`
	Mappings   map[string]map[string]map[string]any `json:"Mappings,omitempty"`
	Rules      map[string]any                       `json:"Rules,omitempty"`
	Conditions map[string]any                       `json:"Conditions,omitempty"`
	Resources  map[string]Resource                  `json:"Resources"`
	Outputs    map[string]Output                    `json:"Outputs,omitempty"`
}

// A Parameter is a template's declaration of a parameter.
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

// A Resource is a template's declaration of a resource.
type Resource struct {
	Type                string
	Condition           string         `json:",omitempty"`
	DependsOn           any            `json:",omitempty"`
	DeletionPolicy      string         `json:",omitempty"`
	UpdateReplacePolicy string         `json:",omitempty"`
	Metadata            map[string]any `json:",omitempty"`
	Properties          map[string]any `json:",omitempty"`
}

// An Output is a template's declaration of an output.
type Output struct {
	Condition   string         `json:",omitempty"`
	Description string         `json:",omitempty"`
	Value       any            `json:",omitempty"`
	Export      map[string]any `json:",omitempty"`
}

// Parse reads a template, in YAML or JSON. The error says where the text is not a template.
func Parse(text []byte) (Template, error) {
	decoded, err := Decode(text)
	if err != nil {
		return Template{}, err
	}
	written, err := json.Marshal(decoded)
	if err != nil {
		return Template{}, fmt.Errorf("reading a template: %w", err)
	}
	var t Template
	if err := json.Unmarshal(written, &t); err != nil {
		return Template{}, fmt.Errorf("reading a template: %w", err)
	}
	return t, nil
}
