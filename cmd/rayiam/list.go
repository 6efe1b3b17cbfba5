package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

func (a *app) list() *cobra.Command {
	var f lookFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List every set of the account, with its stack and its state",
		Long: `list shows every set of the account, by the tag ray-iam:owner on its roles and instance
profiles: whether it is as it was last declared, whether its stack exists and still has
it, and how old it is. It writes nothing. Each set is printed as soon as it has been read.

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
	r, err := a.reading(cfg, f)
	if err != nil {
		return err
	}
	document, table := setsDocument{to: a.out}, table{to: a.out, paint: a.paint(a.out), now: time.Now()}
	something := false
	for set, err := range a.sets(ctx, r) {
		if err != nil {
			return err
		}
		something = something || set.drifted() || set.belongs == supersede.Orphaned
		add := table.add
		if a.output == "json" {
			add = func(set listedSet, _ []string) error { return document.add(set) }
		}
		if err := add(set, r.look.Owners); err != nil {
			return err
		}
	}
	switch {
	case a.output == "json":
		err = document.end()
	case r.seen == 0:
		_, err = io.WriteString(a.out, noSets)
	}
	if err == nil && something {
		err = errSomething
	}
	return err
}

const noSets = "There are no sets.\n"

// A table prints sets, one a line, each as soon as it is known.
type table struct {
	to    io.Writer
	paint planview.Paint
	now   time.Time
	owner int // width of the owner column, in characters; 0 before the first line
}

// add writes the line of a set, which is one of these owners'.
func (t *table) add(s listedSet, owners []string) error {
	var out strings.Builder
	row := func(owner, state, belongs, age, stack string) string {
		return fmt.Sprintf("%-*s  %-7s  %-22s  %-6s  %s", t.owner, owner, state, belongs, age, stack)
	}
	if t.owner == 0 {
		for _, owner := range owners {
			t.owner = max(t.owner, len(owner))
		}
		out.WriteString(row("OWNER", "STATE", "BELONGS", "AGE", "STACK") + "\n")
	}
	belongs, mark := s.Belongs, ' '
	switch {
	case s.belongs == supersede.Orphaned:
		belongs, mark = map[string]string{stackGone: "orphaned: stack gone", stackWithout: "orphaned: not in stack"}[s.Reason], '-'
	case s.State == drift.Drifted:
		mark = '~'
	}
	out.WriteString(t.paint(mark, row(s.Owner, string(s.State), belongs, age(t.now.Sub(s.Created)), s.stack())) + "\n")
	_, err := io.WriteString(t.to, out.String())
	return err
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
