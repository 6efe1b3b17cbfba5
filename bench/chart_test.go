package bench

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A chart is a picture of panels beside each other, with the same x axis.
type chart struct {
	title, xLabel string
	x             []float64
	panels        []panel
}

// A panel shows lines of one unit over x.
type panel struct {
	title string
	lines []line
}

type line struct {
	name string // empty if the panel has only one line
	y    []float64
}

// What a chart is drawn with, in pixels.
const (
	panelWidth, panelHeight = 270.0, 210.0
	left, right, top, low   = 14.0, 62.0, 56.0, 42.0
)

var colours = []string{"#1f5fa8", "#c4561a", "#4a8a3a"}

// draw writes a chart to docs/benchmarks and returns the Markdown that shows it.
func draw(b *testing.B, name string, c chart) string {
	b.Helper()
	must(b, os.MkdirAll(document("benchmarks"), 0o755))
	must(b, os.WriteFile(document(filepath.Join("benchmarks", name+".svg")), []byte(c.svg()), 0o644))
	return fmt.Sprintf("\n![%s](benchmarks/%s.svg)\n", c.title, name)
}

func (c chart) svg() string {
	width, height := panelWidth*float64(len(c.panels)), panelHeight+20
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" font-family="sans-serif" font-size="11" fill="#333">`+"\n", width, height, width, height)
	fmt.Fprintf(&out, "<title>%s</title>\n"+`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n", html.EscapeString(c.title))
	text(&out, left, 18, "start", `font-size="13" font-weight="bold"`, c.title)
	for i, p := range c.panels {
		fmt.Fprintf(&out, `<g transform="translate(%g 20)">`+"\n", float64(i)*panelWidth)
		c.panel(&out, p)
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// panel draws one panel. Both axes begin at 0.
func (c chart) panel(out *strings.Builder, p panel) {
	most := 0.0
	for _, l := range p.lines {
		for _, y := range l.y {
			most = max(most, y)
		}
	}
	bottom := panelHeight - low
	at := func(x, y float64) (float64, float64) {
		return left + x/c.x[len(c.x)-1]*(panelWidth-left-right), bottom - y/most*(bottom-top)
	}
	text(out, left, 28, "start", "", p.title)
	fmt.Fprintf(out, `<path d="M%g %gV%gH%g" fill="none" stroke="#999"/>`+"\n", left, top-8, bottom, panelWidth-right)
	free := math.Inf(-1) // a label below the axis has space from here on
	for _, x := range c.x {
		if px, _ := at(x, 0); px >= free {
			text(out, px, bottom+15, "middle", "", fmt.Sprintf("%g", x))
			free = px + 20
		}
	}
	text(out, left+(panelWidth-left-right)/2, bottom+32, "middle", "", c.xLabel)
	named := left
	for i, l := range p.lines {
		var path strings.Builder
		colour := `fill="` + colours[i%len(colours)] + `"`
		for j, y := range l.y {
			px, py := at(c.x[j], y)
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(j, 1)], px, py)
			fmt.Fprintf(out, `<circle cx="%.1f" cy="%.1f" r="2.5" %s/>`+"\n", px, py, colour)
		}
		fmt.Fprintf(out, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", &path, colours[i%len(colours)])
		text(out, named, 42, "start", colour, l.name)
		named += 7*float64(len(l.name)) + 8
		if px, py := at(c.x[0], l.y[0]); len(p.lines) == 1 && bottom-py > 18 { // otherwise the label would be on the axis
			text(out, px+2, py+15, "start", colour, short(l.y[0]))
		}
	}
	c.ends(out, p, at)
}

// ends writes the last value of each line beside it, from top to bottom and without
// overlaps.
func (c chart) ends(out *strings.Builder, p panel, at func(x, y float64) (float64, float64)) {
	last := func(i int) float64 { return p.lines[i].y[len(c.x)-1] }
	order := make([]int, len(p.lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(last(j), last(i)) })
	free := 0.0
	for _, i := range order {
		px, py := at(c.x[len(c.x)-1], last(i))
		py = max(py+4, free)
		text(out, px+6, py, "start", `fill="`+colours[i%len(colours)]+`"`, short(last(i)))
		free = py + 13
	}
}

// short returns a number with three significant digits.
func short(y float64) string {
	if y >= 100 {
		return fmt.Sprintf("%.0f", y)
	}
	return fmt.Sprintf("%.3g", y)
}

func text(out *strings.Builder, x, y float64, anchor, attributes, words string) {
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>`+"\n", x, y, anchor, attributes, html.EscapeString(words))
}
