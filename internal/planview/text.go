package planview

import (
	"cmp"
	"fmt"
	"strings"
)

// A Paint colours a text by its sign; Plain leaves it as it is.
type Paint func(sign rune, text string) string

// Plain is the Paint for output that does not go to a terminal.
func Plain(_ rune, text string) string { return text }

// The signs of entities. Details have the signs +, - and ~.
var signs = map[Action]rune{Create: '+', Change: '~', Adopt: '>', Release: '<', Delete: '-'}

var sentences = map[Action]string{
	Create:  "would be created",
	Change:  "would be changed",
	Adopt:   "would be adopted: it is there, and no resource owns it",
	Release: "would be released: it was adopted, and stays without the tags of ownership",
	Delete:  "would be deleted",
}

// Text renders a View as a person reads it.
func (v View) Text(paint Paint) string {
	var out strings.Builder
	stack := "stack " + v.StackID
	if v.StackID == "" {
		stack = "a new stack"
	}
	fmt.Fprintf(&out, "%s%s of %s in %s\n", strings.ToUpper(v.Request[:1]), v.Request[1:], cmp.Or(v.LogicalID, orphanedSet+v.PhysicalID), stack)
	if v.Follows {
		out.WriteString(follows + "\n")
	}
	if len(v.AfterApply) > 0 {
		fmt.Fprintf(&out, "\nKnown only after apply: %s\n", strings.Join(v.AfterApply, ", "))
	}
	if !v.Possible() {
		v.obstacles(&out, paint)
		return out.String()
	}
	for _, e := range v.Entities {
		sign := signs[e.Action]
		fmt.Fprintf(&out, "\n%s\n", paint(sign, fmt.Sprintf("%c %s %s %s", sign, e.Kind, e.Name, sentences[e.Action])))
		for _, d := range e.Details {
			d.write(&out, paint)
		}
	}
	out.WriteString("\n" + v.Summary.String() + "\n")
	return out.String()
}

// obstacles writes why the request would be refused.
func (v View) obstacles(out *strings.Builder, paint Paint) {
	if len(v.Refused) > 0 {
		out.WriteString("\nRefused:\n")
	}
	for _, r := range v.Refused {
		clause := r.Path + ": " + r.Rule
		if r.Value != "" {
			clause = r.Path + ": " + r.Value + ": " + r.Rule
		}
		out.WriteString(paint('-', "  ! "+clause) + "\n")
	}
	if len(v.InTheWay) > 0 {
		out.WriteString("\nIn the way:\n")
	}
	for _, o := range v.InTheWay {
		out.WriteString(paint('-', "  ! "+o.Sentence()) + "\n")
	}
	out.WriteString("\n" + refusedSummary + "\n")
}

// Sentence says which entity prevents the request, and why.
func (o Obstacle) Sentence() string {
	if o.Entity == ec2Entity {
		return o.Reason // which names the instances
	}
	return o.Entity + " " + o.Reason
}

const (
	refusedSummary = "The request would fail, and nothing would be changed."
	follows        = "CloudFormation sends it once the new set is there."
	orphanedSet    = "the orphaned set "
	emptySummary   = "No changes: IAM is as declared."
)

// String is the line that ends a plan.
func (s Summary) String() string {
	if s.Empty() {
		return emptySummary
	}
	return fmt.Sprintf("Plan: %d to create, %d to change, %d to adopt, %d to release, %d to delete.", s.Create, s.Change, s.Adopt, s.Release, s.Delete)
}

// write renders a detail: documents as the lines that differ.
func (d Detail) write(out *strings.Builder, paint Paint) {
	sign := map[Mark]rune{Add: '+', Alter: '~', Remove: '-'}[d.Action]
	subject := d.What
	if d.Name != "" {
		subject += " " + d.Name
	}
	isDocument := d.What == trustPolicy || d.What == inlinePolicy
	switch {
	case isDocument, d.Before == "" && d.After == "":
	case d.Before == "":
		subject += " = " + d.After
	case d.After == "":
		subject += " = " + d.Before
	default:
		subject += " = " + d.Before + " -> " + d.After
	}
	out.WriteString("    " + paint(sign, fmt.Sprintf("%c %s", sign, subject)) + "\n")
	if !isDocument || d.After == "" {
		return // for a deleted detail, the name is enough
	}
	for _, l := range diff(lines(d.Before), lines(d.After)) {
		out.WriteString("        " + paint(l.sign, strings.TrimRight(string(l.sign)+" "+l.text, " ")) + "\n")
	}
}
