package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
)

// read returns the content of a file, or of standard input for -.
func (a *app) read(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.in)
	}
	return os.ReadFile(name)
}

// properties reads a file with the properties of a resource, in YAML or JSON, as
// CloudFormation delivers them: booleans and numbers as strings. Without a file, it returns no
// properties.
func (a *app) properties(file string) (json.RawMessage, error) {
	if file == "" {
		return json.RawMessage("{}"), nil
	}
	text, err := a.read(file)
	if err != nil {
		return nil, fmt.Errorf("reading properties: %w", err)
	}
	v, err := cfntemplate.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("reading properties from %s: %w", file, err)
	}
	if v == nil {
		v = map[string]any{}
	}
	return json.Marshal(delivered(v))
}

// delivered returns a value as CloudFormation delivers it.
func delivered(v any) any {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		for i := range v {
			v[i] = delivered(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = delivered(v[name])
		}
	}
	return v
}
