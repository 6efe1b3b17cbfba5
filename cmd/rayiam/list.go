package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A listing is the JSON that `rayiam list` and `rayiam drift` print.
type listing struct {
	Sets []listedSet `json:"sets"`
}

func (a *app) list() *cobra.Command {
	var f lookFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List every set of the account, with its stack and its state",
		Long: `list shows every set of the account, by the tag ray-iam:owner on its roles and instance
profiles: whether it is as it was last declared, whether its stack exists and still has
it, and how old it is. It writes nothing.

Exit codes: 0 if there is nothing to do, 2 if a set has drifted or is orphaned, 1 for an
error.`,
		Example: `  rayiam list
  rayiam list --name-prefix ml- --output json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.looking(c, func(ctx context.Context, cfg aws.Config) error { return a.runList(ctx, cfg, f) })
		},
	}
	f.add(c)
	return c
}

func (a *app) runList(ctx context.Context, cfg aws.Config, f lookFlags) error {
	sets, err := a.sets(ctx, cfg, f)
	if err != nil {
		return err
	}
	a.noteUnasked(sets)
	if err := a.print(listing{sets}, func(paint planview.Paint) string { return table(sets, time.Now(), paint) }); err != nil {
		return err
	}
	if slices.ContainsFunc(sets, func(s listedSet) bool { return s.drifted() || s.belongs == supersede.Orphaned }) {
		return errSomething
	}
	return nil
}

const noSets = "There are no sets.\n"

// table renders sets, one a line.
func table(sets []listedSet, now time.Time, paint planview.Paint) string {
	if len(sets) == 0 {
		return noSets
	}
	var out strings.Builder
	columns := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "OWNER\tSTATE\tBELONGS\tSTACK\tAGE")
	for _, s := range sets {
		belongs := s.Belongs
		if s.belongs == supersede.Orphaned {
			belongs = map[string]string{stackGone: "orphaned: stack gone", stackWithout: "orphaned: not in stack"}[s.Reason]
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\n", s.Owner, s.State, belongs, s.stack(), age(now.Sub(s.Created)))
	}
	columns.Flush() // a Builder takes everything
	lines := strings.SplitAfter(out.String(), "\n")
	for i, s := range sets {
		switch {
		case s.belongs == supersede.Orphaned:
			lines[i+1] = painted(paint, '-', lines[i+1])
		case s.State == drift.Drifted:
			lines[i+1] = painted(paint, '~', lines[i+1])
		}
	}
	return strings.Join(lines, "")
}

// painted colours a line without its end.
func painted(paint planview.Paint, mark rune, line string) string {
	return paint(mark, strings.TrimSuffix(line, "\n")) + "\n"
}

// age shows a duration as people count it.
func age(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", max(int(d.Minutes()), 0))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours())/24)
}
