package provider

import (
	"context"
	"log/slog"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

const (
	// clockSkew is by how much IAM's clock and the response URL's clock may differ.
	clockSkew = time.Minute

	// rollbackTime is how much of its time a request keeps for rolling back, or an eighth of it
	// if that is less. A replacement keeps a third, since it has a whole set to remove.
	rollbackTime = 10 * time.Second
)

// timeToRollBack returns how much of the time that is left is kept for rolling back.
func (r *run) timeToRollBack(left time.Duration) time.Duration {
	switch kept := r.kind.Rule().TimeKept; {
	case kept == supersede.Third:
		return left / 3
	case kept == supersede.Eighth, kept == supersede.EighthForGroups && len(r.added) > 0:
		return min(rollbackTime, left/8)
	}
	return 0
}

// madeUnder returns the removals of the entities that this request has made or adopted under
// these names. Entities that the resource owned when the request first observed IAM were made
// before, and may be in use: the rollback of a replacement, or of an Update that removed a
// group, declares existing entities. Only a retry may find entities that an earlier attempt
// made before it was cut off: these are younger than the request.
func (r *run) madeUnder(names []string) []rayiam.Removal {
	var made []rayiam.Removal
	owner := r.desired.Owner
	for _, name := range names {
		role, profile := r.first.Roles[name].Tags, r.first.InstanceProfiles[name].Tags
		held := role[rayiam.AdoptedTag] == rayiam.Held || profile[rayiam.AdoptedTag] == rayiam.Held
		switch {
		case role[rayiam.OwnerTag] != owner && profile[rayiam.OwnerTag] != owner:
			made = append(made, rayiam.Removal{Name: name, Owner: owner})
		case r.watch.Stale() && !held: // IAM does not record when it was adopted
			made = append(made, rayiam.Removal{Name: name, Owner: owner, Since: r.watch.Issued()})
		}
	}
	return made
}

// since returns the removals of these names. They keep the entities that the resource had
// before the request was issued, for example a set that an earlier resource of the same name
// retained. So the removals also cover the entities that an earlier attempt made before it was
// cut off. Adopted entities are released.
func (r *run) since(names []string) []rayiam.Removal {
	var made []rayiam.Removal
	for _, name := range names {
		made = append(made, rayiam.Removal{Name: name, Owner: r.desired.Owner, Since: r.watch.Issued().Add(-clockSkew)})
	}
	return made
}

func (r *run) declaredNames() []string {
	var names []string
	for _, node := range r.desired.Nodes {
		names = append(names, node.Name)
	}
	return names
}

// rollBack removes the entities that were made for a request that ended with err, and adds the
// result to err: with done, if nothing is left.
func (r *run) rollBack(ctx context.Context, made []rayiam.Removal, err error, done func(error) error) error {
	r.log.Warn("rolling back", slog.String("error", err.Error()))
	r.sync.Hurry()
	back := target{desired: rayiam.Desired{Removals: made}}
	cause := r.removeAll(ctx, back)
	if cause != nil {
		return notRolledBack(err, r.desired.Owner, cause)
	}
	return done(err)
}

func (r *run) removeAll(ctx context.Context, back target) error {
	if r.watch.Last(ctx) == nil {
		return r.converge(ctx, back)
	}
	// Another request may have deleted these entities, so do not wait until IAM shows them.
	// The quiet period finds entities that IAM shows late.
	r.sync.Forget()
	if err := r.converge(ctx, back); err != nil {
		return err
	}
	return r.quietPeriod(ctx, back, r.watch.StillAbandoned)
}

// quietPeriod looks again whether an entity of the target's removals has appeared, and removes
// it if allowed returns no error; a nil allowed allows it.
func (r *run) quietPeriod(ctx context.Context, t target, allowed func(context.Context) error) error {
	defer func(begun time.Time) { r.stage("quiet", begun) }(time.Now())
	t.expected = nil
	return r.watch.QuietPeriod(ctx, follower{r, t, allowed})
}

// A follower removes entities that appear during a quiet period.
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
