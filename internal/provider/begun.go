package provider

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/instances"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// withBegun adds to made, the removals of what a failed Update has made, the worker groups that
// an earlier Update had begun to add, and could not roll back. The old properties do not
// declare them, so no later request may name them. But somebody may use them nevertheless, so
// these stay:
//
//   - a group that is older than any stack operation: the stack had retained it;
//   - an adopted group, since IAM does not record when it was adopted;
//   - in a rollback of CloudFormation, every group: it may be a group that the Update which is
//     rolled back has not removed yet;
//   - a group that instances use, or for which EC2 cannot be asked.
func (r *run) withBegun(ctx context.Context, made []rayiam.Removal) []rayiam.Removal {
	var begun []rayiam.Removal
	since := r.watch.Issued().Add(-longestOperation)
	for _, name := range r.added {
		removal := rayiam.Removal{Name: name, Owner: r.desired.Owner, Since: since}
		covered := slices.ContainsFunc(made, func(m rayiam.Removal) bool { return m.Name == name && !r.first.Retained(m) })
		if !covered && !r.expected[name] && r.hadOwn(name) && !r.first.Retained(removal) {
			begun = append(begun, removal)
		}
	}
	if len(begun) == 0 || r.mayRollBack(ctx) {
		return made
	}
	begun = r.unused(ctx, begun)
	made = slices.DeleteFunc(made, func(m rayiam.Removal) bool {
		return slices.ContainsFunc(begun, func(b rayiam.Removal) bool { return b.Name == m.Name })
	})
	return append(made, begun...)
}

// hadOwn reports whether the resource had a role or instance profile of this name when the
// request first observed IAM, and has not adopted it.
func (r *run) hadOwn(name string) bool {
	role, profile := r.first.Roles[name].Tags, r.first.InstanceProfiles[name].Tags
	held := role[rayiam.AdoptedTag] == rayiam.Held || profile[rayiam.AdoptedTag] == rayiam.Held
	return !held && (role[rayiam.OwnerTag] == r.desired.Owner || profile[rayiam.OwnerTag] == r.desired.Owner)
}

// mayRollBack reports whether CloudFormation is rolling the stack back, or cannot be asked.
func (r *run) mayRollBack(ctx context.Context) bool {
	if r.rollingBack == nil {
		return true
	}
	rolling, err := r.rollingBack(ctx)
	if errors.Is(err, stackresource.ErrNoStack) {
		return false
	}
	if err != nil {
		r.log.Warn("cannot tell whether CloudFormation is rolling back", slog.String("error", err.Error()))
	}
	return err != nil || rolling
}

// unused returns the removals without the groups that instances use, or may use.
func (r *run) unused(ctx context.Context, removals []rayiam.Removal) []rayiam.Removal {
	var profiles []string
	for _, removal := range removals {
		profiles = append(profiles, r.profileARN(removal.Name))
	}
	found := finding{err: errNotToBeAsked}
	if r.ec2 != nil {
		found = r.find(ctx, profiles)
	}
	if found.err != nil {
		r.warn(begunKept(notAsked(found.err)))
		return nil
	}
	if len(found.instances) > 0 {
		r.warn(begunKept(&instances.InUseError{Instances: found.instances}))
	}
	return slices.DeleteFunc(removals, func(removal rayiam.Removal) bool {
		arn := r.profileARN(removal.Name)
		return slices.ContainsFunc(found.instances, func(i instances.Instance) bool { return i.Profile == arn })
	})
}
