package iamsync

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// Observe returns the roles and instance profiles with the names of lookups, and which of the
// managed policies do not exist, like MissingPolicies. For a lookup that is Expected, it reads
// everything at once, in one round trip. For the others, a second round trip reads the details
// of the existing entities.
func (s *Sync) Observe(ctx context.Context, lookups []rayiam.Lookup, policies []string) (rayiam.Observed, map[string]bool, error) {
	o := &observation{
		roles:    make([]*rayiam.Role, len(lookups)),
		profiles: make([]*rayiam.InstanceProfile, len(lookups)),
		details:  make([]*details, len(lookups)),
	}
	var reads []func(*batch) error
	for i, l := range lookups {
		o.details[i] = &details{documents: map[string]string{}}
		reads = append(reads,
			func(b *batch) (err error) { o.roles[i], err = b.getRole(l); return err },
			func(b *batch) (err error) { o.profiles[i], err = b.getInstanceProfile(l); return err })
		if l.Expected {
			reads = append(reads, o.details[i].reads(l)...)
		}
	}
	missing := newMissing()
	reads = append(reads, s.policyReads(missing, policies)...)
	if err := s.read(ctx, reads); err != nil {
		return rayiam.Observed{}, nil, err
	}
	var late []func(*batch) error
	for i, l := range lookups {
		if o.roles[i] != nil && !l.Expected {
			late = append(late, o.details[i].reads(l)...)
		}
	}
	if err := s.read(ctx, late); err != nil {
		return rayiam.Observed{}, nil, err
	}
	return o.observed(lookups), missing.arns, nil
}

func (s *Sync) read(ctx context.Context, reads []func(*batch) error) error {
	return joined(s.parallel(ctx, len(reads), func(b *batch, i int) error { return reads[i](b) }))
}

// An observation collects the results of the reads, one entry for each lookup.
type observation struct {
	roles    []*rayiam.Role
	profiles []*rayiam.InstanceProfile
	details  []*details
}

// details are the parts of a role that GetRole does not return.
type details struct {
	attached []string
	inline   []string
	holders  []string

	mu        sync.Mutex
	documents map[string]string
}

func (d *details) reads(l rayiam.Lookup) []func(*batch) error {
	reads := []func(*batch) error{
		func(b *batch) (err error) { d.attached, err = b.listAttachedRolePolicies(l.Name); return err },
		func(b *batch) (err error) { d.inline, err = b.listRolePolicies(l.Name); return err },
	}
	if l.Removal {
		reads = append(reads, func(b *batch) (err error) { d.holders, err = b.listInstanceProfilesForRole(l.Name); return err })
	}
	for _, name := range l.Documents {
		reads = append(reads, func(b *batch) error { return b.getRolePolicy(d, l.Name, name) })
	}
	return reads
}

func (o *observation) observed(lookups []rayiam.Lookup) rayiam.Observed {
	observed := rayiam.Observed{Roles: map[string]rayiam.Role{}, InstanceProfiles: map[string]rayiam.InstanceProfile{}}
	for i, l := range lookups {
		if role, d := o.roles[i], o.details[i]; role != nil {
			role.ManagedPolicyARNs, role.InstanceProfiles = d.attached, d.holders
			role.InlinePolicies = map[string]string{}
			for _, name := range d.inline {
				role.InlinePolicies[name] = ""
			}
			for name, document := range d.documents {
				role.InlinePolicies[name] = document
			}
			observed.Roles[l.Name] = *role
		}
		if profile := o.profiles[i]; profile != nil {
			observed.InstanceProfiles[l.Name] = *profile
		}
	}
	return observed
}

// absentIsDone treats NoSuchEntity as an answer instead of an error.
func absentIsDone(err error) verdict {
	if has(err, codeAbsent) {
		return done
	}
	return final
}

func absentIsWaiting(err error) verdict {
	if has(err, codeAbsent) {
		return waiting
	}
	return final
}

func (b *batch) getRole(l rayiam.Lookup) (*rayiam.Role, error) {
	var role *rayiam.Role
	err := b.readEntity(entity{roleKind, l.Name}, l.OutOfBounds, func(ctx context.Context) error {
		out, err := b.sync.client.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &l.Name})
		if err != nil {
			return err
		}
		role = &rayiam.Role{
			Name: aws.ToString(out.Role.RoleName), Path: aws.ToString(out.Role.Path),
			Created: aws.ToTime(out.Role.CreateDate), TrustPolicy: decoded(out.Role.AssumeRolePolicyDocument), Tags: tagMap(out.Role.Tags),
		}
		if boundary := out.Role.PermissionsBoundary; boundary != nil {
			role.PermissionsBoundary = aws.ToString(boundary.PermissionsBoundaryArn)
		}
		b.sync.client.changes.add(entity{roleKind, l.Name}, role.Created)
		return nil
	})
	return role, err
}

func (b *batch) getInstanceProfile(l rayiam.Lookup) (*rayiam.InstanceProfile, error) {
	var profile *rayiam.InstanceProfile
	err := b.readEntity(entity{profileKind, l.Name}, l.OutOfBounds, func(ctx context.Context) error {
		out, err := b.sync.client.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &l.Name})
		if err != nil {
			return err
		}
		p := out.InstanceProfile
		profile = &rayiam.InstanceProfile{
			Name: aws.ToString(p.InstanceProfileName), Path: aws.ToString(p.Path),
			Created: aws.ToTime(p.CreateDate), Tags: tagMap(p.Tags),
		}
		for _, role := range p.Roles {
			profile.Roles = append(profile.Roles, aws.ToString(role.RoleName))
		}
		b.sync.client.changes.add(entity{profileKind, l.Name}, profile.Created)
		return nil
	})
	return profile, err
}

func (b *batch) getRolePolicy(d *details, role, name string) error {
	return b.read(fmt.Sprintf("reading inline policy %s of role %s", name, role), []entity{{roleKind, role}}, func(ctx context.Context) error {
		out, err := b.sync.client.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		if err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.documents[name] = decoded(out.PolicyDocument)
		return nil
	})
}

// readEntity reads a role or instance profile. NoSuchEntity is an answer, unless the role or
// profile is known to exist. So is a denial, if the name is outside the provider's bounds.
func (b *batch) readEntity(e entity, beyond bool, attempt func(context.Context) error) error {
	doing, judge := "reading "+e.kind+" "+e.name, absentIsDone
	switch {
	case b.sync.exists(e):
		judge = absentIsWaiting
	case beyond:
		judge = func(err error) verdict {
			if has(err, codeDenied) {
				b.sync.log.Warn("the provider may not read this name, so it has made nothing under it", "doing", doing, slog.String("error", words(err)))
				return done
			}
			return absentIsDone(err)
		}
	}
	return b.do(apiCall{doing: doing, about: []entity{e}, judge: judge, attempt: attempt})
}

// read reads something about a role or instance profile or, with no entity, about a managed
// policy. NoSuchEntity is an answer.
func (b *batch) read(doing string, about []entity, attempt func(context.Context) error) error {
	return b.do(apiCall{doing: doing, about: about, judge: absentIsDone, attempt: attempt})
}

// decoded undoes the percent-encoding in which the SDK returns policy documents.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
func decoded(document *string) string {
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		return aws.ToString(document)
	}
	return text
}

func tagMap(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, tag := range tags {
		m[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return m
}
