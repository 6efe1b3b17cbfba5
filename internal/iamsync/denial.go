package iamsync

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A denial of IAM may be temporary. It takes seconds until all of IAM uses the permissions of
// a function that was just deployed, or the tags and the boundary of a role that was just
// created:
// https://github.com/aws/aws-cdk/issues/37675,
// https://github.com/hashicorp/terraform-provider-aws/issues/27028. A denial that IAM calls
// explicit is final.

// A Patience says for how long a call is retried whose denial may be temporary.
type Patience struct {
	// Time is for how long one call is retried, counted from its first denial; 0 for not at
	// all.
	Time time.Duration
	// Started is when the function's process started. Its permissions may be as new.
	Started time.Time
}

// DefaultPatience is for how long AWS's own tools retry a denied call:
// https://github.com/aws/aws-cdk/pull/37878.
const DefaultPatience = 30 * time.Second

// youth is the age up to which a process, a role or an instance profile may be the cause of a
// temporary denial.
const youth = 2 * time.Minute

// A denial is IAM's refusal of a call.
type denial struct {
	policy   string // the kind of policy that denies, in IAM's words; empty if IAM does not say
	explicit bool   // a Deny statement matched, so the denial is final
}

// The phrases of IAM's denials, in lower case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
const (
	explicitPhrase = "explicit deny"
	implicitPhrase = "because no "
)

// The policies that IAM names in a denial, in lower case.
const (
	identityPolicy    = "identity-based policy"
	resourcePolicy    = "resource-based policy"
	boundaryPolicy    = "permissions boundary"
	sessionPolicy     = "session policy"
	servicePolicy     = "service control policy"
	resourceControl   = "resource control policy"
	endpointPolicy    = "vpc endpoint policy"
	declarativePolicy = "declarative policy"
)

var policies = []string{identityPolicy, resourcePolicy, boundaryPolicy, sessionPolicy, servicePolicy, resourceControl, endpointPolicy, declarativePolicy}

// denialOf reads a denial. It returns false for any other error. A denial with a message that
// IAM does not document counts as implicit.
func denialOf(err error) (denial, bool) {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != codeDenied {
		return denial{}, false
	}
	message := strings.ToLower(api.ErrorMessage())
	_, after, explicit := strings.Cut(message, explicitPhrase)
	if !explicit {
		_, after, _ = strings.Cut(message, implicitPhrase)
	}
	d, first := denial{explicit: explicit}, len(after)
	for _, policy := range policies {
		if at := strings.Index(after, policy); at >= 0 && at < first {
			d.policy, first = policy, at
		}
	}
	return d, true
}

// documented is the form of a denial: the principal, the action, the resource, which IAM may
// leave out, and the reason, which may be missing too.
// It is compiled for the first denial, and not at each start of the function.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var documented = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.* is not authorized to perform: )(\S+)(?: on resource: .*?)??((?: because no | with an explicit deny).*)?$`)
})

// kindOfDenial returns a denial without its action and its resource, in which the denials of
// one principal by one policy differ. A message in another form is returned as it is.
func kindOfDenial(message string) string {
	parts := documented().FindStringSubmatch(message)
	if parts == nil {
		return message
	}
	return parts[1] + strings.ReplaceAll(parts[3], parts[2], "")
}

// Denied reports whether a plan failed because IAM denied a call.
func Denied(err error) bool {
	_, denied := denialOf(err)
	return denied
}

// denied returns the verdict on a denial of a call that was first denied at since.
func (b *batch) denied(c apiCall, err error, since time.Time) (verdict, error) {
	d, _ := denialOf(err)
	if d.explicit {
		return final, err
	}
	mayPass := time.Since(since) < b.sync.patience.Time && b.sync.mayPass(c.about)
	if absent := b.absence(c); absent != nil {
		if v := c.judge(absent); v != final {
			return v, absent
		}
	}
	if mayPass || b.ctx.Err() != nil {
		return waiting, err // without time left, that is what the error says
	}
	return final, err
}

// mayPass reports whether a denial of a call about these entities may come from permissions or
// tags that IAM does not use yet.
func (s *Sync) mayPass(about []entity) bool {
	return time.Since(s.patience.Started) < youth || slices.ContainsFunc(about, s.client.changes.has)
}

// absence returns IAM's NoSuchEntity for a role or profile that a call is about, or nil if all
// exist, or if no read can tell. IAM has no tags of a deleted role, so it denies a call whose
// permission has a condition on tags. Only a read, whose permission has no such condition, can
// tell: https://github.com/aws/karpenter-provider-aws/issues/2100.
func (b *batch) absence(c apiCall) error {
	if !c.tagged {
		return nil
	}
	for _, e := range c.about {
		err := b.repeat(apiCall{
			doing:   "reading " + e.kind + " " + e.name,
			decides: true,
			judge:   func(error) verdict { return final },
			attempt: func(ctx context.Context) (err error) {
				if e.kind == roleKind {
					_, err = b.sync.client.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &e.name})
				} else {
					_, err = b.sync.client.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &e.name})
				}
				return err
			},
		})
		if has(err, codeAbsent) {
			return err
		}
	}
	return nil
}

// subjectOf returns the entity by whose tags IAM authorizes a step.
func subjectOf(step rayiam.Step) entity {
	if step.InstanceProfile != "" {
		return entity{profileKind, step.InstanceProfile}
	}
	return entity{roleKind, step.Role}
}

// authorizing returns the entities by which IAM authorizes a step. Adding a role to a profile
// also passes the role, for which IAM needs its path:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html.
func authorizing(step rayiam.Step) []entity {
	if step.Call == rayiam.AddRoleToInstanceProfile {
		return []entity{subjectOf(step), {roleKind, step.Role}}
	}
	return []entity{subjectOf(step)}
}

// conditionedOnTags reports whether a step is about an existing entity, so that IAM authorizes
// it by the entity's tags.
func conditionedOnTags(step rayiam.Step) bool {
	return step.Call != rayiam.CreateRole && step.Call != rayiam.CreateInstanceProfile
}
