package deployed

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// The sentences that say why a stack or a change set cannot be read, or what to do about it.
var (
	// ErrNoStack is the error of a stack that does not exist.
	ErrNoStack = errors.New("there is no such stack in this account and Region: check the name, --profile and --region")

	// ErrNoResource is the error of a stack or change set without a Custom::RayIAM.
	ErrNoResource = errors.New("it has no " + Type)

	errNotMadeYet = errors.New("CloudFormation is still making it: wait for it (aws cloudformation wait change-set-create-complete), then plan again")
	errNoValues   = errors.New("the change set has no property values: it is too old or too large for CloudFormation to say them, make it again")
)

func severalSets(stackName string, logicalIDs []string) error {
	return fmt.Errorf("stack %s has several %s: choose one by --logical-id: %s", stackName, Type, strings.Join(logicalIDs, ", "))
}

func otherAction(action types.ChangeAction) error {
	return fmt.Errorf("the change set has the action %s for it, which cannot be planned", action)
}

func noChangeSet(message string) error {
	return fmt.Errorf("there is no such change set, check its name: %s", message)
}
