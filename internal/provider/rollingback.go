package provider

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// A refused Update or Delete of a rollback leaves the stack in UPDATE_ROLLBACK_FAILED, and the
// event does not say that it belongs to a rollback. So where a rollback may go on and another
// request must be refused, CloudFormation is asked, and only there.

// asksRollingBack returns the question whether CloudFormation is rolling a request's stack back.
// The answer is the same for the whole request, so it is remembered.
func (p *Provider) asksRollingBack(r customresource.Request, log *slog.Logger) func(context.Context) (bool, error) {
	ask := supersede.RollingBack
	if r.Type == cfn.RequestUpdate {
		ask = supersede.RollingBackUpdate
	}
	var (
		asked, rolling bool
		err            error
	)
	return func(ctx context.Context) (bool, error) {
		if !asked {
			asked = true
			rolling, err = ask(ctx, p.stacks, r.StackID, log)
		}
		return rolling, err
	}
}

// isRollingBack reports whether CloudFormation says that it is rolling the stack back.
func (r *reconciler) isRollingBack(ctx context.Context) bool {
	if r.rollingBack == nil {
		return false
	}
	rolling, err := r.rollingBack(ctx)
	if err != nil {
		r.log.Warn("cannot tell whether CloudFormation is rolling back", slog.String("error", err.Error()))
	}
	return err == nil && rolling
}

// goesWithout reports whether a plan is applied although declared policies do not exist: if
// everything is as declared, or if CloudFormation is rolling the stack back and no step needs
// one of them.
func (r *reconciler) goesWithout(ctx context.Context, t target, plan rayiam.Plan, missing map[string]bool, faults rayiam.Faults) bool {
	switch {
	case t.restores && plan.OnlyRecords():
		return true
	case plan.NeedsAny(missing) || !r.isRollingBack(ctx):
		return false
	}
	r.warn(wentWithout(faults))
	return true
}

// leavesConflicts reports whether an Update in place that was refused with err, before it wrote
// anything, succeeds and changes nothing: CloudFormation is rolling the stack back, and
// everything but the roles and instance profiles in conflict is as declared. Somebody has made
// these anew by hand, for example, and the Update that is rolled back was refused because of
// them. The process that refused it remembers that, and need not ask: see refusals.
func (r *run) leavesConflicts(ctx context.Context, err error) bool {
	if !isRefusal(err) || r.wrote || !r.restores || r.afterRefusal {
		return false
	}
	d := r.desired
	d.Orphaned, d.Removals = r.orphaned, r.withoutKept(d.Removals)
	rest, left, err := rayiam.NewPlanBeside(d, r.first)
	if err != nil || len(left) == 0 || !rest.OnlyRecords() || !r.isRollingBack(ctx) {
		return false
	}
	r.warn(leftAlone(left))
	return true
}

// withoutNodes returns the target that has only the removals of t.
func (t target) withoutNodes() target {
	return target{desired: rayiam.Desired{Owner: t.desired.Owner, Removals: t.desired.Removals}}
}
