package instances

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	// lookTime bounds how long EC2 is asked for instances, repetitions included.
	lookTime = 10 * time.Second

	// attemptTimeout is how long one call may take. A connection that is silent for longer
	// is broken, or leads nowhere, as in a VPC without a way to EC2.
	attemptTimeout = 4 * time.Second

	// maxPause bounds the jittered pause before a call is repeated.
	maxPause = 2 * time.Second
)

// A Reader asks EC2. It is safe for several callers at once.
type Reader struct {
	client *ec2.Client
	pause  *retry.ExponentialJitterBackoff
}

// New returns a Reader that reaches EC2 as cfg says, in whatever Region it is asked for. It
// does the repeating itself: the SDK's own would hide what EC2 has answered.
func New(cfg aws.Config) *Reader {
	return &Reader{
		client: ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }),
		pause:  retry.NewExponentialJitterBackoff(maxPause),
	}
}

// in has a call go to a Region.
func in(region string) func(*ec2.Options) {
	return func(o *ec2.Options) { o.Region = region }
}

// repeat makes a call, and repeats it while its error is temporary, until ctx ends. The
// error is of the last answer.
func (r *Reader) repeat(ctx context.Context, call func(context.Context) error) error {
	for n := 1; ; n++ {
		err := attempt(ctx, call)
		if err == nil || !temporary(err) {
			return err
		}
		delay, _ := r.pause.BackoffDelay(n, err)
		if sleep(ctx, delay) != nil {
			return err
		}
	}
}

func attempt(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return call(ctx)
}

// sleep waits for d. The error is that of ctx, if it ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// temporary reports whether the same call may succeed a moment later: EC2 throttles it, or a
// server or the network failed. A Region that does not exist, or is switched off, does not
// come by itself.
func temporary(err error) bool {
	var (
		response *smithyhttp.ResponseError
		name     *net.DNSError
		network  net.Error
	)
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return false
	case throttled.IsErrorThrottle(err) == aws.TrueTernary, retryable.IsErrorRetryable(err) == aws.TrueTernary:
		return true
	case errors.As(err, &response) && response.HTTPStatusCode() >= 500:
		return true
	}
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)
}

// words reduces the SDK's error to what a person needs: EC2's own code and words.
func words(err error) string {
	var (
		api     smithy.APIError
		network net.Error
	)
	switch {
	case errors.As(err, &api):
		return api.ErrorCode() + ": " + api.ErrorMessage()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return noAnswer
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return brokenConnection(err)
}
