package cfntemplate

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode reads YAML or JSON as CloudFormation does: into maps with string keys, lists, strings,
// float64 and booleans, aliases followed and the short forms of functions written out (!Ref x
// as {"Ref": "x"}). A date stays text. The error names the line.
func Decode(text []byte) (any, error) {
	var v any
	if trimmed := strings.TrimSpace(string(text)); strings.HasPrefix(trimmed, "{") && json.Unmarshal(text, &v) == nil {
		return v, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("reading YAML: %w", err)
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return value(document.Content[0], 0)
}

// maxDepth bounds how deeply values are nested, aliases followed.
const maxDepth = 200

func value(n *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("reading YAML: line %d: values lie more than %d deep in each other", n.Line, maxDepth)
	}
	v, err := plain(n, depth)
	if err != nil {
		return nil, err
	}
	return written(n, v), nil
}

// written returns the long form of a function that a node's tag names.
func written(n *yaml.Node, v any) any {
	name, short := strings.CutPrefix(n.Tag, "!")
	switch {
	case !short || strings.HasPrefix(name, "!"):
		return v
	case name == "Ref", name == "Condition":
		return map[string]any{name: v}
	case name == "GetAtt":
		if text, ok := v.(string); ok {
			resource, attribute, _ := strings.Cut(text, ".")
			v = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + name: v}
}

func plain(n *yaml.Node, depth int) (any, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return value(n.Alias, depth+1)
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("reading YAML: line %d: the key %q is there twice", n.Content[i].Line, key)
			}
			v, err := value(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			v, err := value(child, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	return scalar(n), nil
}

// scalar reads a plain scalar by its form. A quoted scalar, and one with the tag of a function,
// is text.
func scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		if b, err := strconv.ParseBool(n.Value); err == nil {
			return b
		}
	case "!!int", "!!float":
		var number float64
		if n.Decode(&number) == nil {
			return number
		}
	}
	return n.Value
}
