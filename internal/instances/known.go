package instances

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"
)

// MaxWait is the longest time that AwaitKnown should wait.
const MaxWait = 120 * time.Second

// askPause is the pause between two dry runs with a profile that EC2 does not know yet.
const askPause = 2 * time.Second

// noImage is a valid id of no existing image: the dry run needs no image of the user's, and
// even without DryRun the call could launch nothing.
const noImage = "ami-00000000000000000"

// AwaitKnown asks EC2 for each of the instance profiles, by ARN, whether an instance could be
// launched with it. It asks again while EC2 answers that the profile is invalid or has no
// role, for at most limit. Any other answer says nothing and ends the questions about that
// profile. The log has the answer that ended them, or the last answer that the profile is
// unknown, as ec2Answer.
//
// Each question is a dry run of RunInstances by a caller without permission to launch. EC2
// does not document whether it checks the profile before the caller's permissions. If it does
// not, its first answer is UnauthorizedOperation, and AwaitKnown returns at once.
// https://github.com/aws/karpenter-provider-aws/issues/7849
// https://github.com/hashicorp/packer-plugin-amazon/pull/700
func (r *Reader) AwaitKnown(ctx context.Context, region string, profiles []string, limit time.Duration, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var all sync.WaitGroup
	for _, profile := range profiles {
		all.Go(func() { r.awaitKnown(ctx, region, profile, log.With("instanceProfile", profile, "region", region)) })
	}
	all.Wait()
}

func (r *Reader) awaitKnown(ctx context.Context, region, profile string, log *slog.Logger) {
	begun := time.Now()
	var unknownYet error // the last answer with which EC2 did not know the profile
	for n := 1; ; n++ {
		err := attempt(ctx, func(ctx context.Context) error { return r.dryRun(ctx, region, profile) })
		log := log.With("attempt", n, "ms", time.Since(begun).Milliseconds())
		switch {
		case unknown(err):
			unknownYet = err
		case unknownYet == nil || !temporary(err):
			log.Info("asked EC2 for a new instance profile", "ec2Answer", answer(err))
			return
		}
		if smithytime.SleepWithContext(ctx, askPause) != nil {
			log.Warn("EC2 does not know a new instance profile yet, and the wait for that is over", "ec2Answer", answer(unknownYet))
			return
		}
	}
}

func (r *Reader) dryRun(ctx context.Context, region, profile string) error {
	_, err := r.client.RunInstances(ctx, &ec2.RunInstancesInput{
		DryRun: aws.Bool(true), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String(noImage),
		IamInstanceProfile: &types.IamInstanceProfileSpecification{Arn: &profile},
	}, in(region))
	return err
}

// EC2's messages that it does not know a profile, or that a profile has no role. Both have the
// code InvalidParameterValue: "Value (...) for parameter iamInstanceProfile.arn is invalid.
// Invalid IAM Instance Profile ARN", "IAM Instance Profile "..." has no associated IAM Roles".
// https://github.com/hashicorp/terraform-provider-aws/issues/27516
// https://github.com/hashicorp/terraform-provider-aws/issues/40088
const (
	codeInvalid    = "InvalidParameterValue"
	invalidProfile = "invalid iam instance profile"
	noRole         = "has no associated iam roles"
)

func unknown(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != codeInvalid {
		return false
	}
	message := strings.ToLower(api.ErrorMessage())
	return strings.Contains(message, invalidProfile) || strings.Contains(message, noRole)
}

func answer(err error) string {
	if err == nil {
		return "no error"
	}
	return words(err)
}
