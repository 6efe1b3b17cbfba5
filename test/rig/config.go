package rig

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config is for code that is to reach the account as the function does, but in the test's own
// process and beside the proxies: what it calls meets no fault and is not recorded.
func (r *Rig) Config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &r.Endpoint,
		HTTPClient: &http.Client{Transport: besides{addHeader(r.Header()), r.Resources.URL}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

// besides takes calls to CloudFormation to its stand-in, and all others to the account.
type besides struct {
	account        addHeader
	cloudFormation string
}

// RoundTrip implements http.RoundTripper. The signature says which service a call is for.
func (b besides) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.Header.Get("Authorization"), "/cloudformation/aws4_request") {
		to, err := url.Parse(b.cloudFormation)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL.Host, r.Host = to.Host, to.Host
	}
	return b.account.RoundTrip(r)
}
