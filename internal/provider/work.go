package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// maxRounds is how often a plan is made at the most. A second round is rare: an
// answer was lost, or somebody else is at the same names.
const maxRounds = 12

// maxLooks is how often IAM is observed for one plan at the most: for some ten seconds.
const maxLooks = 8

// work is the work on one request.
type work struct {
	sync  *iamsync.Sync
	watch *watch
	log   *slog.Logger
	start time.Time

	first rayiam.Observed // before the first write
	wrote bool
	fresh []string // instance profiles that EC2 may not know yet

	stages map[string]int64 // milliseconds
}

// do does what a request comes down to.
func (w *work) do(ctx context.Context, g goal) error {
	if over := w.watch.begin(ctx); over != nil {
		switch {
		case over.standing == givenUp:
			return w.takeBack(ctx, g, over)
		case w.reached(ctx, g): // by an attempt before, whose answer may be lost
			return nil
		}
		return fmt.Errorf("nothing was changed: %w", over)
	}
	switch {
	case g.living != "" && !w.reached(ctx, g) && w.watch.lives(ctx, g.living):
		w.log.Warn("leaving the resource alone: the id is of another life of it")
		return nil
	case g.replacement:
		return w.replace(ctx, g)
	case g.overtaking:
		return w.linger(ctx, g)
	case w.watch.request.Type == cfn.RequestCreate:
		return w.create(ctx, g)
	}
	return w.pursue(ctx, g)
}

// pursue converges to the goal and waits until what was made can be used. The error is
// an *abandonedError if nobody waits for it any more by then.
func (w *work) pursue(ctx context.Context, g goal) error {
	if err := w.converge(ctx, g); err != nil {
		return err
	}
	late := w.watch.late() // with the last write
	if err := w.propagate(ctx, g); err != nil || !late {
		return err
	}
	if over := w.watch.abandoned(ctx); over != nil {
		return over
	}
	return nil
}

// reached reports whether there is nothing to do.
func (w *work) reached(ctx context.Context, g goal) bool {
	plan, err := w.plan(ctx, g)
	return err == nil && plan.Empty()
}

// propagate waits until what was made can be used.
func (w *work) propagate(ctx context.Context, g goal) error {
	slices.Sort(w.fresh)
	w.fresh = slices.Compact(w.fresh)
	begun := time.Now()
	if err := w.sync.AwaitProfiles(ctx, w.fresh, g.wait); err != nil {
		return err
	}
	w.log.Info("propagated", "profiles", w.fresh, "ms", w.stage("propagate", begun))
	return nil
}

// converge observes, plans and applies until nothing is left to do.
func (w *work) converge(ctx context.Context, g goal) error {
	for round := 1; ; round++ {
		plan, err := w.plan(ctx, g)
		if err != nil {
			if !w.wrote {
				err = fmt.Errorf("nothing was changed: %w", err)
			}
			return err
		}
		if plan.Empty() {
			return nil
		}
		begun := time.Now()
		w.wrote = true
		w.fresh = append(w.fresh, plan.Fresh()...)
		err = w.apply(ctx, g, plan)
		w.log.Info("applied", "round", round, "ok", err == nil, "ms", w.stage("apply", begun))
		switch {
		case err == nil:
			return nil
		case !iamsync.Stale(err):
			return err
		case round == maxRounds:
			return fmt.Errorf("gave up after %d plans, each of which IAM contradicted: %w", round, err)
		}
		w.log.Warn("planning again", "round", round, slog.String("error", err.Error()))
		if err := sleep(ctx, iamsync.Backoff(round), err); err != nil {
			return err
		}
	}
}

// apply writes a plan. An Update that has been overtaken by the one back must not come
// to its end, where it would delete the groups that are declared again.
func (w *work) apply(ctx context.Context, g goal, plan rayiam.Plan) error {
	before, removing := plan.Split(g.desired.Removals)
	if err := w.sync.Apply(ctx, before); err != nil {
		return err
	}
	if len(g.desired.Nodes) > 0 && !removing.Empty() {
		over := w.watch.outdated(ctx)
		switch {
		case over != nil && before.Empty():
			return over
		case over != nil:
			return fmt.Errorf("%v; what it had written by then stays", over) // not wrapped: something is left
		}
	}
	return w.sync.Apply(ctx, removing)
}

