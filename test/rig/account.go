package rig

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

// An Account is an account that one test has for itself, with an IAM client that reaches it
// without going through a proxy. Whatever goes wrong with the account is a failure of TB.
type Account struct {
	TB        testing.TB // the test, or the part of the test that runs at the moment
	AccountID string
	Endpoint  string // of the account's server
	IAM       *iam.Client

	Keep  []string // names of roles, profiles and policies that Wipe does not delete
	Spent bool     // the account has more in it than Wipe deletes: no other test may have it
}

// NewAccount takes an account until the end of the test.
func NewAccount(tb testing.TB) *Account {
	tb.Helper()
	at, err := shared.take(max(suite.Servers, 1))
	if err != nil {
		tb.Fatal(err)
	}
	a := &Account{TB: tb, AccountID: at.account, Endpoint: at.url}
	a.IAM = Client(a.Endpoint, a.Header())
	tb.Cleanup(func() {
		a.TB = tb
		a.Wipe()
		if !a.Spent {
			shared.giveBack(at)
		}
	})
	return a
}

// Header returns the header with which a request to the server belongs to the account.
func (a *Account) Header() http.Header { return http.Header{moto.AccountHeader: {a.AccountID}} }

// Snapshot reads the whole account.
func (a *Account) Snapshot() Snapshot {
	a.TB.Helper()
	return a.read(Read)
}

// Roles reads the account's roles and instance profiles, as ReadRoles does.
func (a *Account) Roles() Snapshot {
	a.TB.Helper()
	return a.read(ReadRoles)
}

func (a *Account) read(read func(context.Context, *iam.Client) (Snapshot, error)) Snapshot {
	a.TB.Helper()
	snapshot, err := read(context.Background(), a.IAM)
	if err != nil {
		a.TB.Fatalf("reading the account: %v", err)
	}
	return snapshot
}

// Wipe empties the account, except for the names in Keep.
func (a *Account) Wipe() {
	a.TB.Helper()
	if err := Wipe(context.Background(), a.IAM, a.Keep...); err != nil {
		a.TB.Fatalf("wiping the account: %v", err)
	}
}

// PolicyDocument returns the document of a managed policy in its default version.
func (a *Account) PolicyDocument(arn string) string {
	a.TB.Helper()
	policy, err := a.IAM.GetPolicy(background, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		a.TB.Fatal(err)
	}
	version, err := a.IAM.GetPolicyVersion(background, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		a.TB.Fatal(err)
	}
	document, err := url.QueryUnescape(aws.ToString(version.PolicyVersion.Document))
	if err != nil {
		a.TB.Fatal(err)
	}
	return document
}
