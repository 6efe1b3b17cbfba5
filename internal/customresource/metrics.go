package customresource

import (
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The outcomes of a request, as metrics count them.
const (
	outcomeSucceeded   = "SUCCESS"
	outcomeFailed      = "FAILED"
	outcomeUndelivered = "UNDELIVERED" // there was an answer and nobody took it
	outcomeExpired     = "EXPIRED"     // CloudFormation had given up before
	outcomeAbandoned   = "ABANDONED"   // CloudFormation gave up meanwhile, and nothing is left of it
)

// metricsNamespace is where CloudWatch keeps the metrics.
const metricsNamespace = "CustomRayIAM"

// An emf tells CloudWatch which members of a log line are metrics and which are
// their dimensions: its embedded metric format, which costs no call.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type emf struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []emfDirective
}

type emfDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []emfMetric
}

type emfMetric struct {
	Name string
	Unit string
}

// logMetrics writes the one line that CloudWatch turns into metrics: requests by
// type and outcome, their duration, and the calls and repetitions they took.
func logMetrics(log *slog.Logger, r Request, outcome string, spent Effort, start time.Time) {
	log.Info("metrics",
		"_aws", emf{
			Timestamp: start.UnixMilli(),
			CloudWatchMetrics: []emfDirective{{
				Namespace:  metricsNamespace,
				Dimensions: [][]string{{"FunctionName", "Outcome"}, {"FunctionName", "RequestType", "Outcome"}},
				Metrics:    []emfMetric{{"Requests", "Count"}, {"Duration", "Milliseconds"}, {"Calls", "Count"}, {"Retries", "Count"}},
			}},
		},
		"FunctionName", lambdacontext.FunctionName, "RequestType", r.Type, "Outcome", outcome,
		"Requests", 1, "Duration", time.Since(start).Milliseconds(), "Calls", spent.Calls, "Retries", spent.Retries)
}
