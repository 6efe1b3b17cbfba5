// Package deployed asks CloudFormation which Custom::RayIAM resources a stack or a change set
// declares. It serves the command, and only reads. Package stackresource has the function's
// own calls to CloudFormation.
package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

// Type is the resource type that templates give the resource.
const Type = "Custom::RayIAM"

// A Reader asks CloudFormation in one Region.
type Reader struct{ client *cloudformation.Client }

// NewReader returns a Reader that reaches CloudFormation as cfg says.
func NewReader(cfg aws.Config) *Reader {
	return &Reader{client: cloudformation.NewFromConfig(cfg)}
}

// A Resource is one Custom::RayIAM of a stack.
type Resource struct {
	StackID    string
	LogicalID  string
	PhysicalID string // empty while CloudFormation has none
}

// Resources returns the resources of a stack with this logical id, or every Custom::RayIAM of
// the stack if the logical id is empty. The error wraps ErrNoStack or ErrNoResource; with
// ErrNoResource comes one Resource that has only the StackID.
func (r *Reader) Resources(ctx context.Context, stackName, logicalID string) ([]Resource, error) {
	stack, err := r.stack(ctx, stackName)
	if err != nil {
		return nil, err
	}
	found, err := r.resources(ctx, stack, logicalID)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("reading stack %s: %w", stackName, ErrNoResource)
		return []Resource{{StackID: aws.ToString(stack.StackId)}}, err
	}
	return found, err
}

func (r *Reader) resources(ctx context.Context, stack types.Stack, logicalID string) ([]Resource, error) {
	summaries, err := r.summaries(ctx, stack)
	if err != nil {
		return nil, err
	}
	var found []Resource
	for _, s := range summaries {
		id := aws.ToString(s.LogicalResourceId)
		if id == logicalID || logicalID == "" && aws.ToString(s.ResourceType) == Type {
			found = append(found, Resource{aws.ToString(stack.StackId), id, aws.ToString(s.PhysicalResourceId)})
		}
	}
	return found, nil
}

func (r *Reader) stack(ctx context.Context, name string) (types.Stack, error) {
	out, err := r.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	switch {
	case err != nil:
		return types.Stack{}, fmt.Errorf("reading stack %s: %w", name, classified(err))
	case len(out.Stacks) == 0:
		return types.Stack{}, fmt.Errorf("reading stack %s: %w", name, ErrNoStack)
	}
	return out.Stacks[0], nil
}

func (r *Reader) summaries(ctx context.Context, stack types.Stack) ([]types.StackResourceSummary, error) {
	var all []types.StackResourceSummary
	pages := cloudformation.NewListStackResourcesPaginator(r.client, &cloudformation.ListStackResourcesInput{StackName: stack.StackId})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the resources of stack %s: %w", aws.ToString(stack.StackName), classified(err))
		}
		all = append(all, page.StackResourceSummaries...)
	}
	return all, nil
}

// A Change is the request that CloudFormation would send for one resource of a change set.
type Change struct {
	Request  customresource.Request
	Retained bool // a Delete that is not sent, by the resource's DeletionPolicy
}

// ChangeSet returns the changes of a change set to the resource with this logical id, or to
// every Custom::RayIAM if it is empty, in the order of the change set. A value that
// CloudFormation does not know yet is afterapply.Marker. The error wraps ErrNoResource if the
// change set changes no such resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
func (r *Reader) ChangeSet(ctx context.Context, stackName, name, logicalID string) ([]Change, error) {
	doing := fmt.Sprintf("reading change set %s of stack %s", name, stackName)
	input := &cloudformation.DescribeChangeSetInput{ChangeSetName: &name, IncludePropertyValues: aws.Bool(true)}
	if !strings.HasPrefix(name, "arn:") {
		input.StackName = &stackName
	}
	var changes []Change
	for {
		out, err := r.client.DescribeChangeSet(ctx, input)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, classified(err))
		}
		if unfinished := []types.ChangeSetStatus{types.ChangeSetStatusCreatePending, types.ChangeSetStatusCreateInProgress}; slices.Contains(unfinished, out.Status) {
			return nil, fmt.Errorf("%s: %w", doing, errNotMadeYet)
		}
		for _, c := range out.Changes {
			if rc := c.ResourceChange; rc != nil && chosen(rc, logicalID) {
				change, err := read(rc, aws.ToString(out.StackId))
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", doing, aws.ToString(rc.LogicalResourceId), err)
				}
				changes = append(changes, change)
			}
		}
		if aws.ToString(out.NextToken) == "" {
			break
		}
		input.NextToken = out.NextToken
	}
	if len(changes) == 0 {
		return nil, fmt.Errorf("%s: %w that it changes", doing, ErrNoResource)
	}
	return changes, nil
}

func chosen(rc *types.ResourceChange, logicalID string) bool {
	if logicalID != "" {
		return aws.ToString(rc.LogicalResourceId) == logicalID
	}
	return aws.ToString(rc.ResourceType) == Type
}

// read returns the request that CloudFormation would send for a change.
func read(rc *types.ResourceChange, stackID string) (Change, error) {
	request := customresource.Request{
		StackID: stackID, LogicalID: aws.ToString(rc.LogicalResourceId), PhysicalID: aws.ToString(rc.PhysicalResourceId), ResourceType: aws.ToString(rc.ResourceType),
	}
	before, err := propertiesIn(rc.BeforeContext)
	if err != nil {
		return Change{}, fmt.Errorf("reading BeforeContext: %w", err)
	}
	after, err := propertiesIn(rc.AfterContext)
	if err != nil {
		return Change{}, fmt.Errorf("reading AfterContext: %w", err)
	}
	switch rc.Action {
	case types.ChangeActionAdd:
		request.Type, request.Properties = cfn.RequestCreate, after
	case types.ChangeActionModify:
		request.Type, request.Properties, request.OldProperties = cfn.RequestUpdate, after, before
	case types.ChangeActionRemove:
		request.Type, request.Properties = cfn.RequestDelete, before
	default:
		return Change{}, otherAction(rc.Action)
	}
	if request.Properties == nil || request.Type == cfn.RequestUpdate && request.OldProperties == nil {
		return Change{}, errNoValues
	}
	return Change{Request: request, Retained: rc.Action == types.ChangeActionRemove && rc.PolicyAction == types.PolicyActionRetain}, nil
}

// propertiesIn returns the properties in a BeforeContext or AfterContext, or nil if there are
// none.
func propertiesIn(text *string) (json.RawMessage, error) {
	if aws.ToString(text) == "" {
		return nil, nil
	}
	var c struct{ Properties json.RawMessage }
	if err := json.Unmarshal([]byte(*text), &c); err != nil {
		return nil, err
	}
	if len(c.Properties) == 0 {
		c.Properties = json.RawMessage("{}")
	}
	return c.Properties, nil
}

// classified returns CloudFormation's error with what a person can do about it.
func classified(err error) error {
	var api smithy.APIError
	switch {
	case !errors.As(err, &api):
		return err
	case api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist"):
		return fmt.Errorf("%w (%s)", ErrNoStack, api.ErrorMessage())
	case strings.HasPrefix(api.ErrorCode(), "ChangeSetNotFound"):
		return noChangeSet(api.ErrorMessage())
	}
	return fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
}
