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

// A Preview is the first plan that Reconcile would make for a request.
type Preview struct {
	Kind       supersede.Kind
	PhysicalID string          // the physical id that Reconcile would return
	Owner      string          // of the set that the request is about
	Names      []string        // of its roles and instance profiles: first the declared names, then the names to be deleted
	Observed   rayiam.Observed // the roles and instance profiles with these names
	Plan       rayiam.Plan
}

// Plan returns the first plan that Reconcile would make for r, and writes nothing. The error
// says why Reconcile would refuse r, or comes from IAM. With rayiam.Conflicts, the Preview is
// valid, too, and says what was observed. Plan returns them even if Reconcile would leave them
// alone, because CloudFormation is rolling back.
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
	if err == nil && len(in.outOfBounds) > 0 && !plan.OnlyRecords() {
		return preview, in.outOfBounds
	}
	if err == nil {
		err = run.refusedAsInUse(ctx, run.target, plan)
	}
	if errors.Is(err, errKept) {
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

// Refusals returns the parts of an error of Plan that the template causes: the properties that
// break a rule, and the conflicts. Both are empty for an error of another kind.
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

// withoutUnknown returns the faults that are not about a value known only after apply.
func (p *Provider) withoutUnknown(faults rayiam.Faults) rayiam.Faults {
	return slices.DeleteFunc(faults, func(f rayiam.Fault) bool { return p.isAfterApply(f.Value) })
}
