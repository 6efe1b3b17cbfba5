// Package rig is what all suites share: an IAM account for each test, changes made to it by
// hand, and the built function that works in it.
//
// It starts, shares and stops all of these. It checks only what must be true of every
// process of the function: its log shows no response URL and no data race. All other checks
// are the suites' own.
package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A Snapshot is everything in an account, one line for each fact, in a stable order. It
// leaves out ids and dates, and contains everything else that a caller can change.
type Snapshot []string

// Client returns an IAM client for a server that adds header to each call. The client does
// not retry, so that a test sees every failed call.
func Client(endpoint string, header http.Header) *iam.Client {
	return iam.New(iam.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
		HTTPClient: &http.Client{Transport: addHeader(header)},
		Retryer:    aws.NopRetryer{},
	})
}

type addHeader http.Header

// RoundTrip hides that the SDK's request body implements io.WriterTo. The SDK closes the
// body once an answer is there. If net/http reads the body only then, it takes the EOF of
// the closed body for an error, and closes the connection before the answer is read. This
// happens with servers on the same machine, which answer fast enough.
func (h addHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Body = struct{ io.ReadCloser }{r.Body}
	for name, values := range h {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Read returns the account's snapshot.
func Read(ctx context.Context, c *iam.Client) (Snapshot, error) {
	r := reader{ctx: ctx, client: c}
	r.roles()
	r.profiles()
	r.policies()
	slices.Sort(r.lines)
	return r.lines, r.err
}

// ReadRoles returns the roles and instance profiles without descriptions and session
// durations, for which two calls are enough. Tests that read accounts thousands of times
// need it.
func ReadRoles(ctx context.Context, c *iam.Client) (Snapshot, error) {
	r := reader{ctx: ctx, client: c, listed: true}
	r.roles()
	r.profiles()
	slices.Sort(r.lines)
	return r.lines, r.err
}

// Diff returns the lines that are in only one of the snapshots, marked with - and +;
// nothing if both are equal.
func Diff(before, after Snapshot) string {
	var out strings.Builder
	lines := func(sign string, of, without Snapshot) {
		for _, line := range of {
			if !slices.Contains(without, line) {
				out.WriteString(sign + line + "\n")
			}
		}
	}
	lines("- ", before, after)
	lines("+ ", after, before)
	return out.String()
}

// Matching returns the lines that contain any of the words.
func (s Snapshot) Matching(words ...string) Snapshot {
	var lines Snapshot
	for _, line := range s {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// Without returns the lines that contain none of the words.
func (s Snapshot) Without(words ...string) Snapshot {
	var lines Snapshot
	for _, line := range s {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// String renders the snapshot for a person.
func (s Snapshot) String() string { return strings.Join(s, "\n") }

type reader struct {
	ctx    context.Context
	client *iam.Client
	listed bool // what the lists say is enough
	lines  Snapshot
	err    error
}

func (r *reader) add(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *reader) keep(err error) bool {
	if r.err == nil {
		r.err = err
	}
	return err == nil
}

// roles reads the list of roles and, unless the list is enough, each role.
func (r *reader) roles() {
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(r.client, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole}})
	for pages.HasMorePages() && r.err == nil {
		page, err := pages.NextPage(r.ctx)
		if !r.keep(err) {
			return
		}
		for _, role := range page.RoleDetailList {
			name := aws.ToString(role.RoleName)
			r.add("role %s: %s", name, aws.ToString(role.Arn))
			r.add("role %s: trusts %s", name, document(role.AssumeRolePolicyDocument))
			r.tags("role "+name, role.Tags)
			for _, p := range role.AttachedManagedPolicies {
				r.add("role %s: attached %s", name, aws.ToString(p.PolicyArn))
			}
			for _, p := range role.RolePolicyList {
				r.add("role %s: inline %s %s", name, aws.ToString(p.PolicyName), document(p.PolicyDocument))
			}
			if b := role.PermissionsBoundary; b != nil {
				r.add("role %s: boundary %s", name, aws.ToString(b.PermissionsBoundaryArn))
			}
			if !r.listed {
				r.role(name)
			}
		}
	}
}

// defaultSession is the MaxSessionDuration of a role for which nobody set it, in seconds.
const defaultSession = 3600

// role reads what the list of roles leaves out.
func (r *reader) role(name string) {
	out, err := r.client.GetRole(r.ctx, &iam.GetRoleInput{RoleName: &name})
	if !r.keep(err) {
		return
	}
	if d := aws.ToString(out.Role.Description); d != "" {
		r.add("role %s: description %q", name, d)
	}
	if seconds := aws.ToInt32(out.Role.MaxSessionDuration); seconds != defaultSession {
		r.add("role %s: sessions of %d seconds", name, seconds)
	}
}

// policiesOf returns the ARNs of a role's managed policies and the names of its
// inline ones.
func policiesOf(ctx context.Context, c *iam.Client, role string) (attached, inline []string, err error) {
	for pages := iam.NewListAttachedRolePoliciesPaginator(c, &iam.ListAttachedRolePoliciesInput{RoleName: &role}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range page.AttachedPolicies {
			attached = append(attached, aws.ToString(p.PolicyArn))
		}
	}
	for pages := iam.NewListRolePoliciesPaginator(c, &iam.ListRolePoliciesInput{RoleName: &role}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		inline = append(inline, page.PolicyNames...)
	}
	return attached, inline, nil
}

func (r *reader) profiles() {
	pages := iam.NewListInstanceProfilesPaginator(r.client, &iam.ListInstanceProfilesInput{})
	for pages.HasMorePages() && r.err == nil {
		page, err := pages.NextPage(r.ctx)
		if !r.keep(err) {
			return
		}
		for _, p := range page.InstanceProfiles {
			if !r.listed {
				out, err := r.client.GetInstanceProfile(r.ctx, &iam.GetInstanceProfileInput{InstanceProfileName: p.InstanceProfileName})
				if !r.keep(err) {
					return
				}
				p = *out.InstanceProfile
			}
			name := aws.ToString(p.InstanceProfileName)
			r.add("profile %s: %s", name, aws.ToString(p.Arn))
			r.tags("profile "+name, p.Tags)
			for _, role := range p.Roles {
				r.add("profile %s: holds %s", name, aws.ToString(role.RoleName))
			}
		}
	}
}

func (r *reader) policies() {
	pages := iam.NewListPoliciesPaginator(r.client, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	for pages.HasMorePages() && r.err == nil {
		page, err := pages.NextPage(r.ctx)
		if !r.keep(err) {
			return
		}
		for _, p := range page.Policies {
			r.add("policy %s: version %s", aws.ToString(p.Arn), aws.ToString(p.DefaultVersionId))
			r.policy(p.Arn)
		}
	}
}

// policy reads a customer managed policy's tags and the documents of all its versions.
func (r *reader) policy(arn *string) {
	out, err := r.client.GetPolicy(r.ctx, &iam.GetPolicyInput{PolicyArn: arn})
	if !r.keep(err) {
		return
	}
	r.tags("policy "+aws.ToString(arn), out.Policy.Tags)
	versions, err := r.client.ListPolicyVersions(r.ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
	if !r.keep(err) {
		return
	}
	for _, listed := range versions.Versions {
		version, err := r.client.GetPolicyVersion(r.ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: listed.VersionId})
		if !r.keep(err) {
			return
		}
		r.add("policy %s: %s is %s", aws.ToString(arn), aws.ToString(listed.VersionId), document(version.PolicyVersion.Document))
	}
}

func (r *reader) tags(entity string, tags []types.Tag) {
	m := map[string]string{}
	for _, tag := range tags {
		m[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		r.add("%s: tag %s=%s", entity, key, m[key])
	}
}

// document renders a policy document with sorted keys and without white space.
func document(encoded *string) string {
	text, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		text = aws.ToString(encoded)
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	canonical, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(canonical)
}
