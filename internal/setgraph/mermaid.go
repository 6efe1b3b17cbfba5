package setgraph

import (
	"fmt"
	"strings"
)

// Mermaid renders the picture as a Mermaid flowchart, for a wiki or a README.
func (g Graph) Mermaid() string {
	var out strings.Builder
	fmt.Fprintf(&out, "---\ntitle: %q\n---\nflowchart LR\n", g.Title)
	for i, b := range g.Roles {
		fmt.Fprintf(&out, "  role%d([\"%s\"]):::%s\n", i+1, label(b), b.Kind)
	}
	for i, b := range g.Rights {
		fmt.Fprintf(&out, "  right%d[\"%s\"]:::%s\n", i+1, label(b), b.Kind)
	}
	for _, a := range g.Arrows {
		switch {
		case a.Passes:
			fmt.Fprintf(&out, "  role%d -->|%s| role%d\n", a.From+1, passes, a.To+1)
		case g.Rights[a.To].Kind == Denial:
			fmt.Fprintf(&out, "  role%d --x right%d\n", a.From+1, a.To+1)
		default:
			fmt.Fprintf(&out, "  role%d --> right%d\n", a.From+1, a.To+1)
		}
	}
	for _, kind := range []Kind{Head, Workers, Right, Denial, Managed} {
		c := colours[kind]
		fmt.Fprintf(&out, "  classDef %s fill:%s,stroke:%s,color:#1b1f24,text-align:left\n", kind, c.fill, c.line)
	}
	return out.String()
}

// passes is written at an arrow between roles.
const passes = "may give its machines"

// label is the text of a box. Mermaid reads HTML in it, and entities with # for &.
func label(b Box) string {
	escape := strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;")
	lines := []string{"<b>" + escape.Replace(b.Title) + "</b>"}
	for _, line := range b.Lines {
		lines = append(lines, escape.Replace(strings.TrimSpace(line)))
	}
	return strings.Join(lines, "<br/>")
}
