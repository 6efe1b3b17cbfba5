package customresource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// script is a Resource that does what a test says.
type script struct {
	reconcile func(context.Context) (Outcome, error)
	id        string
}

func (s script) PhysicalID(Request) string { return s.id }

func (s script) Reconcile(ctx context.Context, _ Request, _ string, _ *slog.Logger) (Outcome, error) {
	return s.reconcile(ctx)
}

// puts is the server of the response URL: it answers with the given replies in turn, the last
// one again and again, and keeps the requests.
type puts struct {
	replies []func() (*http.Response, error)

	mu     sync.Mutex
	bodies []string
	header http.Header
	at     []time.Time
}

func (p *puts) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.bodies, p.header, p.at = append(p.bodies, string(body)), req.Header, append(p.at, time.Now())
	n := min(len(p.bodies), len(p.replies))
	p.mu.Unlock()
	if n == 0 {
		return status(200)()
	}
	return p.replies[n-1]()
}

func status(code int) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Body: io.NopCloser(strings.NewReader(""))}, nil
	}
}

func broken() (*http.Response, error) { return nil, errors.New("connection reset") }

func succeed(context.Context) (Outcome, error) {
	return Outcome{PhysicalID: "ray-2", Data: map[string]string{"A": "b"}}, nil
}

// invoked is the result of one event.
type invoked struct {
	err     error
	answer  wire
	puts    *puts
	log     string
	metrics string
	took    time.Duration
}

// invoke runs one event with a deadline of 60 s, in a synctest bubble, whose clock begins
// at 2000-01-01.
func invoke(t *testing.T, resource Resource, payload []byte, replies ...func() (*http.Response, error)) (inv invoked) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "lambda-request"})
		var log, metrics bytes.Buffer
		inv.puts = &puts{replies: replies}
		h := &Handler{Resource: resource, Log: NewLogger(&log), Metrics: NewLogger(&metrics), Transport: inv.puts}
		start := time.Now()
		_, inv.err = h.Invoke(ctx, payload)
		inv.took, inv.log, inv.metrics = time.Since(start), log.String(), metrics.String()
		time.Sleep(2 * time.Hour) // lets the goroutines that are left end
	})
	if n := len(inv.puts.bodies); n > 0 {
		if err := json.Unmarshal([]byte(inv.puts.bodies[n-1]), &inv.answer); err != nil {
			t.Fatal(err)
		}
	}
	return inv
}

// TestAnswers checks which answer each way for a request to end gives, and that there is
// exactly one.
// Reference 7.1, 7.4, 7.7.
func TestAnswers(t *testing.T) {
	create := event(map[string]any{"RequestType": "Create", "PhysicalResourceId": nil})
	fail := func(context.Context) (Outcome, error) { return Outcome{}, errors.New("no such thing") }
	hang := func(context.Context) (Outcome, error) { time.Sleep(time.Hour); return Outcome{}, nil }
	obey := func(ctx context.Context) (Outcome, error) {
		<-ctx.Done()
		return Outcome{}, errors.New("attaching: still at it")
	}
	tests := []struct {
		name      string
		payload   []byte
		reconcile func(context.Context) (Outcome, error)
		status    cfn.StatusType
		id        string
		reason    string
	}{
		{"success", event(nil), succeed, cfn.StatusSuccess, "ray-2", ""},
		{"failed create answers its own id", create, fail, cfn.StatusFailed, "ray-new", "no such thing"},
		{"failed update answers the event's id", event(nil), fail, cfn.StatusFailed, "ray-1", "no such thing"},
		{"failed delete answers the event's id", event(map[string]any{"RequestType": "Delete"}), fail, cfn.StatusFailed, "ray-1", "no such thing"},
		{"panic", event(nil), func(context.Context) (Outcome, error) { panic("oops") }, cfn.StatusFailed, "ray-1", "panic: oops"},
		{"panic of the Go runtime on create", create, func(context.Context) (Outcome, error) {
			var data map[string]string
			return *map[string]*Outcome{}[data["none"]], nil
		}, cfn.StatusFailed, "ray-new", "panic"},
		{"undecodable", event(map[string]any{"RequestType": 7}), succeed, cfn.StatusFailed, "ray-1", "RequestType is not a string"},
		{"cut off", event(nil)[:len(event(nil))-2], succeed, cfn.StatusFailed, "ray-new", "not JSON at byte"},
		{"work that ends with its deadline", event(nil), obey, cfn.StatusFailed, "ray-1", "attaching: still at it"},
		{"work that never ends", event(nil), hang, cfn.StatusFailed, "ray-1", "not done before the deadline"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := invoke(t, script{tt.reconcile, "ray-new"}, tt.payload)
			if inv.err != nil {
				t.Errorf("Invoke returned the error %v, want none after an answer", inv.err)
			}
			if len(inv.puts.bodies) != 1 {
				t.Fatalf("got %d answers, want 1", len(inv.puts.bodies))
			}
			if inv.answer.Status != tt.status || inv.answer.PhysicalResourceID != tt.id || !strings.Contains(inv.answer.Reason, tt.reason) {
				t.Errorf("the answer is %+v, want %s with the id %s and the Reason %q", inv.answer, tt.status, tt.id, tt.reason)
			}
			if tt.status == cfn.StatusFailed && !strings.HasSuffix(inv.answer.Reason, "Lambda request id lambda-request)") {
				t.Errorf("Reason %q does not end with the log stream and the request id", inv.answer.Reason)
			}
			if inv.took > 50*time.Second {
				t.Errorf("answered after %s, want before the deadline of 60s", inv.took)
			}
			if strings.Contains(inv.log, "s3cr3t") {
				t.Errorf("the log shows the response URL, want it left out: %s", inv.log)
			}
		})
	}
}

