package clustercheck

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A value is a place in a YAML document, with its node. A value that is missing has the node of
// the mapping or list around it, so that it has a line.
type value struct {
	path   string
	node   *yaml.Node // nil if there is no value
	parent *yaml.Node
}

func parse(text []byte) (value, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return value{}, fmt.Errorf("reading the cluster's YAML: %w", err)
	}
	if len(document.Content) == 0 || resolved(document.Content[0]).Kind != yaml.MappingNode {
		return value{}, errNoMapping
	}
	return value{node: document.Content[0], parent: &document}, nil
}

// resolved follows an alias.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (v value) exists() bool { return v.node != nil && resolved(v.node).Tag != "!!null" }

// at returns the value of a mapping under a key, and follows merges (<<).
func (v value) at(key string) value {
	below := value{path: strings.TrimPrefix(v.path+"."+key, "."), parent: v.node}
	if v.node == nil {
		below.parent = v.parent
		return below
	}
	below.node = lookup(resolved(v.node), key)
	return below
}

func lookup(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var merged *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch name, child := n.Content[i], n.Content[i+1]; {
		case name.Value == key:
			return child
		case name.Tag == "!!merge":
			sources := []*yaml.Node{child}
			if resolved(child).Kind == yaml.SequenceNode {
				sources = resolved(child).Content
			}
			for _, source := range sources {
				if merged == nil {
					merged = lookup(resolved(source), key)
				}
			}
		}
	}
	return merged
}

// keys returns the keys of a mapping in their order.
func (v value) keys() (names []string) {
	if v.node == nil || resolved(v.node).Kind != yaml.MappingNode {
		return nil
	}
	content := resolved(v.node).Content
	for i := 0; i+1 < len(content); i += 2 {
		if content[i].Tag != "!!merge" {
			names = append(names, content[i].Value)
		}
	}
	return names
}

// items returns the entries of a list, or a single value as a list of one.
func (v value) items() (list []value) {
	switch {
	case !v.exists():
		return nil
	case resolved(v.node).Kind != yaml.SequenceNode:
		return []value{v}
	}
	for i, n := range resolved(v.node).Content {
		list = append(list, value{fmt.Sprintf("%s[%d]", v.path, i), n, v.node})
	}
	return list
}

// text returns a scalar; empty for anything else.
func (v value) text() string {
	if v.node == nil || resolved(v.node).Kind != yaml.ScalarNode {
		return ""
	}
	return resolved(v.node).Value
}

// line returns the line of the value in the file, counted from 1.
func (v value) line() int {
	switch {
	case v.node != nil:
		return v.node.Line
	case v.parent != nil:
		return max(1, v.parent.Line)
	}
	return 1
}
