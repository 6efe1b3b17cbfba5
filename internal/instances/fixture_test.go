package instances

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	account = "123456789012"
	head    = "arn:aws:iam::" + account + ":instance-profile/ray-head"
	worker  = "arn:aws:iam::" + account + ":instance-profile/ray-worker"
)

// wire is the network between a Reader and EC2: every call to a Region gets the next reply
// that is scripted for it, the last one again and again. EC2's own behaviour is tested on an
// emulator. These tests are about faults and times.
type wire struct {
	mu      sync.Mutex
	replies map[string][]reply // by Region
	forms   []url.Values
	at      []time.Time
}

type reply func(ctx context.Context) (*http.Response, error)

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	region := strings.Split(req.URL.Host, ".")[1] // ec2.eu-west-1.amazonaws.com
	w.mu.Lock()
	w.forms, w.at = append(w.forms, form), append(w.at, time.Now())
	queue := w.replies[region]
	if len(queue) > 1 {
		w.replies[region] = queue[1:]
	}
	w.mu.Unlock()
	if len(queue) == 0 {
		return nil, fmt.Errorf("nothing is scripted for %s", region)
	}
	return queue[0](req.Context())
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// fails replies with an error in the form of EC2's query protocol.
func fails(status int, code, message string) reply {
	return func(context.Context) (*http.Response, error) {
		return response(status, fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r</RequestID></Response>", code, message)), nil
	}
}

// lists answers with these instances, each "id profile cluster", and the token of the next
// page, empty for no next page.
func lists(token string, instances ...string) reply {
	var items strings.Builder
	for _, instance := range instances {
		f := strings.Fields(instance)
		fmt.Fprintf(&items, "<item><instancesSet><item><instanceId>%s</instanceId><iamInstanceProfile><arn>%s</arn></iamInstanceProfile>", f[0], f[1])
		if len(f) > 2 {
			fmt.Fprintf(&items, "<tagSet><item><key>Name</key><value>x</value></item><item><key>ray-cluster-name</key><value>%s</value></item></tagSet>", f[2])
		}
		items.WriteString("</item></instancesSet></item>")
	}
	return func(context.Context) (*http.Response, error) {
		return response(200, fmt.Sprintf("<DescribeInstancesResponse><reservationSet>%s</reservationSet><nextToken>%s</nextToken></DescribeInstancesResponse>", items.String(), token)), nil
	}
}

var (
	throttles   = fails(503, "RequestLimitExceeded", "Request limit exceeded.")
	denies      = fails(403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
	regionOff   = fails(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
	unavailable = fails(503, "Unavailable", "The service is unavailable.")
	isUnknown   = fails(400, "InvalidParameterValue", "Value (x) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN")
	isNameless  = fails(400, "InvalidParameterValue", "Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
	isRoleless  = fails(400, "InvalidParameterValue", "IAM Instance Profile &quot;x&quot; has no associated IAM Roles")
)

func resets(context.Context) (*http.Response, error) {
	return nil, errors.New("connection reset by peer")
}

func hangs(ctx context.Context) (*http.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func nowhere(context.Context) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "ec2.mars-1.amazonaws.com", IsNotFound: true}}
}

// onWire runs do with a Reader on this wire, on a simulated clock, and returns the log and how
// long do took.
func onWire(t *testing.T, w *wire, do func(context.Context, *Reader, *slog.Logger)) (log string, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		cfg := aws.Config{
			Region:     "us-east-1",
			HTTPClient: &http.Client{Transport: w},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
			}),
		}
		begun := time.Now()
		do(t.Context(), New(cfg), slog.New(slog.NewJSONHandler(&out, nil)))
		log, took = out.String(), time.Since(begun)
	})
	return log, took
}
