// Command minimal is a Lambda function that makes the provider's AWS clients and then does
// nothing. No function in Go that calls IAM, CloudFormation and EC2 can start faster.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	roles, stacks, machines := iam.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg), ec2.NewFromConfig(cfg)
	lambda.Start(func(ctx context.Context, event struct{ Role, Stack, Image string }) error {
		if event.Role == "" {
			return nil
		}
		if _, err := roles.GetRole(ctx, &iam.GetRoleInput{RoleName: &event.Role}); err != nil {
			return err
		}
		if _, err := stacks.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{StackName: &event.Stack}); err != nil {
			return err
		}
		if _, err := machines.DescribeInstances(ctx, &ec2.DescribeInstancesInput{}); err != nil {
			return err
		}
		_, err := machines.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: &event.Image})
		return err
	})
}
