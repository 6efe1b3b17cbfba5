package provider

import (
	"context"
	"log/slog"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

const (
	// clockSkew is by how much IAM's clock and that of the response URL may differ.
	clockSkew = time.Minute

	// createRollbackTime is kept of a Create's time, or an eighth where that is less.
	createRollbackTime = 10 * time.Second
)

// rollbackTime is what is kept of the time that is left for rolling back. CloudFormation
// deletes what a failed Create has made, but only the request itself can roll back a
// replacement: CloudFormation keeps to the old physical id and hears of no other.
func (r *run) rollbackTime(left time.Duration) time.Duration {
	switch r.kind {
	case supersede.Create:
		return min(createRollbackTime, left/8)
	case supersede.Replacement:
		return left / 3
	}
	return 0
}

// madeByThisRun returns the nodes that were not the resource's own before this run. What
// was its own is none of it: the rollback of a replacement may be a replacement too, and
// then the "new" set is the one that is in use. What an attempt that was cut off made is
// left to the Update that CloudFormation rolls back with.
func (r *run) madeByThisRun() []rayiam.Removal {
	var made []rayiam.Removal
	owner := r.desired.Owner
	for _, node := range r.desired.Nodes {
		role, profile := r.first.Roles[node.Name], r.first.InstanceProfiles[node.Name]
		if role.Tags[rayiam.OwnerTag] != owner && profile.Tags[rayiam.OwnerTag] != owner {
			made = append(made, rayiam.Removal{Name: node.Name, Owner: owner})
		}
	}
	return made
}

// madeSinceIssued returns the nodes, sparing what the resource had before the request was
// issued, retained by an earlier resource of the same name for instance. So it covers what
// an attempt that was cut off has made. What was adopted is released.
func (r *run) madeSinceIssued() []rayiam.Removal {
	var made []rayiam.Removal
	for _, node := range r.desired.Nodes {
		made = append(made, rayiam.Removal{Name: node.Name, Owner: r.desired.Owner, Since: r.watch.Issued().Add(-clockSkew)})
	}
	return made
}

// rollBack removes what was made for a request that ended with err, and adds to err how
// that went.
func (r *run) rollBack(ctx context.Context, made []rayiam.Removal, err error) error {
	r.log.Warn("rolling back", slog.String("error", err.Error()))
	back := target{desired: rayiam.Desired{Removals: made}}
	cause := r.removeAll(ctx, back)
	if cause != nil {
		return notRolledBack(err, r.desired.Owner, cause)
	}
	return rolledBack(err)
}

func (r *run) removeAll(ctx context.Context, back target) error {
	if r.watch.Last(ctx) == nil {
		return r.converge(ctx, back)
	}
	// What was made may be deleted by now, so that waiting until IAM shows it would be in
	// vain. The quiet period is for what IAM is late to show.
	r.sync.Forget()
	if err := r.converge(ctx, back); err != nil {
		return err
	}
	return r.quietPeriod(ctx, back, r.watch.StillAbandoned)
}

// quietPeriod looks again whether anything of the target's removals has appeared, and
// removes it if allowed agrees; nil always does.
func (r *run) quietPeriod(ctx context.Context, t target, allowed func(context.Context) error) error {
	defer func(begun time.Time) { r.stage("quiet", begun) }(time.Now())
	t.expected = nil
	return r.watch.QuietPeriod(ctx, follower{r, t, allowed})
}

// A follower removes what appears during a quiet period.
type follower struct {
	run     *run
	target  target
	allowed func(context.Context) error
}

// Appeared implements supersede.Follower.
func (f follower) Appeared(ctx context.Context) (bool, error) {
	plan, err := f.run.plan(ctx, f.target)
	return err == nil && !plan.Empty(), err
}

// Remove implements supersede.Follower.
func (f follower) Remove(ctx context.Context) error {
	if f.allowed != nil {
		if err := f.allowed(ctx); err != nil {
			return err
		}
	}
	return f.run.converge(ctx, f.target)
}
