package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// deleteOrphans plans the deletion of each set, asks, and applies the plans. A set that cannot
// be deleted does not stop the others.
func (a *app) deleteOrphans(ctx context.Context, cfg aws.Config, f orphanFlags, orphans []*orphan) error {
	own, err := account(ctx, cfg)
	if err != nil {
		return err
	}
	p, err := provider.New(cfg, provider.Settings{CheckInstances: !f.allowInUse, Regions: f.regions})
	if err != nil {
		return err
	}
	done := a.progress("planning")
	planned := a.planOrphans(ctx, p, f, own, orphans)
	done()
	for _, o := range orphans {
		a.complain(o)
	}
	if agreed, err := a.agreed(ctx, f, planned); err != nil || !agreed {
		return cmp.Or(err, errSomething)
	}
	a.applyOrphans(ctx, p, f, planned)
	if a.output == "json" {
		if err := a.printOrphans(orphans, nil); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(orphans, func(o *orphan) bool { return o.Failed != "" }) {
		return errPrinted
	}
	return nil
}

// agreed shows the plans, and asks for a yes unless a flag has given it.
func (a *app) agreed(ctx context.Context, f orphanFlags, planned []*orphan) (bool, error) {
	if a.output == "text" {
		for _, o := range planned {
			if err := a.print(nil, func(paint planview.Paint) string { return o.Plan.Text(paint) + "\n" }); err != nil {
				return false, err
			}
		}
	}
	if f.yes || len(planned) == 0 {
		return true, nil
	}
	var sum planview.Summary
	for _, o := range planned {
		sum.Delete += o.Plan.Summary.Delete
		sum.Release += o.Plan.Summary.Release
	}
	yes, err := a.ask(ctx, fmt.Sprintf("Delete %d and release %d roles and instance profiles of %s? Only yes does it: ", sum.Delete, sum.Release, counted(len(planned), "orphaned set")))
	if err == nil && !yes {
		a.note("nothing was deleted")
	}
	return yes, err
}

// ask asks a person, and reports whether the answer is yes. It returns ctx's error.
func (a *app) ask(ctx context.Context, question string) (bool, error) {
	fmt.Fprint(a.err, question)
	answer := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(a.in).ReadString('\n') // input that ends without a line is not a yes
		answer <- text
	}()
	select {
	case text := <-answer:
		return strings.TrimSpace(text) == "yes", nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// planOrphans returns the sets that can be deleted, each with its plan. It sets Failed on the
// others.
func (a *app) planOrphans(ctx context.Context, p *provider.Provider, f orphanFlags, own string, orphans []*orphan) []*orphan {
	var planned []*orphan
	for _, o := range orphans {
		if stack, err := rayiam.ParseStackID(o.StackID); err != nil || stack.Account != own {
			o.Failed = fmt.Sprintf("its stack is not in account %s, to which these credentials belong: %s", own, o.StackID)
			continue
		}
		preview, err := p.PlanOrphan(ctx, o.set(f), a.logger())
		if err != nil && !refused(err) {
			o.Failed = explained(ctx, err).Error()
			continue
		}
		view := planview.New(customresource.Request{StackID: o.StackID}, preview, err)
		if o.Plan = &view; view.Possible() {
			planned = append(planned, o)
			continue
		}
		var reasons []string
		for _, obstacle := range view.InTheWay {
			reasons = append(reasons, obstacle.Sentence())
		}
		o.Failed = strings.Join(reasons, "; ")
	}
	return planned
}

// applyOrphans deletes one set after the other.
func (a *app) applyOrphans(ctx context.Context, p *provider.Provider, f orphanFlags, planned []*orphan) {
	for _, o := range planned {
		done := a.progress("deleting " + o.Owner)
		err := p.DeleteOrphan(ctx, o.set(f), a.logger())
		if done(); err != nil {
			o.Failed = explained(ctx, err).Error()
			a.complain(o)
			continue
		}
		if o.Deleted = true; a.output == "text" {
			fmt.Fprintf(a.out, "Deleted %s.\n", o.Owner)
		}
	}
}

// complain prints why a set was not deleted, if it was not.
func (a *app) complain(o *orphan) {
	if o.Failed != "" {
		fmt.Fprintln(a.err, a.errorPaint()('-', fmt.Sprintf("rayiam: %s was not deleted: %s", o.Owner, o.Failed)))
	}
}

// set returns the orphaned set for package provider.
func (o *orphan) set(f orphanFlags) provider.OrphanedSet {
	return provider.OrphanedSet{Owner: o.Owner, Stack: o.StackID, Names: o.names(), AllowDeleteInUse: f.allowInUse}
}
