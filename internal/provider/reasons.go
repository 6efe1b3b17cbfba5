package provider

import (
	"errors"
	"fmt"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// The sentences in which a request's Reason says how it ended. docs/runbook.md quotes
// them.
const (
	differsInCaseOnly = "the current one is %s, and IAM treats names that differ only in case as one name: choose one that differs in more than case"
	attributesTooLong = "the attributes of so many or so long names do not fit into the %d bytes of an answer to CloudFormation: use fewer groups, shorter names or a shorter Path"
)

func wrongAccount(provider, stack string) error {
	return fmt.Errorf("the provider runs in account %s and the stack is in account %s: it would make the roles in the wrong account, so deploy the provider there and point ServiceToken to it", provider, stack)
}

func nothingChanged(err error) error { return fmt.Errorf("nothing was changed: %w", err) }

// notReverted does not wrap err: the entities that are left are a failure, whatever the cause.
func notReverted(err error) error {
	return fmt.Errorf("%v; changes made before that were not reverted", err)
}

func rolledBack(err error) error {
	return fmt.Errorf("%w; what this request had made was rolled back", err)
}

func groupsRolledBack(err error) error {
	return fmt.Errorf("%w; the worker groups that this Update had begun to add were removed again", err)
}

// notRolledBack does not wrap err: the entities that are left are a failure, whatever the
// cause.
func notRolledBack(err error, owner string, cause error) error {
	return fmt.Errorf("%v; and what this request had made could not be rolled back: see the roles and instance profiles with the tag %s=%s: %v", err, rayiam.OwnerTag, owner, cause)
}

func oldSetKept(err error) error { return fmt.Errorf("%w; the old set was not changed", err) }

func waitDoesNotFit(wait, left time.Duration) error {
	return fmt.Errorf("PropagationWaitSeconds asks for %s, and the request has only %s left: give the provider's function a longer timeout, a longer ServiceTimeout, or wait less", wait, left.Round(time.Second))
}

func contradicted(plans int, err error) error {
	return fmt.Errorf("gave up after %d plans, because IAM was never as it had been observed: %w", plans, err)
}

func outOfTime(last error) error {
	return fmt.Errorf("no success before the deadline: %w", last)
}

// notAllFound is a warning: it does not end the request.
func notAllFound(err error) string {
	return "going on without knowing whether instances use what is deleted: " + err.Error()
}

// notRecorded is a warning: everything is as declared, and only the tag that says so is not.
func notRecorded(err error) string {
	return "going on without writing the tag " + rayiam.DeclaredTag + ", so it stays unknown whether the set has drifted: " + err.Error()
}

func notAsked(err error) error {
	return fmt.Errorf("cannot tell whether instances use what would be deleted: %w", err)
}

// notHeldUp is a warning: instances do not stop a rollback of CloudFormation.
func notHeldUp(err error) string {
	return "instances do not hold this request up, because CloudFormation is rolling the stack back: " + err.Error()
}

// createNeverAnswered is a warning: instances do not stop a Delete with a generated id.
func createNeverAnswered(err error) string {
	return "instances do not hold this request up, because its Create never answered: " + err.Error()
}

// keptInUse is a warning: CloudFormation's rollback goes on, and the set that the stack had
// retained before stays.
func keptInUse(err error) string {
	return "keeping what is older than the operation that CloudFormation is rolling back: " + err.Error()
}

// wentWithout is a warning: a rollback of CloudFormation does not need the missing policies.
func wentWithout(faults error) string {
	return "going on although declared policies do not exist, because CloudFormation is rolling the stack back and no change needs them: " + faults.Error()
}

// leftAlone is a warning: a rollback of CloudFormation succeeds in spite of conflicts.
func leftAlone(conflicts error) string {
	return "leaving everything as it is, because CloudFormation is rolling the stack back and the rest is as declared: " + conflicts.Error()
}

// notOwnersName is an error about tags that somebody has set by hand.
func notOwnersName(owner, name string) error {
	return fmt.Errorf("%s cannot own %s, whose name begins otherwise: somebody has written its tag %s by hand", owner, name, rayiam.OwnerTag)
}

var (
	errKept         = errors.New("instances use what was there before, and it stays: make another plan")
	errInconsistent = errors.New("IAM's answers contradict each other")
	errNotOrphaned  = errors.New("CloudFormation says that a stack has the set")
	errNotVerified  = errors.New("CloudFormation did not say whether it is working on this resource")
)
