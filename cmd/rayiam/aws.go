package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/sdklog"
)

// awsConfig finds credentials and Region as the AWS CLI does. The error says which of them is
// missing.
func (a *app) awsConfig(ctx context.Context) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if a.profile != "" {
		options = append(options, config.WithSharedConfigProfile(a.profile))
	}
	if a.region != "" {
		options = append(options, config.WithRegion(a.region))
	}
	options = append(options, config.WithLogger(sdklog.To(a.logger())))
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	if a.endpoint != "" {
		// The sources would add endpoints of single services from the environment, which the
		// AWS CLI's flag overrides as well.
		cfg.BaseEndpoint, cfg.ConfigSources = &a.endpoint, nil
	}
	if cfg.Region == "" {
		return cfg, errNoRegion
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, noCredentials(err)
	}
	return cfg, nil
}

// withTimeout bounds the calls of one command.
func (a *app) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.timeout)
}

// logger returns the logger of the code that the function and the command share.
func (a *app) logger() *slog.Logger {
	if a.debug {
		return slog.New(slog.NewTextHandler(a.err, nil))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// A place is the account and partition of a set.
type place struct {
	account, partition string // flags; empty for the credentials' account and the Region's partition
	stackName          string
}

// stack returns a stack of this name in the place, with an id that no stack has. It asks STS
// for the account if no flag names one.
func (a *app) stack(ctx context.Context, p place) (rayiam.Stack, error) {
	region := a.region
	if p.account == "" || region == "" {
		cfg, err := a.awsConfig(ctx)
		switch {
		case err != nil && p.account == "":
			return rayiam.Stack{}, noAccount(err)
		case err != nil:
			return rayiam.Stack{}, err
		}
		region = cfg.Region
		if p.account == "" {
			if p.account, err = account(ctx, cfg); err != nil {
				return rayiam.Stack{}, err
			}
		}
	}
	if p.partition == "" {
		p.partition = partitionOf(region)
	}
	stack, err := rayiam.ParseStackID(fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/%s", p.partition, region, p.account, p.stackName, noID))
	if err != nil {
		return stack, badPlace(p.account, region)
	}
	return stack, nil
}

// noID is the last part of the id of a stack that does not exist.
const noID = "00000000-0000-0000-0000-000000000000"

func account(ctx context.Context, cfg aws.Config) (string, error) {
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("asking AWS for the account of these credentials: %w", err)
	}
	return aws.ToString(out.Account), nil
}

// sameAccount refuses credentials of another account than the stack's: the plan would show the
// wrong account. If AWS does not return the credentials' account, it only prints a note.
func (a *app) sameAccount(ctx context.Context, cfg aws.Config, stack rayiam.Stack) error {
	own, err := account(ctx, cfg)
	switch {
	case err != nil:
		a.note("taking the credentials to be of the stack's account: %v", err)
	case stack.Account != "" && own != stack.Account:
		return otherAccount(own, stack)
	}
	return nil
}

// partitionOf returns the partition of a Region by its name.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
func partitionOf(region string) string {
	for prefix, partition := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "us-isof-": "aws-iso-f", "eu-isoe-": "aws-iso-e", "eusc-": "aws-eusc",
	} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}
