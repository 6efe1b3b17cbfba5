package rig

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config returns the configuration of AWS clients for code that runs in the test's own
// process. Its calls go past the proxies: they meet no fault and are not recorded.
func (r *Rig) Config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &r.Endpoint,
		HTTPClient: &http.Client{Transport: besides{addHeader(r.Header()), r.Resources.URL}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

// besides sends calls to CloudFormation to its stand-in, and all others to the account.
type besides struct {
	account        addHeader
	cloudFormation string
}

// RoundTrip implements http.RoundTripper. The request's signature names the service that it
// is for.
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