// plan observes IAM and returns what is to be done, or why nothing may be.
func (w *work) plan(ctx context.Context, g goal) (rayiam.Plan, error) {
	observed, missing, err := w.observe(ctx, g)
	if err != nil {
		return rayiam.Plan{}, err
	}
	if !w.wrote {
		w.first = observed
	}
	plan, err := rayiam.NewPlan(g.desired, observed)
	if faults := rayiam.MissingPolicies(g.references, missing); len(faults) > 0 {
		err = errors.Join(faults, err)
	}
	if err != nil {
		return rayiam.Plan{}, err
	}
	w.fresh = append(w.fresh, recent(g, observed)...)
	if err := w.enoughTime(ctx, g, plan); err != nil {
		return rayiam.Plan{}, err
	}
	steps := 0
	for _, phase := range plan.Phases {
		steps += len(phase)
	}
	w.log.Info("planned", "phases", len(plan.Phases), "steps", steps)
	return plan, nil
}

// observe reads what IAM has of the goal, again while that contradicts itself.
func (w *work) observe(ctx context.Context, g goal) (rayiam.Observed, map[string]bool, error) {
	for look := 1; ; look++ {
		begun := time.Now()
		observed, missing, err := w.sync.Observe(ctx, g.desired.Lookups(g.expected), arns(g.references))
		if err != nil {
			return rayiam.Observed{}, nil, err
		}
		w.log.Info("observed", "roles", len(observed.Roles), "instanceProfiles", len(observed.InstanceProfiles), "ms", w.stage("observe", begun))
		if !observed.Torn() || look == maxLooks {
			return observed, missing, nil
		}
		w.log.Warn("what was observed contradicts itself: looking again", "look", look)
		if err := sleep(ctx, iamsync.Backoff(look), errors.New("what IAM answers contradicts itself")); err != nil {
			return rayiam.Observed{}, nil, err
		}
	}
}

// recent names the declared profiles that are younger than the wait: an earlier
// attempt at this request made them and may have been cut off before it waited.
func recent(g goal, observed rayiam.Observed) []string {
	var names []string
	for _, node := range g.desired.Nodes {
		if profile, ok := observed.InstanceProfiles[node.Name]; ok && time.Since(profile.Created) < g.wait {
			names = append(names, node.Name)
		}
	}
	return names
}

// enoughTime refuses to begin what could not be waited for.
func (w *work) enoughTime(ctx context.Context, g goal, plan rayiam.Plan) error {
	end, ok := ctx.Deadline()
	if w.wrote || !ok || len(plan.Fresh()) == 0 || time.Until(end) > g.wait {
		return nil
	}
	return fmt.Errorf("PropagationWaitSeconds asks for %s, and the request has only %s left: give the provider's function a longer timeout, a longer ServiceTimeout, or wait less", g.wait, time.Until(end).Round(time.Second))
}

// replace pursues a goal that is a new set beside the old one. When that fails,
// CloudFormation keeps to the old physical id and hears of no other, so what was
// made of the new set is taken away again, for which a third of the time is kept.
func (w *work) replace(ctx context.Context, g goal) error {
	attempt, cancel := keeping(ctx, func(left time.Duration) time.Duration { return left / 3 })
	defer cancel()
	err := w.pursue(attempt, g)
	switch {
	case w.forNobody(ctx, err):
		return w.takeBack(ctx, g, err)
	case err == nil || !w.wrote:
		return err
	}
	w.log.Warn("undoing the replacement", slog.String("error", err.Error()))
	return w.undo(ctx, g, w.madeFor(g), fmt.Errorf("%w; the old set is as it was", err))
}

// madeFor returns what this request made or adopted of a new set. What was the
// set's own before is none of it: rolling a replacement back is a replacement too,
// and then the "new" set is the one that is in use. What an attempt that was cut off
// made is left to the Update that CloudFormation rolls back with.
func (w *work) madeFor(g goal) []rayiam.Removal {
	var made []rayiam.Removal
	for _, node := range g.desired.Nodes {
		role, profile := w.first.Roles[node.Name], w.first.InstanceProfiles[node.Name]
		if role.Tags[rayiam.OwnerTag] != g.desired.Owner && profile.Tags[rayiam.OwnerTag] != g.desired.Owner {
			made = append(made, rayiam.Removal{Name: node.Name, Owner: g.desired.Owner})
		}
	}
	return made
}

// summarize logs, and returns, what the work took.
func (w *work) summarize() customresource.Effort {
	calls, retries := w.sync.Calls()
	w.log.Info("summary", "calls", calls, "retries", retries, "ms", time.Since(w.start).Milliseconds(), "stages", w.stages)
	return customresource.Effort{Calls: calls, Retries: retries}
}

// stage counts the milliseconds since begun to a stage of the work.
func (w *work) stage(name string, begun time.Time) int64 {
	if w.stages == nil {
		w.stages = map[string]int64{}
	}
	ms := time.Since(begun).Milliseconds()
	w.stages[name] += ms
	return ms
}

func arns(references []rayiam.PolicyReference) []string {
	var list []string
	for _, ref := range references {
		list = append(list, ref.ARN)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func sleep(ctx context.Context, d time.Duration, last error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no success before the deadline: %w", last)
	}
}
