package acceptance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestAnswer_UndecodableEventsAreAnswered proves that an event which cannot be decoded is
// answered as long as its ResponseURL can be read, and that the invocation succeeds.
// Reference 7.1, 7.4.
func TestAnswer_UndecodableEventsAreAnswered(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	for name, spoil := range map[string]func(string) string{
		"request type a number": func(p string) string { return strings.Replace(p, `"RequestType":"Create"`, `"RequestType":7`, 1) },
		"unknown request type":  func(p string) string { return strings.Replace(p, `"RequestType":"Create"`, `"RequestType":"Read"`, 1) },
		"stack id not an ARN":   func(p string) string { return strings.Replace(p, s.ID, "stack", 1) },
		"properties a list": func(p string) string {
			return p[:strings.Index(p, `"ResourceProperties":`)] + `"ResourceProperties":[]}`
		},
		"cut off": func(p string) string { return p[:len(p)-3] },
	} {
		t.Run(name, func(t *testing.T) {
			e := s.Event("Create", quick)
			if outcome := l.Function.Invoke([]byte(spoil(string(e.JSON()))), time.Minute); outcome.Error != "" || outcome.Died {
				t.Errorf("the invocation ended with %+v, want success after an answer", outcome)
			}
			puts := l.URLs.Puts(e.ResponseURL)
			if len(puts) != 1 || !strings.Contains(string(puts[0].Body), `"Status":"FAILED"`) {
				t.Errorf("got %d answers, want one with the status FAILED", len(puts))
			}
		})
	}
	outcome := l.Function.Invoke([]byte(`{"RequestType":"Create"}`), time.Minute)
	if outcome.Error == "" {
		t.Error("an event without a ResponseURL succeeded, want an error: no answer can be sent")
	}
	l.writesNothing("events that cannot be decoded")
}

// TestAnswer_Delivery checks the PUT of an answer, its retries, and whether the invocation
// then fails.
// Reference 7.4, 7.5.
func TestAnswer_Delivery(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	for name, tt := range map[string]struct {
		replies []http.HandlerFunc
		puts    int
		fails   bool
	}{
		"taken":           {nil, 1, false},
		"503 three times": {[]http.HandlerFunc{responseurl.Status(503), responseurl.Status(503), responseurl.Status(503)}, 4, false},
		"429":             {[]http.HandlerFunc{responseurl.Status(429)}, 2, false},
		"cut off":         {[]http.HandlerFunc{responseurl.CutOff}, 2, false},
		"403 is final":    {[]http.HandlerFunc{responseurl.Status(403)}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := s.Event("Update", quick)
			l.URLs.Script(tt.replies...)
			outcome := l.Function.Invoke(e.JSON(), time.Minute)
			if outcome.Died || (outcome.Error != "") != tt.fails {
				t.Errorf("the invocation ended with %+v, want it to fail: %v", outcome, tt.fails)
			}
			if strings.Contains(outcome.Error, responseurl.Secret) {
				t.Errorf("the invocation's error shows the response URL: %s", outcome.Error)
			}
			puts := l.URLs.Puts(e.ResponseURL)
			if len(puts) != tt.puts {
				t.Fatalf("got %d PUTs, want %d", len(puts), tt.puts)
			}
			if got, given := puts[0].Header["Content-Type"]; !given || got[0] != "" {
				t.Errorf("Content-Type %q, want an empty one", got)
			}
		})
	}
}

// TestAnswer_ReasonIsCut checks the size of an answer whose Reason is cut: the Reason keeps
// its cause, and ends with the log stream and the request id.
// Reference 7.6.
func TestAnswer_ReasonIsCut(t *testing.T) {
	l := newLab(t)
	create, _ := l.Stack().Create(properties{"Tags": strings.Repeat("<ä", 3000), strings.Repeat("unknown", 1000): 1, "NamePrefix": strings.Repeat("<", 5000)})
	l.Failed(create, "NamePrefix", l.Function.LogStream, create.RequestID)
	if !strings.HasSuffix(create.Reason, ")") || !strings.Contains(create.Reason, "read on in log group /aws/lambda/ray-iam") {
		t.Errorf("Reason ends with %q, want the log stream and the request id", create.Reason[len(create.Reason)-100:])
	}
}

// TestAnswer_ExpiredRequestChangesNothing proves, for each request type and for both ways
// to sign a URL, that an expired request writes nothing and is answered with a failure. The
// invocation succeeds, so that Lambda does not retry what S3 would refuse again.
// Reference 7.8.
func TestAnswer_ExpiredRequestChangesNothing(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	before := l.Snapshot()
	s.Age = 3 * time.Hour
	for _, e := range []cloudformation.Event{
		s.Event("Create", other), s.Event("Update", quick.With(properties{"Head": map[string]any{"ManagedPolicyArns": []any{}}})), s.Event("Delete", quick),
	} {
		l.expired(s, e)
		e.ResponseURL = l.URLs.URLVersion2(s.Age)
		l.expired(s, e)
	}
	l.unchanged(before, "expired requests")
}

// expired sends an event whose response URL has expired.
func (l *lab) expired(s *cloudformation.Stack, e cloudformation.Event) {
	l.TB.Helper()
	if outcome := l.Function.Invoke(e.JSON(), s.Timeout); !outcome.OK() {
		l.TB.Errorf("an expired %s ended with %+v, want an invocation that is not repeated", e.RequestType, outcome)
	}
	for _, put := range l.URLs.Puts(e.ResponseURL) {
		answer, err := cloudformation.Read(put.Body, e)
		if err != nil {
			l.TB.Errorf("the answer to an expired %s: %v", e.RequestType, err)
		}
		l.Failed(answer, "expired", "nothing was changed")
		if put.Taken || put.Refusal != "Request has expired" {
			l.TB.Errorf("the answer to an expired %s was accepted: %v, or refused for %q, want it refused as expired", e.RequestType, put.Taken, put.Refusal)
		}
	}
}
