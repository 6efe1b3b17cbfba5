package customresource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
)

// A Resource does the work on a request. It is called by one Handler, for one
// request after another.
type Resource interface {
	// PhysicalID returns the physical id in the answer to the Create r. It makes no calls.
	PhysicalID(r Request) string
	// Reconcile carries out r. functionARN is the ARN of the provider's function. It returns
	// before ctx ends. Its error is the Reason of the answer; the outcome's Effort and
	// Warnings are valid even then. An error that wraps ErrNoLongerAwaited is not counted as a
	// failure of the provider, and neither is a Refusal.
	Reconcile(ctx context.Context, r Request, functionARN string, log *slog.Logger) (Outcome, error)
}

// An Outcome is what a success tells CloudFormation. If its physical id differs from the
// request's, CloudFormation deletes the resource with the request's id.
type Outcome struct {
	PhysicalID string
	Data       map[string]string
	Effort     Effort
	Warnings   []string // what failed without failing the request; logged even if the request fails
}

// An Effort counts the calls that the work on a request took.
type Effort struct {
	Calls   int64 // calls to the service behind the resource, retries included
	Retries int64 // how many of the calls were retries
}

// ErrNoLongerAwaited is the error of a superseded or abandoned request that changed nothing,
// or whose changes were all rolled back.
var ErrNoLongerAwaited = errors.New("CloudFormation has stopped waiting")

// A Refusal is an error that says whether it is the template's own fault: properties that
// break a rule, policies that the service does not accept, or a name that is taken. The
// stack's owner reads it in the Reason, and the provider's owner has nothing to do.
type Refusal interface {
	error
	Refused() bool
}

// A Handler is the Lambda function: it implements lambda.Handler.
type Handler struct {
	Resource Resource
	Log      *slog.Logger
	// Metrics gets the lines that CloudWatch turns into metrics; nil for Log. CloudWatch reads
	// them from standard output.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Lambda.html
	Metrics   *slog.Logger
	Transport http.RoundTripper // delivers the answers; nil for http.DefaultTransport
}

// Invoke handles one event. Its error is nil once an answer was delivered, even a FAILED one,
// so that Lambda does not run the event again. It is also nil if CloudFormation has stopped
// waiting for the answer.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	start := time.Now()
	r, decodeErr := Decode(payload)
	inv := invocationOf(ctx, r)
	log, metrics := h.loggers("stack", short(r.StackID), "logicalId", short(r.LogicalID), "requestId", short(r.RequestID), "requestType", short(string(r.Type)), "lambdaRequestId", inv.lambdaRequestID)
	if !r.answerable() {
		log.Error(notAnswerable, slog.Any("error", decodeErr))
		return nil, errors.Join(errNoURL, decodeErr)
	}
	log.Info("received", "physicalId", short(r.PhysicalID))
	if r.expired(start) {
		h.refuseExpired(ctx, r, inv, log)
		logMetrics(metrics, r.Type, expired, Effort{}, start)
		return nil, nil
	}
	answer, outcome, err := h.work(ctx, r, decodeErr, inv, log)
	effort, ended := outcome.Effort, endingOf(err)
	if len(outcome.Warnings) > 0 {
		log = log.With("warnings", outcome.Warnings)
	}
	log.Log(ctx, ended.level(), "answering", "status", answer.Status, "physicalId", short(answer.PhysicalID), "reason", clip(answer.Reason, MaxAnswer), "ms", time.Since(start).Milliseconds())
	if err := h.deliver(ctx, r, answer, inv); err != nil {
		log.Error("not answered", slog.String("error", err.Error()))
		logMetrics(metrics, r.Type, undelivered, effort, start)
		return nil, err
	}
	log.Info("answered", "ms", time.Since(start).Milliseconds())
	logMetrics(metrics, r.Type, ended, effort, start)
	return nil, nil
}

