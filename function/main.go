// Command function is the AWS Lambda function behind Custom::RayIAM. It runs on
// provided.al2023, speaks the Lambda Runtime API and finds AWS by the SDK's default
// chain, so AWS_ENDPOINT_URL points it at an emulator.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/provider"
)

func main() {
	log, metrics := customresource.NewLogger(os.Stderr), customresource.NewLogger(os.Stdout)
	slog.SetDefault(log) // for what aws-lambda-go itself prints
	lambda.Start(&customresource.Handler{Resource: resource(log), Log: log, Metrics: metrics})
}

// resource returns the provider. One that cannot start must answer all the same: a
// function that only exits leaves CloudFormation waiting for an hour.
func resource(log *slog.Logger) customresource.Resource {
	cfg, err := config.LoadDefaultConfig(context.Background())
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
