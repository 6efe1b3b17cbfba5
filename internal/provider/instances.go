package provider

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/instances"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// ec2Questions are a run's calls to EC2.
type ec2Questions struct {
	reader  *instances.Reader
	regions []string // the stack's own first
}

// useEC2 makes the run ask EC2.
func (r *run) useEC2(p *Provider) {
	regions := []string{r.stack.Region}
	for _, region := range p.regions {
		if !slices.Contains(regions, region) {
			regions = append(regions, region)
		}
	}
	r.ec2 = &ec2Questions{reader: p.instances, regions: regions}
	r.awaitKnown = func(ctx context.Context, names []string, limit time.Duration) {
		r.ec2.reader.AwaitKnown(ctx, r.stack.Region, r.newProfiles(names), limit, r.log)
	}
}

// newProfiles returns the ARNs of declared instance profiles.
func (r *run) newProfiles(names []string) []string {
	var arns []string
	for _, node := range r.desired.Nodes {
		if slices.Contains(names, node.Name) {
			arns = append(arns, r.stack.InstanceProfileARN(node.Path, node.Name))
		}
	}
	return arns
}

// timeToBeKnown is how long a request waits until EC2 knows the new profiles: at most half of
// the time that is left after the propagation wait is set aside.
func timeToBeKnown(ctx context.Context, wait time.Duration) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return instances.MaxWait
	}
	return max(0, min(instances.MaxWait, (time.Until(end)-wait)/2))
}

// A finding is the instances that use the profiles to be deleted, and the error if not all
// instances could be found.
type finding struct {
	instances []instances.Instance
	err       error
}

// findWhileObserving looks for instances that use the profiles to be deleted, at the same time
// as IAM is observed, so that no round trip is added. A plan is refused if it deletes a
// profile or role that these instances use.
func (r *run) findWhileObserving(ctx context.Context) {
	if r.ec2 == nil || !r.guarded || len(r.desired.Removals) == 0 {
		return
	}
	var profiles []string
	for _, removal := range r.desired.Removals {
		profiles = append(profiles, r.stack.InstanceProfileARN(r.path, removal.Name))
	}
	found := make(chan finding, 1)
	go func() { found <- r.find(ctx, profiles) }()
	r.inUse = func(ctx context.Context, plan rayiam.Plan) error {
		first := <-found
		found <- first
		return r.judge(ctx, plan, profiles, first)
	}
}

func (r *run) find(ctx context.Context, profiles []string) finding {
	begun := time.Now()
	list, err := r.ec2.reader.Find(ctx, r.ec2.regions, profiles)
	if ctx.Err() == nil { // otherwise the request is over: there was nothing to delete
		r.log.Info("looked for instances", "regions", r.ec2.regions, "found", len(list), "ms", time.Since(begun).Milliseconds())
	}
	return finding{list, err}
}

// judge refuses a plan by which instances lose their identity. The finding is about the
// profiles at the declared path. If IAM has one of them at another path, EC2 is asked again.
func (r *run) judge(ctx context.Context, plan rayiam.Plan, profiles []string, found finding) error {
	losing := r.losing(plan)
	if len(losing) == 0 {
		return nil
	}
	if slices.ContainsFunc(losing, func(arn string) bool { return !slices.Contains(profiles, arn) }) {
		found = r.find(ctx, losing)
	}
	users := slices.DeleteFunc(slices.Clone(found.instances), func(i instances.Instance) bool { return !slices.Contains(losing, i.Profile) })
	if len(users) == 0 {
		switch {
		case found.err != nil && r.ofOrphan:
			return notAsked(found.err)
		case found.err != nil:
			r.warn(notAllFound(found.err))
		}
		return nil
	}
	inUse := &instances.InUseError{Instances: users, Deleting: r.kind.Rule().DeletesSet, Orphaned: r.ofOrphan}
	// A Delete with a generated id rolls back a Create that never answered.
	rollingBack := r.kind.Rule().CreateUnanswered || r.isRollingBack(ctx)
	switch {
	case rollingBack && r.keepsOld(plan, users):
		r.warn(keptInUse(inUse))
		return errKept
	case r.kind.Rule().CreateUnanswered:
		r.warn(createNeverAnswered(inUse))
		return nil
	case rollingBack:
		r.warn(notHeldUp(inUse))
		return nil
	}
	return inUse
}

// keepsOld reports whether a Delete, with which CloudFormation rolls a Create back, would
// delete entities that instances use and that are older than the operation that is rolled
// back. The Create has found that set, which the stack had retained before, and has not made
// it. From then on the plan keeps entities of that age. A run does so once: the entities that
// the next plan still deletes are younger.
func (r *run) keepsOld(plan rayiam.Plan, users []instances.Instance) bool {
	if !r.kind.Rule().DeletesSet || !r.keepBefore.IsZero() {
		return false
	}
	since := r.watch.Issued().Add(-longestOperation)
	if !slices.ContainsFunc(plan.UnusableProfiles(), func(name string) bool {
		arn := r.profileARN(name)
		return slices.ContainsFunc(users, func(i instances.Instance) bool { return i.Profile == arn }) &&
			r.first.Retained(rayiam.Removal{Name: name, Owner: r.desired.Owner, Since: since})
	}) {
		return false
	}
	r.keepBefore = since
	return true
}

// withoutKept returns the removals without the entities that are kept.
func (r *reconciler) withoutKept(removals []rayiam.Removal) []rayiam.Removal {
	if r.keepBefore.IsZero() {
		return removals
	}
	removals = slices.Clone(removals)
	for i := range removals {
		removals[i].Since = r.keepBefore
	}
	return removals
}

// losing returns the ARNs of the instance profiles that a plan deletes, or whose role it
// deletes.
func (r *run) losing(plan rayiam.Plan) []string {
	var arns []string
	for _, name := range plan.UnusableProfiles() {
		arns = append(arns, r.profileARN(name))
	}
	return arns
}

// profileARN returns the ARN of an instance profile that is to be deleted.
func (r *run) profileARN(name string) string {
	path := r.path
	if profile, ok := r.first.InstanceProfiles[name]; ok {
		path = profile.Path
	}
	return r.stack.InstanceProfileARN(path, name)
}

// refusedAsInUse returns an error if instances use what a plan deletes. After errKept,
// another plan may be applied.
func (r *reconciler) refusedAsInUse(ctx context.Context, t target, plan rayiam.Plan) error {
	if t.inUse == nil {
		return nil
	}
	err := t.inUse(ctx, plan)
	switch {
	case err == nil, errors.Is(err, errKept):
		return err
	case r.wrote:
		return notReverted(err)
	}
	return nothingChanged(err)
}
