package clustercheck

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Written is a cluster's YAML with the instance profiles filled in.
type Written struct {
	Text    []byte
	Changed []string // the node types whose profile was written
	Left    []Left
}

// Left is a node type whose instance profile has to be written by hand.
type Left struct{ NodeType, Reason string }

// Write fills in the ARN of the right instance profile for every node type that has no profile
// or another profile. Every other byte stays as it is, comments included: Write edits the
// text, and reads the result again before it returns it. The error says why the text is not a
// cluster's YAML.
func Write(text []byte, set Set) (Written, error) {
	cluster, err := parse(text)
	if err != nil {
		return Written{}, err
	}
	c := &check{set: set, cluster: cluster, options: set.Properties.LeastPrivilege}
	w := Written{Text: text}
	var edits []edit
	for _, t := range c.nodeTypes() {
		before := len(c.findings)
		if c.profile(t); len(c.findings) == before {
			continue // it has one of the set's profiles
		}
		arn, reason := c.rightProfile(t)
		if reason == "" {
			var e edit
			if e, reason = editOf(text, t, arn); reason == "" {
				edits, w.Changed = append(edits, e), append(w.Changed, t.name)
				continue
			}
		}
		w.Left = append(w.Left, Left{t.name, reason})
	}
	if w.Text = apply(text, edits); len(edits) == 0 {
		return w, nil
	}
	return w, c.verify(w)
}

// verify reads the result again: every node type that was written has its profile now.
func (c *check) verify(w Written) error {
	after, err := parse(w.Text)
	if err != nil {
		return wouldBreak(err)
	}
	again := &check{set: c.set, cluster: after, options: c.options}
	for _, t := range again.nodeTypes() {
		if !slices.Contains(w.Changed, t.name) {
			continue
		}
		if again.profile(t); len(again.findings) > 0 {
			return cannotBeWritten(again.findings[0].Path)
		}
	}
	return nil
}

// rightProfile returns the ARN of the profile that a node type must have, or why the profile
// is not clear.
func (c *check) rightProfile(t nodeType) (arn, reason string) {
	if t.head {
		return c.set.Attributes["HeadInstanceProfileArn"], ""
	}
	group, ok := c.group(t)
	if !ok {
		var names []string
		for _, g := range c.set.Properties.WorkerGroups {
			names = append(names, g.Name)
		}
		return "", noGroup(t.name, names)
	}
	return c.profileOf(group), ""
}

// An edit replaces a part of a text.
type edit struct {
	from, to int // bytes
	text     string
}

// editOf returns the edit that gives a node type its profile, or why there is no such edit.
func editOf(text []byte, t nodeType, arn string) (edit, string) {
	if t.config.node == nil || resolved(t.config.node).Kind != yaml.MappingNode || len(resolved(t.config.node).Content) == 0 {
		return edit{}, noNodeConfig
	}
	if t.config.node.Kind == yaml.AliasNode {
		return edit{}, aliasConfig
	}
	profile := own(t.config.node, "IamInstanceProfile")
	if profile == nil {
		return insertion(text, t.config.node, arn), ""
	}
	if n := own(profile, "Arn"); n != nil {
		return replacement(text, n, arn)
	}
	if n := own(profile, "Name"); n != nil {
		return replacement(text, n, nameOf(arn))
	}
	return edit{}, noArnOrName
}

// own returns the value that a mapping itself has under a key, and follows no merge and no
// alias.
func own(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Kind == yaml.MappingNode && n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// insertion puts the profile before the first key of a mapping.
func insertion(text []byte, config *yaml.Node, arn string) edit {
	first := config.Content[0]
	at := offset(text, first)
	if config.Style&yaml.FlowStyle != 0 {
		return edit{at, at, "IamInstanceProfile: {Arn: " + arn + "}, "}
	}
	newline := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		newline = "\r\n"
	}
	indent := strings.Repeat(" ", first.Column-1)
	return edit{at, at, "IamInstanceProfile:" + newline + indent + "  Arn: " + arn + newline + indent}
}

// replacement puts another text in the place of a scalar or an alias.
func replacement(text []byte, n *yaml.Node, written string) (edit, string) {
	at, length := offset(text, n), len(n.Value)
	switch {
	case n.Anchor != "":
		return edit{}, anchoredProfile
	case n.Kind == yaml.AliasNode:
		length++ // the *
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		length += 2
	case n.Kind != yaml.ScalarNode:
		return edit{}, profileNoString
	}
	return edit{at, at + length, written}, ""
}

// offset returns the byte at which a node begins. YAML counts lines and characters from 1.
func offset(text []byte, n *yaml.Node) int {
	at := 0
	for range n.Line - 1 {
		at += bytes.IndexByte(text[at:], '\n') + 1
	}
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}

// apply makes the edits, from the last to the first.
func apply(text []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return b.from - a.from })
	for _, e := range edits {
		text = slices.Concat(text[:e.from], []byte(e.text), text[e.to:])
	}
	return text
}
