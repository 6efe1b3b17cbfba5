package iamsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A verdict is what to do about an error.
type verdict int

const (
	final   verdict = iota // denials, quotas, malformed documents: give up
	waiting                // throttled, or not yet consistent: the call did not happen, repeat it
	faulty                 // a server or network fault: it may have happened, repeat it
	stale                  // IAM is not as it was observed: observe and plan again
	done                   // what the call was to bring about is so already
)

// classify judges an error of any call. What depends on the call is judged beside
// the call.
func classify(err error) verdict {
	var (
		response *smithyhttp.ResponseError
		network  net.Error
	)
	switch {
	case has(err, codeConcurrent), has(err, codeUnmodifiable):
		return waiting
	case throttled.IsErrorThrottle(err) == aws.TrueTernary:
		return waiting
	case has(err, codeServiceFailure):
		return faulty
	case errors.As(err, &response) && response.HTTPStatusCode() >= 500:
		return faulty
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded):
		return faulty
	case retryable.IsErrorRetryable(err) == aws.TrueTernary:
		return faulty
	}
	return final
}

// IAM's error codes. The SDK has a type for each, but returns it only from the calls
// whose documentation lists the error, and IAM does not keep to these lists.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
const (
	codeConcurrent     = "ConcurrentModification"
	codeUnmodifiable   = "EntityTemporarilyUnmodifiable"
	codeServiceFailure = "ServiceFailure"
	codeAbsent         = "NoSuchEntity"
	codePresent        = "EntityAlreadyExists"
	codeInUse          = "DeleteConflict"
	codeOverQuota      = "LimitExceeded"
)

func has(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// describe reduces the SDK's error to what a person needs: IAM's own code and
// words, what to do, and the id that AWS support asks for.
func describe(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	text := api.ErrorCode() + ": " + api.ErrorMessage()
	if advice := advices[api.ErrorCode()]; advice != "" {
		text += " (" + advice + ")"
	}
	var response interface{ ServiceRequestID() string }
	if errors.As(err, &response) && response.ServiceRequestID() != "" {
		text += " [IAM request " + response.ServiceRequestID() + "]"
	}
	return &describedError{text: text, err: err}
}

var advices = map[string]string{
	"AccessDenied":            "the provider's execution role does not allow it: compare the parameters of the provider's stack with what the template asks for",
	"LimitExceeded":           "a quota of the account: remove what is not used, or ask for more in Service Quotas",
	"MalformedPolicyDocument": "correct the policy document in the template",
	"InvalidClientTokenId":    "the function's credentials are not valid in this partition",
}

type describedError struct {
	text string
	err  error
}

func (e *describedError) Error() string { return e.text }
func (e *describedError) Unwrap() error { return e.err }

// deadlineError says that time ran out, and over what.
type deadlineError struct {
	doing    string
	attempts int
	last     error
}

func (e *deadlineError) Error() string {
	return fmt.Sprintf("%s: no success in %d attempts before the deadline, the last answer was: %v", e.doing, e.attempts, describe(e.last))
}
func (e *deadlineError) Unwrap() error { return e.last }

// staleError says that IAM is not as it was observed.
type staleError struct {
	doing string
	err   error
}

func (e *staleError) Error() string { return fmt.Sprintf("%s: %v", e.doing, describe(e.err)) }
func (e *staleError) Unwrap() error { return e.err }

// Stale reports whether a plan failed only because IAM was not, or not any more,
// as it was observed: then a new plan may succeed.
func Stale(err error) bool {
	var e *staleError
	return errors.As(err, &e)
}

// joined returns the errors that say something, in their order. One that is not
// stale hides those that are: planning again would not cure it.
func joined(errs []error) error {
	var hard, soft []error
	for _, err := range errs {
		switch {
		case err == nil, errors.Is(err, errHalted):
		case Stale(err):
			soft = append(soft, err)
		default:
			hard = append(hard, err)
		}
	}
	if len(hard) > 0 {
		return errors.Join(hard...)
	}
	return errors.Join(soft...)
}
