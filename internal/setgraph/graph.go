// Package setgraph draws one set as a picture, in Mermaid or SVG: the head, the worker groups,
// and the actions and resources that each is allowed or denied. It owns the picture and the
// words in it. It does not evaluate policies.
package setgraph

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A Graph is a set as a picture: boxes for its roles on the left, boxes for their permissions
// on the right, and an arrow from each role to each of its permissions.
type Graph struct {
	Title  string  `json:"title"`
	Roles  []Box   `json:"roles"`  // the head's first; worker groups with the same rights share a box
	Rights []Box   `json:"rights"` // in the order in which the roles have them
	Arrows []Arrow `json:"arrows"`
}

// A Box is a role, or a permission or denial of a role.
type Box struct {
	Kind  Kind     `json:"kind"`
	Title string   `json:"title"`
	Lines []string `json:"lines"`
}

// A Kind is what a box shows.
type Kind string

// The kinds of boxes.
const (
	Head    Kind = "head"
	Workers Kind = "workers"
	Right   Kind = "right"   // a statement of an inline policy that allows
	Denial  Kind = "denial"  // a statement of an inline policy that denies
	Managed Kind = "managed" // a managed policy
)

// An Arrow leads from a role to one of its rights, or, with Passes, to a role that it may pass
// to EC2.
type Arrow struct {
	From   int  `json:"from"` // index in Roles
	To     int  `json:"to"`   // index in Rights, or in Roles with Passes
	Passes bool `json:"passes,omitempty"`
}

// New draws the nodes of a set, the head first. The error says which policy cannot be read.
func New(title string, nodes []rayiam.Node) (Graph, error) {
	g := Graph{Title: title, Rights: []Box{}, Arrows: []Arrow{}}
	holders := grouped(nodes)
	var names [][]string
	for _, h := range holders {
		g.Roles = append(g.Roles, h.box())
		names = append(names, h.names)
	}
	at := map[string]int{}
	for i, h := range holders {
		rights, err := rightsOf(h.node)
		if err != nil {
			return Graph{}, err
		}
		for _, r := range rights {
			if to, ok := passed(r, names); ok {
				for _, j := range to {
					g.Arrows = append(g.Arrows, Arrow{From: i, To: j, Passes: true})
				}
				continue
			}
			box := r.box()
			key := strings.Join(append([]string{string(box.Kind), box.Title}, box.Lines...), "\n")
			to, known := at[key]
			if !known {
				to, at[key] = len(g.Rights), len(g.Rights)
				g.Rights = append(g.Rights, box)
			}
			if arrow := (Arrow{From: i, To: to}); !slices.Contains(g.Arrows, arrow) {
				g.Arrows = append(g.Arrows, arrow)
			}
		}
	}
	g.arrange()
	return g, nil
}

// arrange puts the rights of the same roles side by side: first the rights of the head alone.
func (g *Graph) arrange() {
	sum, count := make([]float64, len(g.Rights)), make([]float64, len(g.Rights))
	order := make([]int, len(g.Rights))
	for i := range order {
		order[i] = i
	}
	for _, a := range g.Arrows {
		if !a.Passes {
			sum[a.To], count[a.To] = sum[a.To]+float64(a.From), count[a.To]+1
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sum[a]/count[a], sum[b]/count[b]) })
	rights, place := make([]Box, len(order)), make([]int, len(order))
	for to, from := range order {
		rights[to], place[from] = g.Rights[from], to
	}
	g.Rights = rights
	for i, a := range g.Arrows {
		if !a.Passes {
			g.Arrows[i].To = place[a.To]
		}
	}
}

// A holder is one role, or several with the same rights.
type holder struct {
	node  rayiam.Node
	names []string
	head  bool
}

// grouped returns the head, and the worker groups by their rights.
func grouped(nodes []rayiam.Node) (holders []holder) {
	at := map[string]int{}
	for i, n := range nodes {
		key := signature(n)
		if j, same := at[key]; same && i > 0 {
			holders[j].names = append(holders[j].names, n.Name)
			continue
		}
		if i > 0 {
			at[key] = len(holders)
		}
		holders = append(holders, holder{n, []string{n.Name}, i == 0})
	}
	return holders
}

// signature returns the same text for nodes with the same rights.
func signature(n rayiam.Node) string {
	parts := append(slices.Sorted(slices.Values(n.ManagedPolicyARNs)), n.PermissionsBoundary)
	for _, name := range slices.Sorted(maps.Keys(n.InlinePolicies)) {
		document, err := policydoc.Canonical(n.InlinePolicies[name])
		if err != nil {
			document = n.InlinePolicies[name]
		}
		parts = append(parts, name, document)
	}
	return strings.Join(parts, "\n")
}

func (h holder) box() Box {
	b := Box{Kind: Workers, Title: "workers", Lines: []string{}}
	if h.head {
		b.Kind, b.Title = Head, "head"
	}
	for _, name := range h.names {
		b.Lines = append(b.Lines, "role "+name)
	}
	if h.node.PermissionsBoundary != "" {
		b.Lines = append(b.Lines, "at most "+lastOf(h.node.PermissionsBoundary))
	}
	return b
}

// passed returns the indexes of the boxes of the roles that a right passes, and false for any
// other right.
func passed(r right, names [][]string) (to []int, ok bool) {
	if r.kind != Right || !slices.Equal(r.actions, []string{"iam:PassRole"}) {
		return nil, false
	}
	for _, resource := range r.resources {
		i := slices.IndexFunc(names, func(list []string) bool { return slices.Contains(list, lastOf(resource)) })
		if i < 0 {
			return nil, false
		}
		if !slices.Contains(to, i) {
			to = append(to, i)
		}
	}
	return to, len(to) > 0
}

// lastOf returns what follows the last slash of an ARN.
func lastOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
