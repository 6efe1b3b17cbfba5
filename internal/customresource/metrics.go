package customresource

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/ray-iam/custom-rayiam/internal/emf"
)

// An ending is how a request ended: a value of the metrics' dimension Outcome.
type ending string

const (
	succeeded   ending = "SUCCESS"
	failed      ending = "FAILED"
	refused     ending = "REFUSED"     // answered FAILED, because of the template
	undelivered ending = "UNDELIVERED" // the answer was not delivered
	expired     ending = "EXPIRED"     // CloudFormation had given up before
	abandoned   ending = "ABANDONED"   // superseded or abandoned: nothing was changed, or all was rolled back
)

// endingOf returns how a request ended whose answer was delivered, given the error of the
// answer.
func endingOf(err error) ending {
	var refusal Refusal
	switch {
	case err == nil:
		return succeeded
	case errors.Is(err, ErrNoLongerAwaited):
		return abandoned
	case errors.As(err, &refusal) && refusal.Refused():
		return refused
	}
	return failed
}

// level is the level of the log lines that say how a request ended. Whatever the alarm counts
// has the level ERROR, so that no filter by level hides it.
func (e ending) level() slog.Level {
	switch e {
	case succeeded:
		return slog.LevelInfo
	case refused, abandoned:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// unknownType is the dimension RequestType of all requests of an unknown type. Each value
// creates a metric, which costs money, and whoever may invoke the function can send any value.
const unknownType = "Unknown"

// logMetrics writes the one line that CloudWatch turns into metrics: requests by type and
// outcome, their duration since start, and their calls and retries.
func logMetrics(log *slog.Logger, requestType cfn.RequestType, ended ending, effort Effort, start time.Time) {
	now := time.Now()
	switch requestType {
	case cfn.RequestCreate, cfn.RequestUpdate, cfn.RequestDelete:
	default:
		requestType = unknownType
	}
	log.Log(context.Background(), ended.level(), "metrics",
		emf.Attr(now, [][]string{{"FunctionName", "Outcome"}, {"FunctionName", "RequestType", "Outcome"}},
			emf.Metric{Name: "Requests", Unit: "Count"}, emf.Metric{Name: "Duration", Unit: "Milliseconds"},
			emf.Metric{Name: "Calls", Unit: "Count"}, emf.Metric{Name: "Retries", Unit: "Count"}),
		"FunctionName", lambdacontext.FunctionName, "RequestType", requestType, "Outcome", ended,
		"Requests", 1, "Duration", now.Sub(start).Milliseconds(), "Calls", effort.Calls, "Retries", effort.Retries)
}
