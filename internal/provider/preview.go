package provider

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A Preview is what Reconcile would do for a request first of all.
type Preview struct {
	Kind       supersede.Kind
	PhysicalID string          // that Reconcile would answer
	Owner      string          // of the set that the request is about
	Names      []string        // of its roles and instance profiles: those that are declared, then those that go
	Observed   rayiam.Observed // what IAM has under the names that the request is about
	Plan       rayiam.Plan
}

// Plan returns what Reconcile would do for r first of all, and writes nothing. The error
// is why Reconcile would refuse r, or IAM's; beside rayiam.Conflicts, the Preview says what
// was observed.
func (p *Provider) Plan(ctx context.Context, r customresource.Request, functionARN string, log *slog.Logger) (Preview, error) {
	in, err := p.intent(r, functionARN)
	if err != nil {
		return Preview{PhysicalID: in.outcome.PhysicalID}, err
	}
	in.references = slices.DeleteFunc(in.references, func(ref rayiam.PolicyReference) bool { return p.isAfterApply(ref.ARN) })
	run := p.newRun(r, in, log)
	run.findWhileObserving(ctx)
	plan, err := run.plan(ctx, run.target)
	preview := Preview{Kind: in.kind, PhysicalID: in.outcome.PhysicalID, Owner: in.desired.Owner, Names: in.names(), Observed: run.first, Plan: plan}
	if err == nil && len(in.beyond) > 0 && !plan.OnlyRecords() {
		return preview, in.beyond
	}
	if err == nil {
		err = run.refusedAsInUse(ctx, run.target, plan)
	}
	if errors.Is(err, errSpared) {
		preview.Plan, err = run.plan(ctx, run.target)
	}
	return preview, err
}

func (t target) names() []string {
	var names []string
	for _, node := range t.desired.Nodes {
		names = append(names, node.Name)
	}
	for _, removal := range t.desired.Removals {
		names = append(names, removal.Name)
	}
	return names
}

// Refusals returns the parts of an error of Plan that are the template's: the properties that
// break a rule, and what is in the way. Both are empty for an error of another kind.
func Refusals(err error) (rayiam.Faults, rayiam.Conflicts) {
	var (
		faults    rayiam.Faults
		conflicts rayiam.Conflicts
	)
	errors.As(err, &faults)
	errors.As(err, &conflicts)
	return faults, conflicts
}

func (p *Provider) isAfterApply(text string) bool { return p.afterApply != nil && p.afterApply(text) }

// known returns the faults that are not about a value which is known only after apply.
func (p *Provider) known(faults rayiam.Faults) rayiam.Faults {
	return slices.DeleteFunc(faults, func(f rayiam.Fault) bool { return p.isAfterApply(f.Value) })
}
