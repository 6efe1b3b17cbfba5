package iamsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

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
	codeDenied         = "AccessDenied"
)

func has(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// words reduces the SDK's error to what a person needs: IAM's own code and words,
// and the id that AWS support asks for.
func words(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err.Error()
	}
	text := api.ErrorCode() + ": " + api.ErrorMessage()
	var response interface{ ServiceRequestID() string }
	if errors.As(err, &response) && response.ServiceRequestID() != "" {
		text += " [IAM request " + response.ServiceRequestID() + "]"
	}
	return text
}

// advices say what to do about IAM's final errors.
var advices = map[string]string{
	codeDenied:                "the provider's execution role does not allow this: compare the parameters of the provider's stack with what the template asks for",
	codeOverQuota:             "a quota of the account is used up: remove what is not used, or ask for more in Service Quotas",
	"MalformedPolicyDocument": "correct the policy document in the template",
	"InvalidClientTokenId":    "the function's credentials are not valid in this partition",
}

// A callError is a call that failed for good, or for now.
type callError struct {
	doing string
	err   error
	stale bool // IAM is not as it was observed
}

func (e *callError) Error() string { return e.doing + ": " + words(e.err) }
func (e *callError) Unwrap() error { return e.err }

// A deadlineError says that time ran out, and over what.
type deadlineError struct {
	doing    string
	attempts int
	err      error
}

func (e *deadlineError) Error() string {
	return fmt.Sprintf("%s: no success in %d attempts before the deadline, the last answer was: %s", e.doing, e.attempts, words(e.err))
}
func (e *deadlineError) Unwrap() error { return e.err }

// failures are the errors of calls that were made at once, in the plan's order.
type failures []error

// Error names each, and once what to do about all of one kind.
func (fs failures) Error() string {
	var texts, advice []string
	for _, err := range fs {
		texts = append(texts, err.Error())
		var api smithy.APIError
		if errors.As(err, &api) && advices[api.ErrorCode()] != "" {
			advice = append(advice, advices[api.ErrorCode()])
		}
	}
	text := strings.Join(texts, "; ")
	slices.Sort(advice)
	if advice = slices.Compact(advice); len(advice) > 0 {
		text += " (" + strings.Join(advice, "; ") + ")"
	}
	return text
}

func (fs failures) Unwrap() []error { return fs }

// Stale reports whether a plan failed only because IAM was not, or not any more,
// as it was observed: then a new plan may succeed.
func Stale(err error) bool {
	var e *callError
	return errors.As(err, &e) && e.stale
}

// joined returns the errors that say something, in their order. One that is not
// stale hides those that are: planning again would not cure it.
func joined(errs []error) error {
	var hard, soft failures
	for _, err := range errs {
		switch {
		case err == nil, errors.Is(err, errHalted):
		case Stale(err):
			soft = append(soft, err)
		default:
			hard = append(hard, err)
		}
	}
	switch {
	case len(hard) > 0:
		return hard
	case len(soft) > 0:
		return soft
	}
	return nil
}
