package customresource

import (
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/cfn"
)

// The sentences in a Reason or the log that do not come from the resource.

// notAnswerable is the log's sentence for errNoURL.
const notAnswerable = "the event has no response URL: it cannot be answered, so nothing is done"

var (
	errNoURL   = errors.New("the event has no ResponseURL of http or https")
	errExpired = errors.New("the response URL has expired, so CloudFormation has given up on this request: nothing was changed")
)

func otherType(t cfn.RequestType) error {
	return fmt.Errorf("RequestType %q is none of Create, Update and Delete", t)
}

func panicked(value any) error {
	return fmt.Errorf("the provider failed in a way that is a bug: panic: %v", value)
}

func notDone(cause error) error {
	return fmt.Errorf("the work was not done before the deadline: %w", cause)
}

func attributesTooLong() string {
	return fmt.Sprintf("the attributes do not fit into the %d bytes of an answer: use shorter names, a shorter Path or fewer worker groups", MaxAnswer)
}
