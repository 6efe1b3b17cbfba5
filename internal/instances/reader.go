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
	smithytime "github.com/aws/smithy-go/time"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	// maxSilence bounds how long Find waits for EC2's first answer, retries included, for
	// example in a VPC without a route to EC2. It is at most half of the time that the request
	// has left.
	maxSilence = 10 * time.Second

	// lookTime bounds how long Find goes on while EC2 does answer, with page after page, or by
	// throttling. It is at most a quarter of the time that the request has left, unless
	// maxSilence is longer.
	lookTime = 60 * time.Second

	// attemptTimeout is how long one call may take. A connection that is silent for longer is
	// broken, or has no route, for example in a VPC without a route to EC2.
	attemptTimeout = 4 * time.Second

	// maxPause bounds the jittered pause before a call is retried.
	maxPause = 2 * time.Second
)

// A Reader asks EC2. It is safe for several callers at once.
type Reader struct {
	client *ec2.Client
	pause  *retry.ExponentialJitterBackoff
}

// New returns a Reader that reaches EC2 as cfg says, in the Region of each call. It retries by
// itself, because the SDK's retries would hide EC2's answers.
func New(cfg aws.Config) *Reader {
	return &Reader{
		client: ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }),
		pause:  retry.NewExponentialJitterBackoff(maxPause),
	}
}

// in makes a call go to a Region.
func in(region string) func(*ec2.Options) {
	return func(o *ec2.Options) { o.Region = region }
}

// limits returns how long Find goes on, in all and without an answer from EC2.
func limits(ctx context.Context) (look, silence time.Duration) {
	end, ok := ctx.Deadline()
	if !ok {
		return lookTime, maxSilence
	}
	left := time.Until(end)
	silence = min(maxSilence, left/2)
	return max(silence, min(lookTime, left/4)), silence
}

// repeat makes a call, and retries it while its error is temporary, until ctx ends, or until
// EC2 has not answered for as long as silence. It returns the error of the last call.
func (r *Reader) repeat(ctx context.Context, silence time.Duration, call func(context.Context) error) error {
	heard := time.Now()
	for n := 1; ; n++ {
		listening, cancel := context.WithDeadline(ctx, heard.Add(silence))
		err := attempt(listening, call)
		if answered(err) {
			cancel()
			heard = time.Now()
			listening, cancel = context.WithDeadline(ctx, heard.Add(silence))
		}
		delay, _ := r.pause.BackoffDelay(n, err)
		over := err == nil || !temporary(err) || smithytime.SleepWithContext(listening, delay) != nil
		cancel()
		if over {
			return err
		}
	}
}

// answered reports whether an error is an answer of EC2, even if only that EC2 is not
// available.
func answered(err error) bool {
	var response *smithyhttp.ResponseError // of a broken connection, too, without a status
	return errors.As(err, &response) && response.HTTPStatusCode() > 0
}

func attempt(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return call(ctx)
}

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// temporary reports whether the same call may succeed a moment later: EC2 throttles it, or a
// server or the network failed. A Region that does not exist, or is switched off, is not
// temporary.
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

// words reduces the SDK's error to EC2's own code and message.
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
