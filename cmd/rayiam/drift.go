package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

func (a *app) drift() *cobra.Command {
	var f lookFlags
	c := &cobra.Command{
		Use:   "drift [OWNER]",
		Short: "Show what somebody has changed by hand, facet by facet",
		Long: `drift compares each set in IAM with its last declared state, which the tag
ray-iam:declared records, and shows which facet of which role or instance profile somebody
has changed. It writes nothing. An update with another Revision repairs all drift; rayiam
plan shows what that update would change.

OWNER is the physical id of one resource, as rayiam list shows it: then drift shows its
set in any state.

Exit codes: 0 if no set has drifted, 2 if a set has drifted, 1 for an error.`,
		Example: `  rayiam drift
  rayiam drift ray-b9e057b95982
  rayiam drift --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.owner = strings.Join(args, "")
			return a.looking(c, func(ctx context.Context, cfg aws.Config) error { return a.runDrift(ctx, cfg, f) })
		},
	}
	f.add(c)
	return c
}

func (a *app) runDrift(ctx context.Context, cfg aws.Config, f lookFlags) error {
	r, err := a.reading(cfg, f)
	if err != nil {
		return err
	}
	document, paint := setsDocument{to: a.out}, a.paint(a.out)
	drifted := 0
	for set, err := range a.sets(ctx, r) {
		if err != nil {
			return err
		}
		if set.drifted() {
			drifted++
		}
		switch {
		case f.owner == "" && set.State == drift.Settled:
		case a.output == "json":
			err = document.add(set)
		default:
			_, err = io.WriteString(a.out, set.driftText(paint))
		}
		if err != nil {
			return err
		}
	}
	if a.output == "json" {
		err = document.end()
	} else {
		_, err = io.WriteString(a.out, driftSummary(drifted, r.seen))
	}
	if err == nil && drifted > 0 {
		err = errSomething
	}
	return err
}

// facets are the words for the differences of a role or instance profile.
var facets = map[rayiam.Facet]string{
	rayiam.TrustFacet:    "the trust policy differs",
	rayiam.BoundaryFacet: "the permissions boundary differs",
	rayiam.ManagedFacet:  "other managed policies are attached",
	rayiam.InlineFacet:   "the inline policies differ",
	rayiam.TagsFacet:     "the tags differ",
	rayiam.ProfileFacet:  "it contains another role, or none",
	drift.Missing:        "it is declared, and does not exist",
	drift.Owner:          "it is declared, and has not the set's tag " + rayiam.OwnerTag,
	drift.Undeclared:     "it has the set's tag, and the head knows no such worker group",
}

const unknownState = "what was declared of it is unknown until the next update"

// driftSummary returns a sentence with how many sets have drifted.
func driftSummary(drifted, all int) string {
	switch {
	case all == 0:
		return noSets
	case drifted == 0:
		return fmt.Sprintf("No drift in %s.\n", counted(all, "set"))
	}
	return fmt.Sprintf("Drift in %d of %s.\n", drifted, counted(all, "set"))
}

// driftText renders a set with its differences.
func (s listedSet) driftText(paint planview.Paint) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s of stack %s: %s", s.Owner, s.stack(), s.State)
	switch s.belongs {
	case supersede.Orphaned:
		fmt.Fprintf(&out, ", and orphaned: %s", s.Reason)
	case supersede.InFlight:
		out.WriteString(", while a request is changing it")
	}
	out.WriteString("\n")
	for _, e := range s.Entities {
		switch e.State {
		case drift.Drifted:
			out.WriteString(paint('~', fmt.Sprintf("~ %s %s", e.Kind, e.Name)) + "\n")
			for _, f := range e.Differs {
				fmt.Fprintf(&out, "    %s: %s\n", f, facets[f])
			}
		case drift.Unknown:
			fmt.Fprintf(&out, "? %s %s: %s\n", e.Kind, e.Name, unknownState)
		}
	}
	out.WriteString("\n")
	return out.String()
}

// counted shows a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
