package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// orphanFlags say whether to delete orphaned sets, and under which conditions.
type orphanFlags struct {
	lookFlags
	delete, yes, allowInUse bool
	regions                 []string
}

func (a *app) orphans() *cobra.Command {
	var f orphanFlags
	c := &cobra.Command{
		Use:   "orphans [OWNER]",
		Short: "Show the sets that no stack has any more, and delete them",
		Long: `orphans shows the sets that no stack has any more: the stack does not exist, or does not
have the resource any more. CloudFormation has to say so twice.

With --delete it plans and applies the Delete of the resource: it deletes the roles and
instance profiles that the set owns, and releases adopted ones. It shows the plan and asks
first; a script passes --yes. A set that EC2 instances use is not deleted, except with
--allow-delete-in-use: instances are looked for in the stack's Region and in --regions.

OWNER is the physical id of one resource, as rayiam list shows it.

Exit codes: 0 if there is no orphaned set, or none any more; 2 if there are some; 1 for
an error, or if a set could not be deleted.`,
		Example: `  rayiam orphans
  rayiam orphans --delete
  rayiam orphans ray-b9e057b95982 --delete --yes --regions eu-west-1,us-west-2`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.owner = strings.Join(args, "")
			if f.delete && !f.yes && (a.output == "json" || !term.IsTerminal(int(a.in.Fd()))) {
				return errNobodyToAsk
			}
			return a.looking(c, func(ctx context.Context, cfg aws.Config) error { return a.runOrphans(ctx, cfg, f) })
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.delete, "delete", false, "delete what they own, and release what they had adopted")
	c.Flags().BoolVar(&f.yes, "yes", false, "do not ask before deleting")
	c.Flags().BoolVar(&f.allowInUse, "allow-delete-in-use", false, "delete a set even if EC2 instances use it, or EC2 cannot be asked")
	c.Flags().StringSliceVar(&f.regions, "regions", nil, "Regions in which instances are looked for, besides the stack's own")
	return c
}

// An orphan is an orphaned set in the JSON, with its plan and whether it was deleted.
type orphan struct {
	listedSet
	Plan    *planview.View `json:"plan,omitempty"`   // with --delete
	Deleted bool           `json:"deleted"`          // by this command
	Failed  string         `json:"failed,omitempty"` // why it was not deleted
}

func (a *app) runOrphans(ctx context.Context, cfg aws.Config, f orphanFlags) error {
	r, err := a.reading(cfg, f.lookFlags)
	if err != nil {
		return err
	}
	orphans, asked := []*orphan{}, false
	for set, err := range a.sets(ctx, r) {
		if err != nil {
			return err
		}
		asked = asked || set.belongs != supersede.Unasked
		if set.belongs == supersede.Orphaned {
			orphans = append(orphans, &orphan{listedSet: set})
		}
	}
	if r.seen > 0 && !asked {
		return errNoneAsked
	}
	if f.delete && len(orphans) > 0 {
		return a.deleteOrphans(ctx, cfg, f, orphans)
	}
	if err := a.printOrphans(orphans, func(paint planview.Paint) string { return orphansText(orphans, r.seen, paint) }); err != nil {
		return err
	}
	if len(orphans) > 0 {
		return errSomething
	}
	return nil
}

func (a *app) printOrphans(orphans []*orphan, text func(planview.Paint) string) error {
	return a.print(struct {
		Sets []*orphan `json:"sets"`
	}{orphans}, text)
}

func orphansText(orphans []*orphan, all int, paint planview.Paint) string {
	if len(orphans) == 0 {
		return fmt.Sprintf("No orphaned set among %s.\n", counted(all, "set"))
	}
	var out strings.Builder
	for _, o := range orphans {
		out.WriteString(paint('-', fmt.Sprintf("%s of stack %s: %s", o.Owner, o.stack(), o.Reason)) + "\n")
		for _, e := range o.Entities {
			fmt.Fprintf(&out, "    %s %s\n", e.Kind, e.Name)
		}
	}
	fmt.Fprintf(&out, "\n%s. rayiam orphans --delete deletes what they own.\n", counted(len(orphans), "orphaned set"))
	return out.String()
}
