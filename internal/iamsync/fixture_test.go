package iamsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// wire is the network between a Sync and IAM: every call gets the next reply that is scripted
// for its action, and succeeds with an empty answer when none is left. IAM's own behaviour is
// tested on an emulator. These tests are about faults.
type wire struct {
	mu      sync.Mutex
	replies map[string][]reply
	calls   []string // actions, in the order in which they came
	at      []time.Time
}

type reply func(action string) (*http.Response, error)

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	action := form.Get("Action")
	w.mu.Lock()
	w.calls, w.at = append(w.calls, action), append(w.at, time.Now())
	next := succeed
	if queue := w.replies[action]; len(queue) > 0 {
		next = queue[0]
		if len(queue) > 1 {
			w.replies[action] = queue[1:]
		}
	}
	w.mu.Unlock()
	return next(action)
}

func succeed(action string) (*http.Response, error) { return result(action, ""), nil }

func result(action, inner string) *http.Response {
	return response(200, fmt.Sprintf("<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, inner, action, action))
}

func response(code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// fails replies with an error in the form of IAM's query protocol.
func fails(status int, code string) reply {
	return func(string) (*http.Response, error) {
		return response(status, fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>words of IAM</Message></Error><RequestId>iam-request</RequestId></ErrorResponse>", code)), nil
	}
}

func resets(string) (*http.Response, error) { return nil, errors.New("connection reset by peer") }

func truncates(string) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader("<Creat"), broken{}))}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func hangs(string) (*http.Response, error) {
	time.Sleep(30 * time.Second)
	return nil, errors.New("nobody waits for this")
}

// onWire runs do with a Sync on this wire, under a deadline of a minute, on a simulated clock.
func onWire(t *testing.T, w *wire, do func(ctx context.Context, s *Sync)) (log string) {
	t.Helper()
	return onWireWith(t, w, Patience{}, nil, do)
}

func onWireWith(t *testing.T, w *wire, patience Patience, hidden Hidden, do func(ctx context.Context, s *Sync)) (log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var out bytes.Buffer
		cfg := aws.Config{
			Region:     "us-east-1",
			HTTPClient: &http.Client{Transport: w},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
			}),
		}
		do(ctx, New(NewClient(cfg, time.Hour), patience, hidden, slog.New(slog.NewJSONHandler(&out, nil))))
		log = out.String()
		time.Sleep(time.Minute)
	})
	return log
}
