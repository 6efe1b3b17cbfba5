package setgraph

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The measures of the picture, in pixels. A character of the monospaced font is at most
// perCharacter wide.
const (
	perCharacter = 7.3
	lineHeight   = 17.0
	padding      = 10.0
	gap          = 14.0  // between boxes of a column
	channel      = 170.0 // between the columns, for the arrows
	margin       = 24.0
	titleHeight  = 34.0
)

type colour struct{ fill, line string }

var colours = map[Kind]colour{
	Head:    {"#dbeafe", "#2563eb"},
	Workers: {"#dcfce7", "#16a34a"},
	Right:   {"#f6f8fa", "#8b949e"},
	Denial:  {"#fee2e2", "#dc2626"},
	Managed: {"#fef3c7", "#d97706"},
}

// A rectangle is where a box is drawn.
type rectangle struct{ x, y, w, h float64 }

// SVG renders the picture as a complete SVG file.
func (g Graph) SVG() string {
	roles, rights, w, h := g.layout()
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12">`+"\n", w, h, w, h)
	fmt.Fprintf(&out, "<title>%s</title>\n<defs>\n", escaped(g.Title))
	for _, kind := range []Kind{Head, Workers} {
		fmt.Fprintf(&out, `<marker id="%s" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="%s"/></marker>`+"\n", kind, colours[kind].line)
	}
	fmt.Fprintf(&out, "</defs>\n"+`<rect width="%.0f" height="%.0f" fill="#ffffff"/>`+"\n", w, h)
	fmt.Fprintf(&out, `<text x="%.0f" y="%.0f" font-size="15" font-weight="bold" fill="#1b1f24">%s</text>`+"\n", margin, margin+8, escaped(g.Title))
	for _, a := range g.Arrows {
		if a.Passes {
			drawPass(&out, g.Roles[a.From].Kind, roles[a.From], roles[a.To])
		} else {
			drawArrow(&out, g.Roles[a.From].Kind, roles[a.From], rights[a.To])
		}
	}
	for i, b := range g.Roles {
		drawBox(&out, b, roles[i])
	}
	for i, b := range g.Rights {
		drawBox(&out, b, rights[i])
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// layout places the rights in a column, and each role next to the middle of its own rights,
// below the role before it.
func (g Graph) layout() (roles, rights []rectangle, w, h float64) {
	width := max(longest(g.Roles), perCharacter*float64(len(passes))*1.6) // the arrow between roles has its words beside it
	left := margin + width
	y := margin + titleHeight
	for _, b := range g.Rights {
		r := rectangle{left + channel, y, longest(g.Rights), height(b)}
		rights = append(rights, r)
		y += r.h + gap
	}
	bottom, next := y, margin+titleHeight
	for i, b := range g.Roles {
		r := rectangle{margin, next, width, height(b)}
		if middle, ok := g.middle(i, rights); ok {
			r.y = max(next, middle-r.h/2)
		}
		roles = append(roles, r)
		next = r.y + r.h + 4*gap
		bottom = max(bottom, r.y+r.h+gap)
	}
	titleWidth := 9.2 * float64(utf8.RuneCountInString(g.Title))
	return roles, rights, max(left+channel+longest(g.Rights), margin+titleWidth) + margin, bottom - gap + margin
}

// middle returns the middle of the rights that a role has alone, or of all its rights if it
// has none alone.
func (g Graph) middle(role int, rights []rectangle) (float64, bool) {
	holders := map[int]int{}
	for _, a := range g.Arrows {
		if !a.Passes {
			holders[a.To]++
		}
	}
	sum, n := 0.0, 0.0
	for _, alone := range []bool{true, false} {
		for _, a := range g.Arrows {
			if !a.Passes && a.From == role && (!alone || holders[a.To] == 1) {
				sum, n = sum+rights[a.To].y+rights[a.To].h/2, n+1
			}
		}
		if n > 0 {
			return sum / n, true
		}
	}
	return 0, false
}

func longest(boxes []Box) float64 {
	most := 12
	for _, b := range boxes {
		for _, line := range append([]string{b.Title}, b.Lines...) {
			most = max(most, utf8.RuneCountInString(line))
		}
	}
	return perCharacter*float64(most) + 2*padding
}

func height(b Box) float64 { return lineHeight*float64(1+len(b.Lines)) + 2*padding - 4 }

func drawBox(out *strings.Builder, b Box, r rectangle) {
	c := colours[b.Kind]
	fmt.Fprintf(out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="6" fill="%s" stroke="%s"/>`+"\n", r.x, r.y, r.w, r.h, c.fill, c.line)
	y := r.y + padding + 10
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" font-weight="bold" fill="#1b1f24">%s</text>`+"\n", r.x+padding, y, escaped(b.Title))
	for _, line := range b.Lines {
		y += lineHeight
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" fill="#424a53" xml:space="preserve">%s</text>`+"\n", r.x+padding, y, escaped(line))
	}
}

func drawArrow(out *strings.Builder, kind Kind, from, to rectangle) {
	x1, y1, x2, y2 := from.x+from.w, from.y+from.h/2, to.x, to.y+to.h/2
	fmt.Fprintf(out, `<path d="M%.1f,%.1f C%.1f,%.1f %.1f,%.1f %.1f,%.1f" fill="none" stroke="%s" stroke-opacity="0.75" marker-end="url(#%s)"/>`+"\n",
		x1, y1, x1+channel*0.6, y1, x2-channel*0.6, y2, x2, y2, colours[kind].line, kind)
}

// drawPass draws the arrow from the head down to the workers whose role it may pass.
func drawPass(out *strings.Builder, kind Kind, from, to rectangle) {
	x, y1, y2 := from.x+from.w/3, from.y+from.h, to.y
	fmt.Fprintf(out, `<path d="M%.1f,%.1f L%.1f,%.1f" fill="none" stroke="%s" stroke-width="1.5" marker-end="url(#%s)"/>`+"\n", x, y1, x, y2, colours[kind].line, kind)
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x+8, min((y1+y2)/2+4, y1+26), colours[kind].line, passes)
}

func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder takes everything
	return out.String()
}
