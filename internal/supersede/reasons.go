package supersede

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
)

// The sentences about a request that CloudFormation no longer waits for, and about questions
// to CloudFormation.

func noLongerAwaited(request cfn.RequestType, age time.Duration, status string) string {
	return fmt.Sprintf("CloudFormation no longer waits for this %s: it was issued %s ago, and the resource is %s", request, age.Round(time.Second), status)
}

// The subjects of an UnexpectedError, and the status of a stack that does not exist.
const (
	thisResource = "this resource"
	thisStack    = "this stack"
	unknownStack = "unknown to it"
)

func notAtWork(subject, status string) string {
	return fmt.Sprintf("CloudFormation is not working on %s, which is %s: the event does not come from CloudFormation, or comes too late", subject, status)
}

func otherAccount(stackID, account string) error {
	return fmt.Errorf("stack %s is of another account than %s, and is not asked for", stackID, account)
}

func askedOnce(err error) error {
	return fmt.Errorf("CloudFormation was asked only once: %w", err)
}

func perhapsOfLaterRequest(err error) error {
	return fmt.Errorf("cannot tell whether the newly created roles belong to a later request: %w", err)
}

// errLaterRequest ends a quiet period: a later request made the entities that have appeared.
var errLaterRequest = errors.New("a later request has made this")
