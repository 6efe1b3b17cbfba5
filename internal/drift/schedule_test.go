package drift

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

const scheduled = `{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-10-08T16:53:06Z","region":"us-east-1","resources":["arn:aws:events:us-east-1:123456789012:rule/MyScheduledRule"],"detail":{}}`

// TestScheduledAt checks which events ask for a look. An event that CloudFormation may have
// sent does not: it must be answered.
// Reference 15.8.
func TestScheduledAt(t *testing.T) {
	with := func(member string) string { return `{` + member + `,` + scheduled[1:] }
	for name, tt := range map[string]struct {
		payload string
		want    bool
	}{
		"EventBridge's":            {scheduled, true},
		"with a ResponseURL":       {with(`"ResponseURL":"https://x/"`), false},
		"with another's spelling":  {with(`"responseurl":"https://x/"`), false},
		"with a RequestType":       {with(`"RequestType":"Delete"`), false},
		"with a StackId":           {with(`"StackId":null`), false},
		"another source":           {strings.Replace(scheduled, "aws.events", "aws.s3", 1), false},
		"another type":             {strings.Replace(scheduled, "Scheduled Event", "Other", 1), false},
		"cut short":                {scheduled[:len(scheduled)-1], false},
		"a request":                {`{"RequestType":"Create","ResponseURL":"https://x/","StackId":"s","RequestId":"r","LogicalResourceId":"l"}`, false},
		"a request within another": {`{"ResourceProperties":` + scheduled + `}`, false},
		"a list":                   {`[` + scheduled + `]`, false},
		"nothing":                  {``, false},
		"a time that is none":      {strings.Replace(scheduled, "2026-10-08T", "noon", 1), false},
	} {
		at, got := ScheduledAt([]byte(tt.payload))
		if got != tt.want || got && at.Unix() != 1791478386 {
			t.Errorf("%s: ScheduledAt = %v, %s, want %v", name, got, at, tt.want)
		}
	}
}

// noIAM is an HTTP client that does not answer until the context ends, or panics.
type noIAM struct{ panics bool }

func (n noIAM) Do(r *http.Request) (*http.Response, error) {
	if n.panics {
		panic("a bug")
	}
	<-r.Context().Done()
	return nil, errors.New("the connection broke")
}

// TestLook_Fails checks that a look which IAM does not answer, or that panics, ends before its
// time, says so in the log and in the metrics, and returns no error that would make Lambda run
// it again.
// Reference 15.8.
func TestLook_Fails(t *testing.T) {
	for _, iam := range []noIAM{{false}, {true}} {
		synctest.Test(t, func(t *testing.T) {
			var log, metrics bytes.Buffer
			s := &Schedule{
				AWS:      aws.Config{Region: "us-east-1", HTTPClient: iam, Credentials: aws.AnonymousCredentials{}},
				Settings: Settings{CallsPerSecond: 5}, Log: slog.New(slog.NewJSONHandler(&log, nil)), Metrics: slog.New(slog.NewJSONHandler(&metrics, nil)),
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			s.Look(ctx, time.Now())
			if ctx.Err() != nil {
				t.Error("the look took all its time, want it to end before")
			}
			if !strings.Contains(log.String(), `"msg":"look failed"`) || !strings.Contains(log.String(), `"level":"ERROR"`) {
				t.Errorf("the log does not say that it failed:\n%s", log.String())
			}
			var line struct {
				Outcome string
				Looks   int
			}
			if err := json.NewDecoder(&metrics).Decode(&line); err != nil || line.Outcome != "FAILED" || line.Looks != 1 {
				t.Errorf("the metrics are %+v (error: %v), want a failed look", line, err)
			}
		})
	}
}

// TestSettingsFromEnvironment checks how the environment variables are read.
func TestSettingsFromEnvironment(t *testing.T) {
	env := map[string]string{"RAYIAM_NAME_PREFIX": "ray", "RAYIAM_PATH": "/ray/", "RAYIAM_DRIFT_SCHEDULE": " rate(1 day) ", "RAYIAM_DRIFT_CALLS_PER_SECOND": "9"}
	getenv := func(name string) string { return env[name] }
	if got, want := SettingsFromEnvironment(getenv), (Settings{"ray", "/ray/", "rate(1 day)", 9}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "0", "-1", "many"} {
		env["RAYIAM_DRIFT_CALLS_PER_SECOND"] = bad
		if got := SettingsFromEnvironment(getenv).CallsPerSecond; got != defaultCallsPerSecond {
			t.Errorf("%q is read as %d, want the default", bad, got)
		}
	}
}

// FuzzScheduledAt checks that no event with a response URL counts as a schedule's event.
// Reference 15.8.
func FuzzScheduledAt(f *testing.F) {
	for _, seed := range []string{
		scheduled, `{"ResponseURL":"https://x/",` + scheduled[1:], `{"RequestType":"Create","ResponseURL":"https://x/"}`,
		`{"Response\u0055RL":"https://x/",` + scheduled[1:], scheduled + scheduled, `{"source":"aws.events"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		request, err := customresource.Decode(payload)
		if _, ok := ScheduledAt(payload); ok && (err == nil || request.ResponseURL != "" || request.Type != "") {
			t.Errorf("a request counts as a scheduled look: %s", payload)
		}
	})
}
