// Package stackresource asks CloudFormation for the status of a stack and its resources. It is
// the function's only package that calls CloudFormation, and it only reads.
package stackresource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// timeout bounds one call with its retries. A longer wait would take too much of the request's
// time.
const timeout = 5 * time.Second

// A State is CloudFormation's state of a resource.
type State struct {
	Status     string // CREATE_IN_PROGRESS, DELETE_COMPLETE, ...
	PhysicalID string // empty while CloudFormation has none
}

// Removed reports whether the resource is no longer part of the stack: deleted, or retained by
// its DeletionPolicy.
func (s State) Removed() bool {
	return slices.Contains([]string{"DELETE_COMPLETE", "DELETE_SKIPPED"}, s.Status)
}

// InProgress reports whether CloudFormation is at work on the resource.
func (s State) InProgress() bool { return strings.HasSuffix(s.Status, "_IN_PROGRESS") }

// A Stack is CloudFormation's state of a stack.
type Stack struct {
	Status   string // UPDATE_IN_PROGRESS, ROLLBACK_COMPLETE, ...
	ParentID string // of the stack that it is nested in; empty for none
}

// Settled reports whether CloudFormation has ended its work on the stack, and will not roll it
// back. A stack that is UPDATE_FAILED or UPDATE_ROLLBACK_FAILED can still be rolled back.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func (s Stack) Settled() bool { return strings.HasSuffix(s.Status, "_COMPLETE") }

// Errors that are answers of CloudFormation. Any other error says that CloudFormation could
// not be asked.
var (
	// ErrNoStack: there is no such stack, and was none in the last 90 days.
	ErrNoStack = errors.New("the stack does not exist")
	// ErrNoResource: the stack has no resource with this logical id.
	ErrNoResource = errors.New("the stack has no such resource")
)

// A Reader reads states. It is safe for several callers at once. It does not ask about an id
// that is not a stack's ARN: somebody may have written that text into a tag by hand.
type Reader struct{ client *cloudformation.Client }

// NewReader returns a Reader that reaches CloudFormation as cfg says.
func NewReader(cfg aws.Config) *Reader {
	return &Reader{client: cloudformation.NewFromConfig(cfg)}
}

// Read returns the state of the resource with this logical id, of a stack that may have been
// deleted in the last 90 days, in the stack's own Region. The error wraps ErrNoStack or
// ErrNoResource, or reports a denial, or that no answer came within five seconds.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
func (r *Reader) Read(ctx context.Context, stackID, logicalID string) (State, error) {
	region, err := in(stackID)
	if err != nil {
		return State{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	input := &cloudformation.DescribeStackResourceInput{StackName: &stackID, LogicalResourceId: &logicalID}
	out, err := r.client.DescribeStackResource(ctx, input, region)
	if err == nil && out.StackResourceDetail == nil {
		err = errors.New("the answer is empty")
	}
	if err != nil {
		return State{}, fmt.Errorf("reading the state of %s in CloudFormation: %w", logicalID, classified(err))
	}
	return State{
		Status:     string(out.StackResourceDetail.ResourceStatus),
		PhysicalID: aws.ToString(out.StackResourceDetail.PhysicalResourceId),
	}, nil
}

// Stack returns CloudFormation's state of a stack. It returns the same errors as Read, except
// ErrNoResource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (r *Reader) Stack(ctx context.Context, stackID string) (Stack, error) {
	region, err := in(stackID)
	if err != nil {
		return Stack{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := r.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stackID}, region)
	if err == nil && len(out.Stacks) == 0 {
		err = errors.New("the answer is empty")
	}
	if err != nil {
		return Stack{}, fmt.Errorf("reading the status of stack %s in CloudFormation: %w", stackID, classified(err))
	}
	return Stack{Status: string(out.Stacks[0].StackStatus), ParentID: aws.ToString(out.Stacks[0].ParentId)}, nil
}

// maxResources is the most resources that DescribeStackResources lists.
const maxResources = 100

// Find returns the state of the resource of a stack that has this physical id, or else of the
// resource whose logical id is accepted: while a resource is being created or replaced,
// CloudFormation does not show its new physical id. It returns the same errors as Read, and an
// error for a stack with more resources than CloudFormation lists in one answer.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
func (r *Reader) Find(ctx context.Context, stackID, physicalID string, accepts func(logicalID string) bool) (State, error) {
	region, err := in(stackID)
	if err != nil {
		return State{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := r.client.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: &stackID}, region)
	if err != nil {
		return State{}, fmt.Errorf("listing the resources of stack %s in CloudFormation: %w", stackID, classified(err))
	}
	var accepted *State
	for _, resource := range out.StackResources {
		state := State{Status: string(resource.ResourceStatus), PhysicalID: aws.ToString(resource.PhysicalResourceId)}
		if state.PhysicalID == physicalID {
			return state, nil
		}
		if accepts(aws.ToString(resource.LogicalResourceId)) {
			accepted = &state
		}
	}
	if accepted != nil {
		return *accepted, nil
	}
	if len(out.StackResources) >= maxResources {
		return State{}, tooManyResources(stackID)
	}
	return State{}, fmt.Errorf("looking for %s in stack %s: %w", physicalID, stackID, ErrNoResource)
}

func tooManyResources(stackID string) error {
	return fmt.Errorf("stack %s has more resources than CloudFormation lists at once", stackID)
}

// in sends a call to the Region in a stack's ARN. The error says that the id is not a stack's
// ARN.
func in(stackID string) (func(*cloudformation.Options), error) {
	stack, err := rayiam.ParseStackID(stackID)
	return func(o *cloudformation.Options) { o.Region = stack.Region }, err
}

// classified distinguishes two answers that CloudFormation gives with one error code,
// ValidationError. The messages are "Stack ... does not exist", or "Stack with id ... does not
// exist", and "Resource ... does not exist for stack ...".
func classified(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ValidationError" && api.ErrorCode() != "StackResourceNotFoundException" {
		return err
	}
	switch message := api.ErrorMessage(); {
	case !strings.Contains(message, "does not exist"):
		return err
	case strings.HasPrefix(message, "Resource "):
		return fmt.Errorf("%w: %w", ErrNoResource, err)
	case strings.HasPrefix(message, "Stack "):
		return fmt.Errorf("%w: %w", ErrNoStack, err)
	}
	return err
}

var (
	throttled = retry.IsErrorThrottles(retry.DefaultThrottles)
	retryable = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// Temporary reports whether the same question may be answered a moment later: CloudFormation
// throttles it, or a server or the network failed or did not answer.
func Temporary(err error) bool {
	var (
		api      smithy.APIError
		response *smithyhttp.ResponseError
		name     *net.DNSError
	)
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return false
	case throttled.IsErrorThrottle(err) == aws.TrueTernary, retryable.IsErrorRetryable(err) == aws.TrueTernary, errors.Is(err, context.DeadlineExceeded):
		return true
	case errors.As(err, &response) && response.HTTPStatusCode() >= 500:
		return true
	}
	return !errors.As(err, &api) && !errors.Is(err, context.Canceled)
}
