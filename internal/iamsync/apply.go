package iamsync

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// Apply writes the steps of a plan, phase after phase, and the steps of one phase at once. The
// errors of one phase are joined in the plan's order, and no later phase begins. Stale reports
// whether the request should observe and plan again after an error.
func (s *Sync) Apply(ctx context.Context, plan rayiam.Plan) error {
	for _, steps := range plan.Phases {
		errs := s.applyPhase(ctx, steps)
		if again := worthRepeating(steps, errs); len(again) > 0 {
			for i, err := range s.applyPhase(ctx, pick(steps, again)) {
				errs[again[i]] = err
			}
		}
		if err := joined(errs); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sync) applyPhase(ctx context.Context, steps []rayiam.Step) []error {
	return s.parallel(ctx, len(steps), func(b *batch, i int) error {
		step, start, attempts := steps[i], time.Now(), 0
		err := b.do(apiCall{
			call:   step.Call,
			doing:  step.String(),
			about:  authorizing(step),
			write:  true,
			tagged: conditionedOnTags(step),
			policy: step.Needs(),
			judge:  func(err error) verdict { return s.judge(step, err) },
			attempt: func(ctx context.Context) error {
				attempts++
				return s.remember(step, s.write(ctx, step))
			},
		})
		log := s.log.With("call", string(step.Call), "doing", step.String(), "attempt", attempts, "ms", time.Since(start).Milliseconds())
		if err != nil {
			log.Error("write failed", slog.String("error", err.Error()))
			return err
		}
		log.Info("written")
		return nil
	})
}

// judge returns the verdict on an error whose meaning depends on the write.
func (s *Sync) judge(step rayiam.Step, err error) verdict {
	switch {
	case has(err, codePresent), has(err, codeInUse):
		// Another attempt at the same request was faster, somebody attached something
		// meanwhile, or IAM does not show a change yet.
		return stale
	case has(err, codeOverQuota) && step.Call == rayiam.AddRoleToInstanceProfile:
		// An instance profile can have one role, and this one already has a role: perhaps the
		// set's own, added by an attempt whose answer was lost.
		return stale
	case !has(err, codeAbsent):
		return final
	}
	switch step.Call {
	case rayiam.DetachRolePolicy, rayiam.DeleteRolePolicy, rayiam.RemoveRoleFromInstanceProfile,
		rayiam.DeleteRolePermissionsBoundary, rayiam.UntagRole, rayiam.UntagInstanceProfile:
		return done
	case rayiam.DeleteRole, rayiam.DeleteInstanceProfile:
		return stale // it was there a moment ago: observe again, so that nothing is left behind
	}
	if s.exists(entity{roleKind, step.Role}) || s.exists(entity{profileKind, step.InstanceProfile}) {
		return waiting // not yet visible to the part of IAM that answered
	}
	return stale
}

// remember records which entities exist after the outcome of a write, and returns the outcome.
func (s *Sync) remember(step rayiam.Step, err error) error {
	switch step.Call {
	case rayiam.CreateRole, rayiam.CreateInstanceProfile:
		if err == nil || has(err, codePresent) {
			s.setExists(subjectOf(step), true)
		}
	case rayiam.DeleteRole, rayiam.DeleteInstanceProfile:
		if err == nil {
			s.setExists(subjectOf(step), false)
		}
	}
	if setsConditions(step) && (err == nil || classify(err) == faulty) { // a faulty call may have happened
		s.client.changes.add(subjectOf(step), time.Now())
	}
	if policy := step.Needs(); err == nil && policy != "" {
		s.client.known.add(policy, time.Now())
	}
	return err
}

// worthRepeating returns the indexes of the steps of a phase to try once more. Old policies are
// removed and new ones added at the same time, and for a moment IAM may count both. If the only
// failures are quotas for which the same phase has since made room, those steps are tried
// again, with the steps that gave up because of them.
func worthRepeating(steps []rayiam.Step, errs []error) []int {
	room := map[string]bool{}
	for i, step := range steps {
		switch step.Call {
		case rayiam.DetachRolePolicy, rayiam.DeleteRolePolicy, rayiam.PutRolePolicy, rayiam.UntagRole:
			room[step.Role] = room[step.Role] || errs[i] == nil
		}
	}
	var again []int
	for i, err := range errs {
		switch {
		case err == nil:
		case errors.Is(err, errHalted), has(err, codeOverQuota) && room[steps[i].Role]:
			again = append(again, i)
		default:
			return nil
		}
	}
	return again
}

func pick(steps []rayiam.Step, indexes []int) []rayiam.Step {
	picked := make([]rayiam.Step, len(indexes))
	for i, index := range indexes {
		picked[i] = steps[index]
	}
	return picked
}
