package setgraph

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A right is a managed policy, or one statement of an inline policy.
type right struct {
	kind       Kind
	sid        string
	arn        string   // of a managed policy
	actions    []string // with a leading "all but " for NotAction
	resources  []string
	conditions []string
}

// rightsOf returns a role's rights: its managed policies, and the statements of its inline
// policies in the order of their names. The error says which document cannot be read.
func rightsOf(n rayiam.Node) ([]right, error) {
	var rights []right
	for _, arn := range slices.Sorted(slices.Values(n.ManagedPolicyARNs)) {
		rights = append(rights, right{kind: Managed, arn: arn})
	}
	for _, name := range slices.Sorted(maps.Keys(n.InlinePolicies)) {
		statements, err := statementsOf(n.InlinePolicies[name])
		if err != nil {
			return nil, fmt.Errorf("reading inline policy %s of role %s: %w", name, n.Name, err)
		}
		for _, s := range statements {
			rights = append(rights, s.right())
		}
	}
	return rights, nil
}

// A statement is a statement of a policy in its canonical form, where each value is a list.
type statement struct {
	Sid, Effect           string
	Action, NotAction     []string
	Resource, NotResource []string
	Condition             map[string]map[string][]string
}

func statementsOf(document string) ([]statement, error) {
	canonical, err := policydoc.Canonical(document)
	if err != nil {
		return nil, err
	}
	var policy struct{ Statement []statement }
	if err := json.Unmarshal([]byte(canonical), &policy); err != nil {
		return nil, err
	}
	return policy.Statement, nil
}

func (s statement) right() right {
	r := right{kind: Right, sid: s.Sid, actions: s.Action, resources: s.Resource}
	if s.Effect == "Deny" {
		r.kind = Denial
	}
	for _, action := range s.NotAction {
		r.actions = append(r.actions, "all but "+action)
	}
	for _, resource := range s.NotResource {
		r.resources = append(r.resources, "all but "+resource)
	}
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			r.conditions = append(r.conditions, condition(operator, key, s.Condition[operator][key]))
		}
	}
	return r
}

// box renders a right: its actions as the title, its resources and conditions below.
func (r right) box() Box {
	b := Box{Kind: r.kind, Lines: []string{}}
	if r.kind == Managed {
		b.Title = lastOf(r.arn)
		b.Lines = append(b.Lines, "customer managed policy")
		if strings.Contains(r.arn, "::aws:policy/") {
			b.Lines[0] = "AWS managed policy"
		}
		return b
	}
	b.Title = r.sid
	if b.Title == "" {
		b.Title = "(a statement without Sid)"
	}
	if r.kind == Denial {
		b.Title = "denied: " + b.Title
	}
	for _, actions := range byService(r.actions) {
		b.Lines = append(b.Lines, wrapped(actions, "  ")...)
	}
	for _, resource := range summarized(r.resources) {
		b.Lines = append(b.Lines, wrapped("on "+resource, "   ")...)
	}
	for _, c := range r.conditions {
		b.Lines = append(b.Lines, wrapped(c, "   ")...)
	}
	return b
}

// byService writes the actions of each service in one line: "s3: GetObject, PutObject".
func byService(actions []string) (lines []string) {
	last := ""
	for _, action := range actions {
		service, name, _ := strings.Cut(action, ":")
		switch {
		case name == "":
			lines, last = append(lines, action), "" // *
		case service == last:
			lines[len(lines)-1] += ", " + name
		default:
			lines, last = append(lines, service+": "+name), service
		}
	}
	return lines
}

// summarized lists resources by their kind, one line for each kind.
func summarized(resources []string) []string {
	var kinds []string
	names := map[string][]string{}
	for _, resource := range resources {
		kind, name := kindOf(resource)
		if _, seen := names[kind]; !seen {
			kinds = append(kinds, kind)
		}
		names[kind] = append(names[kind], name)
	}
	lines := make([]string, len(kinds))
	for i, kind := range kinds {
		switch list := names[kind]; {
		case slices.Contains(list, "*"):
			lines[i] = "any " + kind
		case kind == "":
			lines[i] = strings.Join(list, ", ")
		default:
			lines[i] = kind + " " + strings.Join(list, ", ")
		}
	}
	return lines
}

// kindOf splits a resource's ARN into its kind and its name.
func kindOf(resource string) (kind, name string) {
	if resource == "*" {
		return "resource", "*"
	}
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) < 6 {
		return "", resource
	}
	if parts[2] == "s3" {
		bucket, key, objects := strings.Cut(parts[5], "/")
		switch {
		case !objects:
			return "bucket", bucket
		case key == "*":
			return "objects of bucket", bucket
		}
		return "objects", bucket + "/" + key
	}
	if i := strings.IndexAny(parts[5], "/:"); i > 0 {
		return parts[5][:i], parts[5][i+1:]
	}
	return parts[2], parts[5]
}

// width is how many characters a line of a box has at most.
const width = 58

// wrapped breaks a text between words, with an indent from the second line on.
func wrapped(text, indent string) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
