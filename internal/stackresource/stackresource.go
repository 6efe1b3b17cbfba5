// Package stackresource asks CloudFormation how one resource of a stack stands. It is
// the only package that calls CloudFormation, and only reads.
package stackresource

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// timeout bounds one question with its retries. The answer is worth less than the
// time of the request that it is asked for.
const timeout = 5 * time.Second

// A State is how CloudFormation sees a resource.
type State struct {
	Status     string // CREATE_IN_PROGRESS, DELETE_COMPLETE, ...
	PhysicalID string // empty while CloudFormation knows none
}

// A Reader reads states. It is safe for several callers at once.
type Reader struct{ client *cloudformation.Client }

// NewReader returns a Reader that reaches CloudFormation as cfg says.
func NewReader(cfg aws.Config) *Reader {
	return &Reader{client: cloudformation.NewFromConfig(cfg)}
}

// Read returns the state of the resource with this logical id, of a stack that may
// have been deleted in the last 90 days. The error is of one that CloudFormation does
// not know, of a denial, or of no answer within five seconds.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
func (r *Reader) Read(ctx context.Context, stackID, logicalID string) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := r.client.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{StackName: &stackID, LogicalResourceId: &logicalID})
	if err == nil && out.StackResourceDetail == nil {
		err = errors.New("the answer is empty")
	}
	if err != nil {
		return State{}, fmt.Errorf("reading the state of %s in CloudFormation: %w", logicalID, err)
	}
	return State{
		Status:     string(out.StackResourceDetail.ResourceStatus),
		PhysicalID: aws.ToString(out.StackResourceDetail.PhysicalResourceId),
	}, nil
}
