package provider

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// maxRounds is the highest number of plans for one request. A second one is rare: an answer was
// lost, or somebody else changes the same roles.
const maxRounds = 12

// maxObservations is the highest number of observations for one plan, which take some ten seconds.
const maxObservations = 8

// A target is a state to bring IAM to.
type target struct {
	desired    rayiam.Desired
	references []rayiam.PolicyReference // managed policies that have to exist
	before     []rayiam.PolicyReference // managed policies that the roles probably have already
	expected   map[string]bool          // names that probably exist already
	wait       time.Duration            // for new instance profiles
	restores   bool                     // if everything is as declared, the policies no longer have to exist

	// inUse refuses a plan by which instances lose their identity; nil refuses none.
	inUse func(context.Context, rayiam.Plan) error
}

// A reconciler brings IAM to a target: it observes, plans and applies until nothing is left to
// do. It does not depend on CloudFormation.
type reconciler struct {
	sync  *iamsync.Sync
	log   *slog.Logger
	start time.Time

	// beforeWrites may stop the first apply; nil never stops it.
	beforeWrites func(context.Context) error

	// beforeRemovals may stop an apply before worker groups are removed; nil never stops it.
	beforeRemovals func(context.Context) error

	// awaitKnown waits until EC2 knows the new instance profiles, for at most limit; nil does
	// not wait.
	awaitKnown func(ctx context.Context, names []string, limit time.Duration)

	// rollingBack asks CloudFormation whether it is rolling the stack back; nil does not ask.
	rollingBack func(context.Context) (bool, error)

	// isOrphaned reports whether the set of an owner in a stack is orphaned; if nil, no set is.
	isOrphaned func(ctx context.Context, owner, stackID string) bool
	orphaned   map[string]bool // owners of orphaned sets

	keepBefore time.Time // if it is set, older entities of the owner stay

	first rayiam.Observed // before the first write
	wrote bool
	fresh []string // instance profiles that EC2 may not know yet

	warnings []string // what failed without failing the request

	stages map[string]int64 // milliseconds
}

func newReconciler(sync *iamsync.Sync, log *slog.Logger) *reconciler {
	return &reconciler{sync: sync, log: log, start: time.Now(), stages: map[string]int64{}, orphaned: map[string]bool{}}
}

// reached reports whether IAM has the desired state, apart from the tag that records it.
func (r *reconciler) reached(ctx context.Context, t target) bool {
	plan, err := r.plan(ctx, t)
	return err == nil && plan.OnlyRecords()
}

// converge observes, plans and applies until nothing is left to do.
func (r *reconciler) converge(ctx context.Context, t target) error {
	var last error // of the write that made another plan necessary
	for round := 1; ; round++ {
		plan, err := r.plan(ctx, t)
		if err != nil {
			if last != nil && ctx.Err() != nil {
				return outOfTime(last)
			}
			if !r.wrote {
				err = nothingChanged(err)
			}
			return err
		}
		if plan.Empty() {
			return nil
		}
		if r.beforeWrites != nil && !r.wrote {
			if err := r.beforeWrites(ctx); err != nil {
				return nothingChanged(err)
			}
		}
		if err := r.refusedAsInUse(ctx, t, plan); errors.Is(err, errKept) {
			continue
		} else if err != nil {
			return err
		}
		begun := time.Now()
		r.wrote = true
		r.fresh = append(r.fresh, plan.Fresh()...)
		err = r.apply(ctx, t, plan)
		last = err
		r.log.Info("applied", "round", round, "ok", err == nil, "ms", r.stage("apply", begun))
		switch {
		case err == nil:
			return nil
		case plan.OnlyRecords() && iamsync.Denied(err):
			r.warn(notRecorded(err))
			return nil
		case !iamsync.Stale(err):
			return err
		case round == maxRounds:
			return contradicted(round, err)
		}
		r.log.Warn("planning again", "round", round, slog.String("error", err.Error()))
		if err := sleep(ctx, iamsync.Backoff(round), err); err != nil {
			return err
		}
	}
}

// warn logs a warning, once, and keeps it for the outcome.
func (r *reconciler) warn(text string) {
	if slices.Contains(r.warnings, text) {
		return
	}
	r.log.Warn(text)
	r.warnings = append(r.warnings, text)
}

// apply writes a plan. If the target has nodes, it first asks beforeRemovals whether the groups
// that are no longer declared may be removed.
func (r *reconciler) apply(ctx context.Context, t target, plan rayiam.Plan) error {
	before, removing := plan.Split(t.desired.Removals)
	if err := r.sync.Apply(ctx, before); err != nil {
		return err
	}
	if r.beforeRemovals != nil && len(t.desired.Nodes) > 0 && !removing.Empty() {
		if err := r.beforeRemovals(ctx); err != nil {
			if before.Empty() {
				return err
			}
			return notReverted(err)
		}
	}
	return r.sync.Apply(ctx, removing)
}