// loggers returns the logger of a request's log lines and the logger of its metrics, both with
// these attributes.
func (h *Handler) loggers(attributes ...any) (log, metrics *slog.Logger) {
	log, metrics = h.Log, h.Metrics
	if metrics == nil {
		metrics = log
	}
	return log.With(attributes...), metrics.With(attributes...)
}

// deliveryMargin is the time that is left after the last attempt at delivery, so that the
// function can log a failure and return it, before Lambda kills the process.
const deliveryMargin = 200 * time.Millisecond

// deliver sends the answer, and retries until the margin before the function's deadline.
func (h *Handler) deliver(ctx context.Context, r Request, answer Answer, inv invocation) error {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-deliveryMargin))
		defer cancel()
	}
	transport := h.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return put(ctx, transport, r.ResponseURL, answer.Encode(inv.whereToReadOn()))
}

// work lets the resource carry out r, unless reason says why it must not. It returns the
// answer, the outcome of the work, and the error that made the answer FAILED.
func (h *Handler) work(ctx context.Context, r Request, reason error, inv invocation, log *slog.Logger) (Answer, Outcome, error) {
	answer := Answer{Status: cfn.StatusFailed, PhysicalID: r.PhysicalID, StackID: r.StackID, RequestID: r.RequestID, LogicalID: r.LogicalID}
	if r.PhysicalID == "" {
		answer.PhysicalID = h.physicalID(r)
	}
	if reason != nil {
		answer.Reason = reason.Error()
		return answer, Outcome{}, reason
	}
	outcome, err := h.reconcile(ctx, r, inv.functionARN, log)
	if err != nil {
		answer.Reason = err.Error()
		return answer, outcome, err
	}
	answer.Status, answer.PhysicalID, answer.Data = cfn.StatusSuccess, outcome.PhysicalID, outcome.Data
	return answer, outcome, nil
}

// unknownID is the physical id of a resource that was never created.
const unknownID = "unknown"

// physicalID returns the resource's id for a Create, and unknownID if the resource returns
// none: CloudFormation replaces an empty id by one of its own, and the Reason by "Invalid
// PhysicalResourceId".
func (h *Handler) physicalID(r Request) (id string) {
	defer func() {
		if recover() != nil || id == "" {
			id = unknownID
		}
	}()
	return h.Resource.PhysicalID(r)
}

// reconcile runs the resource until its deadline and the end of the grace period. Even if the
// resource does not return, CloudFormation must get an answer.
func (h *Handler) reconcile(ctx context.Context, r Request, functionARN string, log *slog.Logger) (Outcome, error) {
	working := ctx
	if deadline, ok := workDeadline(ctx, r, time.Now()); ok {
		var cancel context.CancelFunc
		working, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	type result struct {
		outcome Outcome
		err     error
	}
	finished := make(chan result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				log.Error("panic", "value", fmt.Sprint(p), "goroutine", string(debug.Stack()))
				finished <- result{err: panicked(p)}
			}
		}()
		outcome, err := h.Resource.Reconcile(working, r, functionARN, log)
		finished <- result{outcome, err}
	}()
	select {
	case res := <-finished:
		return res.outcome, res.err
	case <-working.Done():
	}
	select {
	case res := <-finished:
		return res.outcome, res.err
	case <-time.After(gracePeriod(ctx)):
		return Outcome{}, notDone(context.Cause(working))
	}
}

// gracePeriod is how long a resource has, after its deadline, to return an error that says what
// it was doing.
func gracePeriod(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Second
	}
	return min(time.Second, time.Until(end)/4)
}

// refuseExpired changes nothing, and tries once to answer FAILED. CloudFormation has given up
// on the request. But if the clock is wrong, a URL that looks expired may still be valid.
func (h *Handler) refuseExpired(ctx context.Context, r Request, inv invocation, log *slog.Logger) {
	answer, _, _ := h.work(ctx, r, errExpired, inv, log)
	log.Error("expired", "reason", answer.Reason)
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	if err := h.deliver(ctx, r, answer, inv); err != nil {
		log.Warn("not answered", slog.String("error", err.Error()))
	}
}
