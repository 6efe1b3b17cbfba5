package rig_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }

const (
	someDocument  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	otherDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}]}`
	trustDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readOnly      = "arn:aws:iam::aws:policy/ReadOnlyAccess"
)

// account takes an account, and checks when the test ends that the account was wiped.
func account(t *testing.T) *rig.Account {
	t.Helper()
	var a *rig.Account
	t.Cleanup(func() { // after the account's own
		if left, err := rig.Read(context.Background(), a.IAM); len(left) > 0 || err != nil {
			t.Errorf("after Wipe, the account has\n%s (error: %v), want nothing", left, err)
		}
	})
	a = rig.NewAccount(t)
	return a
}

func check[T any](t *testing.T, _ T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A change is one thing that somebody may do to an account, with the lines of a snapshot
// that show it.
type change struct {
	name string
	make func(*testing.T, *iam.Client)
	want string
}

// changes returns one change of each kind. Each is made to the state that the changes
// before it have left.
func changes(number string) []change {
	return slices.Concat(policyChanges(number), roleChanges(number), profileChanges(number))
}

var (
	name = aws.String("r") // of the role and of the instance profile
	tag  = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
)

func call(do func(context.Context, *iam.Client) (any, error)) func(*testing.T, *iam.Client) {
	return func(t *testing.T, c *iam.Client) {
		t.Helper()
		out, err := do(t.Context(), c)
		check(t, out, err)
	}
}

func policyARN(number string) *string { return aws.String("arn:aws:iam::" + number + ":policy/p") }

func policyChanges(number string) []change {
	policy := policyARN(number)
	return []change{
		{"CreatePolicy", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(someDocument)})
		}), "+ policy " + *policy + ": v1 is " + canonical("Allow") + "\n+ policy " + *policy + ": version v1\n"},
		{"CreatePolicyVersion", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policy, PolicyDocument: aws.String(otherDocument)})
		}), "+ policy " + *policy + ": v2 is " + canonical("Deny") + "\n"},
		{"TagPolicy", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: policy, Tags: tag})
		}), "+ policy " + *policy + ": tag k=v\n"},
	}
}

func roleChanges(number string) []change {
	policy := policyARN(number)
	return []change{
		{"CreateRole", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, Path: aws.String("/x/"), AssumeRolePolicyDocument: aws.String(trustDocument)})
		}), "+ role r: arn:aws:iam::" + number + ":role/x/r\n+ role r: " + trusts("ec2") + "\n"},
		{"UpdateAssumeRolePolicy", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(strings.Replace(trustDocument, "ec2", "lambda", 1))})
		}), "- role r: " + trusts("ec2") + "\n+ role r: " + trusts("lambda") + "\n"},
		{"UpdateRole", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: aws.String("d"), MaxSessionDuration: aws.Int32(7200)})
		}), "+ role r: description \"d\"\n+ role r: sessions of 7200 seconds\n"},
		{"TagRole", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tag})
		}), "+ role r: tag k=v\n"},
		{"AttachRolePolicy", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(readOnly)})
		}), "+ role r: attached " + readOnly + "\n"},
		{"PutRolePolicy", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("i"), PolicyDocument: aws.String(someDocument)})
		}), "+ role r: inline i " + canonical("Allow") + "\n"},
		{"PutRolePermissionsBoundary", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: policy})
		}), "+ role r: boundary " + *policy + "\n"},
	}
}

func profileChanges(number string) []change {
	return []change{
		{"CreateInstanceProfile", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name})
		}), "+ profile r: arn:aws:iam::" + number + ":instance-profile/r\n"},
		{"TagInstanceProfile", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: tag})
		}), "+ profile r: tag k=v\n"},
		{"AddRoleToInstanceProfile", call(func(ctx context.Context, c *iam.Client) (any, error) {
			return c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
		}), "+ profile r: holds r\n"},
	}
}

// canonical returns a document of this test in the form in which a snapshot shows it.
func canonical(effect string) string {
	return fmt.Sprintf(`{"Statement":[{"Action":"s3:GetObject","Effect":%q,"Resource":"*"}],"Version":"2012-10-17"}`, effect)
}

func trusts(service string) string {
	return `trusts {"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"}}],"Version":"2012-10-17"}`
}

// TestRead_ShowsEveryChange proves that a snapshot shows every kind of change to an
// account, and nothing else. Tests that say that nothing changed depend on this.
func TestRead_ShowsEveryChange(t *testing.T) {
	a := account(t)
	before := a.Snapshot()
	for _, change := range changes(a.AccountID) {
		change.make(t, a.IAM)
		after := a.Snapshot()
		if got := rig.Diff(before, after); got != change.want {
			t.Errorf("%s: the snapshots differ in\n%s\nwant\n%s", change.name, got, change.want)
		}
		if got := rig.Diff(after, a.Snapshot()); got != "" || !slices.Equal(after, a.Snapshot()) {
			t.Errorf("after %s, reading twice gives\n%s", change.name, got)
		}
		before = after
	}
}

// TestRead_Pages proves that neither a snapshot nor Wipe stops after the first page of a
// list.
func TestRead_Pages(t *testing.T) {
	a := account(t)
	const n = 105
	var policies []types.Policy
	for pages := iam.NewListPoliciesPaginator(a.IAM, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws}); len(policies) < n; {
		page, err := pages.NextPage(t.Context())
		check(t, page, err)
		policies = append(policies, page.Policies...)
	}
	for i := range n {
		name := fmt.Sprintf("n%03d", i)
		a.CreateRole(name, "/")
		a.CreateProfile(name, "/")
		a.AttachPolicy("n000", *policies[i].Arn)
	}
	snapshot := a.Snapshot()
	for _, fact := range []string{": trusts ", ":instance-profile/", "role n000: attached "} {
		if got := len(snapshot.Matching(fact)); got != n {
			t.Errorf("%d lines with %q, want %d", got, fact, n)
		}
	}
}

// TestWipe_Keeps proves that Wipe leaves what it is told to keep unchanged, and deletes
// everything else.
func TestWipe_Keeps(t *testing.T) {
	a := account(t)
	for _, change := range changes(a.AccountID) {
		change.make(t, a.IAM)
	}
	before := a.Snapshot()
	a.CreateRole("rr", "/")
	a.Keep = []string{"r", "p"}
	a.Wipe()
	if diff := rig.Diff(before, a.Snapshot()); diff != "" {
		t.Errorf("wiping all but r and p changed\n%s", diff)
	}
	a.Keep = nil
}

// TestMatching checks which lines Matching and Without return.
func TestMatching(t *testing.T) {
	s := rig.Snapshot{"role a: x", "role b: y", "profile a: z"}
	if got, want := s.Matching("role b", ": z"), (rig.Snapshot{"role b: y", "profile a: z"}); !slices.Equal(got, want) {
		t.Errorf("Matching: got %q, want %q", got, want)
	}
	if got, want := s.Without("role b", ": z"), (rig.Snapshot{"role a: x"}); !slices.Equal(got, want) {
		t.Errorf("Without: got %q, want %q", got, want)
	}
	if got := s.Matching("c"); len(got) != 0 {
		t.Errorf("Matching: got %q, want none", got)
	}
}

// TestDiff checks the form of a difference, and that equal snapshots have none.
func TestDiff(t *testing.T) {
	a, b := rig.Snapshot{"one", "two"}, rig.Snapshot{"three", "two"}
	if got, want := rig.Diff(a, b), "- one\n+ three\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := rig.Diff(a, a); got != "" {
		t.Errorf("got %q, want none", got)
	}
}
