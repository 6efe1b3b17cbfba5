package iamsync

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// A Client has the state that the requests of one process share: the connections to IAM, the
// rate of the calls, the managed policies of AWS that IAM has lately shown to exist, and the
// roles and instance profiles that have lately changed. It is safe for several requests at once.
type Client struct {
	iam     *iam.Client
	known   *knownPolicies
	changes *changes
	pace    pace
}

// NewClient returns a Client that reaches IAM as cfg says. The SDK's own retries are switched
// off, because each request retries until its deadline, and the SDK only counts attempts. For
// the duration memory, a process does not ask IAM again for a managed policy of AWS that
// exists; with 0, every request asks.
func NewClient(cfg aws.Config, memory time.Duration) *Client {
	return &Client{
		iam:     iam.NewFromConfig(cfg, func(o *iam.Options) { o.Retryer = aws.NopRetryer{} }),
		known:   &knownPolicies{memory: memory, seen: map[string]time.Time{}},
		changes: &changes{latest: map[entity]time.Time{}},
	}
}
