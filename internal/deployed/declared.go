package deployed

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ray-iam/custom-rayiam/internal/afterapply"
	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
)

// A Set is a deployed Custom::RayIAM with what its template declares.
type Set struct {
	Resource
	// Properties are the JSON of the resource's properties. CloudFormation does not return
	// resolved properties, so they are computed from the stack's template, its parameters and
	// its resources. A value that cannot be computed from these is afterapply.Marker.
	Properties json.RawMessage
}

// Declared returns the set of a stack with this logical id, or the stack's only set if the
// logical id is empty. The error wraps ErrNoStack or ErrNoResource, or names the sets to
// choose from.
func (r *Reader) Declared(ctx context.Context, stackName, logicalID string) (Set, error) {
	stack, err := r.stack(ctx, stackName)
	if err != nil {
		return Set{}, err
	}
	summaries, err := r.summaries(ctx, stack)
	if err != nil {
		return Set{}, err
	}
	found, err := r.resources(ctx, stack, logicalID)
	switch {
	case err != nil:
		return Set{}, err
	case len(found) == 0:
		return Set{}, fmt.Errorf("reading stack %s: %w", stackName, ErrNoResource)
	case len(found) > 1:
		var ids []string
		for _, one := range found {
			ids = append(ids, one.LogicalID)
		}
		return Set{}, severalSets(stackName, ids)
	}
	properties, err := r.properties(ctx, stack, found[0].LogicalID, summaries)
	if err != nil {
		return Set{}, fmt.Errorf("reading the template of stack %s: %w", stackName, err)
	}
	return Set{Resource: found[0], Properties: properties}, nil
}

// properties computes the properties of a resource from the stack's template.
func (r *Reader) properties(ctx context.Context, stack types.Stack, logicalID string, summaries []types.StackResourceSummary) (json.RawMessage, error) {
	out, err := r.client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: stack.StackId, TemplateStage: types.TemplateStageProcessed})
	if err != nil {
		return nil, classified(err)
	}
	template, err := cfntemplate.Parse([]byte(aws.ToString(out.TemplateBody)))
	if err != nil {
		return nil, err
	}
	resource, ok := template.Resources[logicalID]
	if !ok {
		return nil, fmt.Errorf("%w with the logical id %s", ErrNoResource, logicalID)
	}
	known := cfntemplate.Stack{Parameters: map[string]string{}, Pseudo: pseudo(stack), Refs: map[string]string{}, Unknown: func(string) string { return afterapply.Marker }}
	for _, p := range stack.Parameters {
		known.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
		if p.ResolvedValue != nil {
			known.Parameters[aws.ToString(p.ParameterKey)] = *p.ResolvedValue
		}
	}
	for _, s := range summaries {
		known.Refs[aws.ToString(s.LogicalResourceId)] = aws.ToString(s.PhysicalResourceId)
	}
	resolved, err := template.Resolve(known, resource.Properties)
	if err != nil {
		return nil, err
	}
	return json.Marshal(resolved)
}

// pseudo returns the pseudo parameters that follow from a stack's ARN.
func pseudo(stack types.Stack) map[string]string {
	id := aws.ToString(stack.StackId)
	parts := strings.SplitN(id, ":", 6)
	if len(parts) < 6 {
		return map[string]string{"AWS::StackId": id}
	}
	return PseudoParameters(parts[1], parts[3], parts[4], aws.ToString(stack.StackName), id)
}

// PseudoParameters returns the pseudo parameters of a stack.
func PseudoParameters(partition, region, account, stackName, stackID string) map[string]string {
	suffix := "amazonaws.com"
	if partition == "aws-cn" {
		suffix += ".cn"
	}
	return map[string]string{
		"AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account, "AWS::URLSuffix": suffix,
		"AWS::StackName": stackName, "AWS::StackId": stackID,
	}
}