// plan observes IAM and returns the plan, or an error that says why there is none.
func (r *reconciler) plan(ctx context.Context, t target) (rayiam.Plan, error) {
	observed, missing, err := r.observe(ctx, t)
	if err != nil {
		return rayiam.Plan{}, err
	}
	if !r.wrote {
		r.first = observed
	}
	plan, err := r.newPlan(ctx, t.desired, observed)
	if err := r.askLate(ctx, t, observed, missing); err != nil {
		return rayiam.Plan{}, err
	}
	if faults := rayiam.MissingPolicies(t.references, missing); len(faults) > 0 && (err != nil || !r.goesWithout(ctx, t, plan, missing, faults)) {
		err = errors.Join(faults, err)
	}
	if err != nil {
		return rayiam.Plan{}, err
	}
	r.fresh = append(r.fresh, recent(t, observed)...)
	if err := r.enoughTime(ctx, t, plan); err != nil {
		return rayiam.Plan{}, err
	}
	steps := 0
	for _, phase := range plan.Phases {
		steps += len(phase)
	}
	r.log.Info("planned", "phases", len(plan.Phases), "steps", steps)
	return plan, nil
}

// askLate asks IAM for the policies that are declared but not attached, and adds those that do
// not exist to missing.
func (r *reconciler) askLate(ctx context.Context, t target, observed rayiam.Observed, missing map[string]bool) error {
	asked := rayiam.ToAsk(t.references, t.before)
	late := slices.DeleteFunc(rayiam.Unattached(t.references, observed), func(arn string) bool { return slices.Contains(asked, arn) })
	more, err := r.sync.MissingPolicies(ctx, late)
	maps.Copy(missing, more)
	return err
}

// newPlan returns the plan. If the desired state adopts, the plan also adopts orphaned sets.
func (r *reconciler) newPlan(ctx context.Context, d rayiam.Desired, o rayiam.Observed) (rayiam.Plan, error) {
	d.Orphaned = r.orphaned
	d.Removals = r.withoutKept(d.Removals)
	plan, err := rayiam.NewPlan(d, o)
	conflicts, ok := errors.AsType[rayiam.Conflicts](err)
	if !ok || d.Adoption != rayiam.HoldAdopted || r.isOrphaned == nil {
		return plan, err
	}
	asked := map[string]bool{}
	for _, c := range conflicts {
		if c.Owner != "" && c.Stack != "" && !asked[c.Owner] {
			asked[c.Owner] = true
			r.orphaned[c.Owner] = r.isOrphaned(ctx, c.Owner, c.Stack)
		}
	}
	return rayiam.NewPlan(d, o)
}

// observe reads the target's roles and instance profiles, and reads again while the answers
// contradict each other.
func (r *reconciler) observe(ctx context.Context, t target) (rayiam.Observed, map[string]bool, error) {
	for look := 1; ; look++ {
		begun := time.Now()
		observed, missing, err := r.sync.Observe(ctx, t.desired.Lookups(t.expected), rayiam.ToAsk(t.references, t.before))
		if err != nil {
			return rayiam.Observed{}, nil, err
		}
		r.log.Info("observed", "roles", len(observed.Roles), "instanceProfiles", len(observed.InstanceProfiles), "ms", r.stage("observe", begun))
		if !observed.Inconsistent() || look == maxObservations {
			return observed, missing, nil
		}
		r.log.Warn("IAM's answers contradict each other: observing again", "look", look)
		if err := sleep(ctx, iamsync.Backoff(look), errInconsistent); err != nil {
			return rayiam.Observed{}, nil, err
		}
	}
}

// propagate waits until new instance profiles can be used.
func (r *reconciler) propagate(ctx context.Context, t target) error {
	slices.Sort(r.fresh)
	r.fresh = slices.Compact(r.fresh)
	begun := time.Now()
	if r.awaitKnown != nil && len(r.fresh) > 0 && t.wait > 0 {
		r.awaitKnown(ctx, r.fresh, timeToBeKnown(ctx, t.wait))
		r.stage("known", begun)
	}
	if err := r.sync.AwaitProfiles(ctx, r.fresh, t.wait); err != nil {
		return err
	}
	r.log.Info("propagated", "profiles", r.fresh, "ms", r.stage("propagate", begun))
	return nil
}

// recent names the declared profiles that are younger than the wait: an earlier
// attempt at this request made them and may have been cut off before it waited.
func recent(t target, observed rayiam.Observed) []string {
	var names []string
	for _, node := range t.desired.Nodes {
		if profile, ok := observed.InstanceProfiles[node.Name]; ok && time.Since(profile.Created) < t.wait {
			names = append(names, node.Name)
		}
	}
	return names
}

// enoughTime refuses a plan whose propagation wait does not fit into the time that is left.
func (r *reconciler) enoughTime(ctx context.Context, t target, plan rayiam.Plan) error {
	end, ok := ctx.Deadline()
	if r.wrote || !ok || len(plan.Fresh()) == 0 || time.Until(end) > t.wait {
		return nil
	}
	return waitDoesNotFit(t.wait, time.Until(end))
}

// summarize logs and returns the calls, retries and time of the work.
func (r *reconciler) summarize() customresource.Effort {
	calls, retries := r.sync.Calls()
	r.log.Info("summary", "calls", calls, "retries", retries, "throttled", r.sync.Throttled(), "ms", time.Since(r.start).Milliseconds(), "stages", r.stages)
	return customresource.Effort{Calls: calls, Retries: retries}
}

// stage counts the milliseconds since begun to a stage of the work.
func (r *reconciler) stage(name string, begun time.Time) int64 {
	ms := time.Since(begun).Milliseconds()
	r.stages[name] += ms
	return ms
}

func sleep(ctx context.Context, d time.Duration, last error) error {
	if smithytime.SleepWithContext(ctx, d) != nil {
		return outOfTime(last)
	}
	return nil
}