// TestNobodyToAnswer checks that an event without a URL to which a PUT can go is an
// error, at once and before anything is done.
// Reference 7.2.
func TestNobodyToAnswer(t *testing.T) {
	called := false
	note := func(context.Context) (Outcome, error) { called = true; return Outcome{}, nil }
	for _, url := range []any{nil, "", "x", "ftp://host/key", "https://", "https://:443/key", "%"} {
		inv := invoke(t, script{note, "x"}, event(map[string]any{"ResponseURL": url}))
		if inv.err == nil || len(inv.puts.bodies) != 0 || called || inv.took > time.Second {
			t.Errorf("%v: error %v, %d answers after %s, resource called: %v; want only an error", url, inv.err, len(inv.puts.bodies), inv.took, called)
		}
	}
}

// TestDelivery checks the PUT: its header, which errors are retried, and which are final.
// Reference 7.4, 7.5.
func TestDelivery(t *testing.T) {
	type reply = func() (*http.Response, error)
	hang := func() (*http.Response, error) { time.Sleep(20 * time.Second); return nil, errors.New("timeout") }
	tests := []struct {
		name    string
		replies []reply
		puts    int
		err     string
	}{
		{"taken at once", []reply{status(200)}, 1, ""},
		{"503 three times", []reply{status(503), status(503), status(503), status(200)}, 4, ""},
		{"429", []reply{status(429), status(200)}, 2, ""},
		{"network error", []reply{broken, broken, status(200)}, 3, ""},
		{"silence", []reply{hang, status(200)}, 2, ""},
		{"403 is final", []reply{status(403), status(200)}, 1, "403"},
		{"a redirect is not followed", []reply{status(307), status(200)}, 1, "307"},
		{"never", []reply{broken}, -1, "connection reset"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := invoke(t, script{succeed, "x"}, event(nil), tt.replies...)
			if (inv.err == nil) != (tt.err == "") || inv.err != nil && !strings.Contains(inv.err.Error(), tt.err) {
				t.Errorf("Invoke: %v, want %q", inv.err, tt.err)
			}
			if inv.err != nil && strings.Contains(inv.err.Error(), "s3cr3t") {
				t.Errorf("the error shows the response URL, want it left out: %v", inv.err)
			}
			if got := len(inv.puts.bodies); tt.puts >= 0 && got != tt.puts || got < 1 {
				t.Errorf("%d PUTs, want %d", got, tt.puts)
			}
			if got, given := inv.puts.header["Content-Type"]; !given || got[0] != "" {
				t.Errorf("Content-Type %q, want an empty one", got)
			}
			if inv.took > 60*time.Second {
				t.Errorf("took %s, want less than the 60s of the request", inv.took)
			}
		})
	}
}

// TestExpiredRequestChangesNothing checks that the resource is not called, one PUT is tried,
// and Lambda does not run the event again.
// Reference 7.8.
func TestExpiredRequestChangesNothing(t *testing.T) {
	called := false
	note := func(context.Context) (Outcome, error) { called = true; return Outcome{}, nil }
	for _, url := range []string{"https://x/?X-Amz-Date=19991231T000000Z&X-Amz-Expires=7200", "https://x/?AWSAccessKeyId=a&Expires=946684799&Signature=b"} {
		expired := event(map[string]any{"ResponseURL": url})
		for _, reply := range []func() (*http.Response, error){status(200), status(403), broken} {
			inv := invoke(t, script{note, "x"}, expired, reply)
			if called || inv.err != nil {
				t.Errorf("%s: called: %v, error: %v; want neither", url, called, inv.err)
			}
			if inv.answer.Status != cfn.StatusFailed || inv.answer.PhysicalResourceID != "ray-1" {
				t.Errorf("%s: answer %+v, want FAILED of the event's id", url, inv.answer)
			}
		}
	}
}

// TestUnavailable checks the answer of a function that cannot start.
// Reference 7.11.
func TestUnavailable(t *testing.T) {
	inv := invoke(t, Unavailable{Err: errors.New("no region")}, event(map[string]any{"RequestType": "Create", "PhysicalResourceId": nil}))
	if inv.err != nil || inv.answer.Status != cfn.StatusFailed || inv.answer.PhysicalResourceID == "" || !strings.Contains(inv.answer.Reason, "no region") {
		t.Errorf("answer %+v (%v), want FAILED with the reason", inv.answer, inv.err)
	}
}
