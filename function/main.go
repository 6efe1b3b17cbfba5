// Command function is the AWS Lambda function behind Custom::RayIAM. It runs on
// provided.al2023, speaks the Lambda Runtime API and finds credentials and endpoints by the
// SDK's default chain, so AWS_ENDPOINT_URL points it at an emulator.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/sdklog"
)

func main() {
	log, metrics := customresource.NewLogger(os.Stderr), customresource.NewLogger(os.Stdout)
	slog.SetDefault(log) // for what aws-lambda-go itself prints
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithLogger(sdklog.To(log)))
	lambda.Start(function{
		requests: &customresource.Handler{Resource: resource(cfg, err, log), Log: log, Metrics: metrics},
		looks:    &drift.Schedule{AWS: cfg, Settings: drift.SettingsFromEnvironment(os.Getenv), Log: log, Metrics: metrics},
	})
}

// A function tells scheduled looks from CloudFormation's requests. It treats any other event
// as a request, which must be answered.
type function struct {
	requests *customresource.Handler
	looks    *drift.Schedule
}

// Invoke implements lambda.Handler.
func (f function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if at, scheduled := drift.ScheduledAt(payload); scheduled {
		f.looks.Look(ctx, at)
		return nil, nil
	}
	return f.requests.Invoke(ctx, payload)
}

// resource returns the provider, or, if the provider cannot start, a resource that answers
// with the reason: a function that only exits leaves CloudFormation waiting for an hour.
func resource(cfg aws.Config, err error, log *slog.Logger) customresource.Resource {
	if err != nil {
		log.Error("loading the AWS configuration", slog.String("error", err.Error()))
		return customresource.Unavailable{Err: err}
	}
	p, err := provider.New(cfg, provider.SettingsFromEnvironment(os.Getenv))
	if err != nil {
		log.Error("starting the provider", slog.String("error", err.Error()))
		return customresource.Unavailable{Err: err}
	}
	return p
}
