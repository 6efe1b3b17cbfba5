package main

import (
	"context"
	"fmt"
	"slices"
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
		Long: `drift compares what IAM has of each set with what was last declared of it, as the tag
ray-iam:declared says, and shows which facet of which role or instance profile somebody
has changed. It writes nothing. An update with another Revision brings all back; what
exactly would change then, rayiam plan shows.

OWNER is the physical id of one resource, as rayiam list shows it: then its set is shown
whatever its state.

Exit codes: 0 if no set has drifted, 2 if one has, 1 for an error.`,
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
	all, err := a.sets(ctx, cfg, f)
	if err != nil {
		return err
	}
	a.noteUnasked(all)
	shown := all
	if f.owner == "" {
		shown = slices.DeleteFunc(slices.Clone(all), func(s listedSet) bool { return s.State == drift.Settled })
	}
	if err := a.print(listing{shown}, func(paint planview.Paint) string { return driftText(shown, all, paint) }); err != nil {
		return err
	}
	if slices.ContainsFunc(all, listedSet.drifted) {
		return errSomething
	}
	return nil
}

// facets say what of a role or instance profile differs.
var facets = map[rayiam.Facet]string{
	rayiam.TrustFacet:    "the trust policy differs",
	rayiam.BoundaryFacet: "the permissions boundary differs",
	rayiam.ManagedFacet:  "other managed policies are attached",
	rayiam.InlineFacet:   "the inline policies differ",
	rayiam.TagsFacet:     "the tags differ",
	rayiam.ProfileFacet:  "it holds another role, or none",
	drift.Missing:        "it is declared, and does not exist",
	drift.Owner:          "it is declared, and has not the set's tag " + rayiam.OwnerTag,
	drift.Undeclared:     "it has the set's tag, and the head knows no such worker group",
}

const unknownState = "what was declared of it is unknown until the next update"

// driftText renders sets with what differs of them.
func driftText(shown, all []listedSet, paint planview.Paint) string {
	var out strings.Builder
	drifted := 0
	for _, s := range shown {
		if s.drifted() {
			drifted++
		}
		s.writeDrift(&out, paint)
	}
	switch {
	case len(all) == 0:
		return noSets
	case drifted == 0:
		fmt.Fprintf(&out, "No drift in %s.\n", counted(len(all), "set"))
	default:
		fmt.Fprintf(&out, "Drift in %d of %s.\n", drifted, counted(len(all), "set"))
	}
	return out.String()
}

func (s listedSet) writeDrift(out *strings.Builder, paint planview.Paint) {
	fmt.Fprintf(out, "%s of stack %s: %s", s.Owner, s.stack(), s.State)
	switch s.belongs {
	case supersede.Orphaned:
		fmt.Fprintf(out, ", and orphaned: %s", s.Reason)
	case supersede.InFlight:
		out.WriteString(", while a request is changing it")
	}
	out.WriteString("\n")
	for _, e := range s.Entities {
		switch e.State {
		case drift.Drifted:
			out.WriteString(paint('~', fmt.Sprintf("~ %s %s", e.Kind, e.Name)) + "\n")
			for _, f := range e.Differs {
				fmt.Fprintf(out, "    %s: %s\n", f, facets[f])
			}
		case drift.Unknown:
			fmt.Fprintf(out, "? %s %s: %s\n", e.Kind, e.Name, unknownState)
		}
	}
	out.WriteString("\n")
}

// counted shows a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
