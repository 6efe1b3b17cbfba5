package iamsync

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A verdict says what to do about an error.
type verdict int

const (
	final   verdict = iota // denials, quotas, malformed documents: give up
	waiting                // throttled, or not yet consistent: the call did not happen, repeat it
	faulty                 // a server or network fault: it may have happened, repeat it
	stale                  // IAM is not as it was observed: observe and plan again
	done                   // the call's result is there already
)

// classify returns the verdict on an error that means the same for every call. Each call judges
// the other errors itself.
func classify(err error) verdict {
	var (
		response *smithyhttp.ResponseError
		network  net.Error
	)
	switch {
	case has(err, codeConcurrent), has(err, codeUnmodifiable):
		return waiting
	case isThrottle(err):
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

// IAM's error codes. The SDK has a type for each, but returns this type only from the calls
// whose documentation lists the error, and IAM also returns errors that are not listed.
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
	codeMalformed      = "MalformedPolicyDocument"
	codeUnattachable   = "PolicyNotAttachable"
)

// ofTemplate reports whether a final error of a write is the template's own fault: an inline
// policy that IAM cannot read, a managed policy that no role of this kind can have, or more
// policies than a role can have. A quota of the account is not, and neither is a trust policy:
// the provider writes it.
func ofTemplate(call rayiam.Call, err error) bool {
	switch call {
	case rayiam.PutRolePolicy:
		return has(err, codeMalformed) || has(err, codeOverQuota)
	case rayiam.AttachRolePolicy:
		return has(err, codeUnattachable) || has(err, codeOverQuota)
	}
	return false
}

func has(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// isThrottle reports whether IAM has rejected a call because there were too many.
func isThrottle(err error) bool {
	return err != nil && throttled.IsErrorThrottle(err) == aws.TrueTernary
}

// isAnswer reports whether an error comes from IAM, and not from the network.
func isAnswer(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api)
}

// Stale reports whether a plan failed only because IAM was not, or was no longer, as it had
// been observed. Then a new plan may succeed.
func Stale(err error) bool {
	var e *callError
	return errors.As(err, &e) && e.stale
}

// joined returns the errors that are worth reporting, in their order. An error that is not
// stale hides the stale ones, because planning again would not help.
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
