package provider

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// An OrphanedSet is a set that no stack owns any more. No request can name it, because its
// logical id is unknown.
type OrphanedSet struct {
	Owner string   // the physical id
	Stack string   // the id of the stack that had it, in the account of the credentials
	Names []string // of its roles and instance profiles

	// AllowDeleteInUse deletes the set even if instances use it, or if EC2 cannot be asked.
	AllowDeleteInUse bool
}

// PlanOrphan returns the first plan that DeleteOrphan would make, and writes nothing. It
// returns the errors of Plan. A role to be deleted that principals other than EC2 may assume
// is a conflict: somebody may have set its tags by hand.
func (p *Provider) PlanOrphan(ctx context.Context, s OrphanedSet, log *slog.Logger) (Preview, error) {
	run, err := p.orphanRun(s, log)
	if err != nil {
		return Preview{}, err
	}
	run.findWhileObserving(ctx)
	plan, err := run.plan(ctx, run.target)
	if err == nil {
		err = run.refusedAsInUse(ctx, run.target, plan)
	}
	return Preview{Kind: run.kind, PhysicalID: s.Owner, Owner: s.Owner, Names: run.names(), Observed: run.first, Plan: plan}, err
}

// DeleteOrphan deletes the entities that an orphaned set owns, and releases those that it had
// adopted, with the plan and the apply of a Delete. Right before its first write it asks
// CloudFormation again whether the set is orphaned. It returns the errors of Reconcile. Unlike
// a Delete, it does not go on if EC2 cannot be asked, since no stack is waiting.
func (p *Provider) DeleteOrphan(ctx context.Context, s OrphanedSet, log *slog.Logger) error {
	run, err := p.orphanRun(s, log)
	if err != nil {
		return err
	}
	run.findWhileObserving(ctx)
	return run.converge(ctx, run.target)
}

// orphanRun returns a run that belongs to no request.
func (p *Provider) orphanRun(s OrphanedSet, log *slog.Logger) (*run, error) {
	stack, err := rayiam.ParseStackID(s.Stack)
	if err != nil {
		return nil, err
	}
	in := intent{
		target: target{desired: rayiam.Desired{Owner: s.Owner}, expected: map[string]bool{}},
		kind:   supersede.Delete, stack: stack, path: "/", guarded: !s.AllowDeleteInUse, ofOrphan: true,
		outcome: customresource.Outcome{PhysicalID: s.Owner},
	}
	for _, name := range s.Names {
		if !rayiam.OwnsName(s.Owner, name) {
			return nil, notOwnersName(s.Owner, name)
		}
		in.expected[name] = true
		in.desired.Removals = append(in.desired.Removals, rayiam.Removal{Name: name, Owner: s.Owner, TrustPolicy: rayiam.TrustPolicy(stack)})
	}
	w := &run{intent: in, reconciler: newReconciler(iamsync.New(p.iam, p.patience, nil, log), log)}
	w.beforeWrites = func(ctx context.Context) error {
		belongs, err := supersede.Ask(ctx, p.stacks, s.Owner, s.Stack, stack.Account)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", errNotVerified, err)
		case belongs != supersede.Orphaned:
			return errNotOrphaned
		}
		return nil
	}
	if p.instances != nil {
		w.useEC2(p) // no rollingBack: CloudFormation has no part in it
	}
	return w, nil
}
