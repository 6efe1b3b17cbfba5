package acceptance

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestAnswer_SlowDeliveryIsRepeated proves that the function gives up a PUT that hangs, and
// sends another one.
// Reference 7.5.
func TestAnswer_SlowDeliveryIsRepeated(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.URLs.Script(responseurl.Hang)
	e := s.Event("Update", quick)
	if outcome := l.Function.Invoke(e.JSON(), 30*time.Second); !outcome.OK() {
		t.Errorf("the invocation ended with %+v, want success after a second PUT", outcome)
	}
	if puts := l.URLs.Puts(e.ResponseURL); len(puts) != 2 || !bytes.Equal(puts[0].Body, puts[1].Body) {
		t.Errorf("got %d PUTs, want the same answer twice", len(puts))
	}
}

// TestAnswer_UndeliveredIsAnError proves that the invocation fails before its timeout, so
// that Lambda retries it, if the response URL refuses connections or always answers 503. No
// error and no log line shows the URL.
// Reference 7.4, 7.10.
func TestAnswer_UndeliveredIsAnError(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*lab, *cloudformation.Event){
		"refused": func(_ *lab, e *cloudformation.Event) {
			gone := responseurl.New()
			e.ResponseURL = gone.URL(0)
			gone.Close()
		},
		"unavailable": func(l *lab, _ *cloudformation.Event) {
			var replies []http.HandlerFunc
			for range 100 {
				replies = append(replies, responseurl.Status(http.StatusServiceUnavailable))
			}
			l.URLs.Script(replies...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.created(quick)
			e := s.Event("Update", quick)
			spoil(l, &e)
			outcome := l.Function.Invoke(e.JSON(), 12*time.Second)
			if outcome.Died || outcome.Error == "" || strings.Contains(outcome.Error, responseurl.Secret) {
				t.Errorf("the invocation ended with %+v, want an error that does not show the URL", outcome)
			}
			l.URLs.Script()
			if again := l.Function.Invoke(s.Event("Update", quick).JSON(), s.Timeout); !again.OK() {
				t.Errorf("the next invocation ended with %+v, want success", again)
			}
		})
	}
}

// TestAnswer_UndeliveredIsDeliveredByTheRetry proves that an answer that S3 refused is
// delivered by Lambda's retry, with the physical id and the attributes of the first
// attempt.
// Reference 4.3, 7.4.
func TestAnswer_UndeliveredIsDeliveredByTheRetry(t *testing.T) {
	l := newLab(t)
	l.URLs.Script(responseurl.Status(http.StatusForbidden))
	s := l.Stack()
	e := s.Event("Create", quick)
	l.OK(s.Send(e))
	puts := l.URLs.Puts(e.ResponseURL)
	if len(puts) != 2 || puts[0].Taken || !puts[1].Taken {
		t.Fatalf("got %d PUTs, want a refused one and an accepted one", len(puts))
	}
	first, err := cloudformation.Read(puts[0].Body, e)
	if err != nil {
		t.Error(err)
	}
	second, err := cloudformation.Read(puts[1].Body, e)
	if err != nil {
		t.Error(err)
	}
	if first.PhysicalResourceID != second.PhysicalResourceID || len(second.Data) != len(first.Data) {
		t.Errorf("the answers differ: the first attempt sent %+v, the second %+v", first, second)
	}
}

// TestAnswer_AnswerAsSent checks the bytes of an answer: only the characters that JSON
// requires are escaped, no character is cut in two, and a Reason that is cut keeps its
// cause, the log stream and the request id.
// Reference 7.6.
func TestAnswer_AnswerAsSent(t *testing.T) {
	l := newLab(t)
	for _, filler := range []string{"<&>", "ä", "a€", "aa😀", "aaa😀", `"\`, "\n\x01"} {
		s := l.Stack()
		tags := manyTags(47)
		for _, tag := range tags {
			tag.(map[string]any)["Value"] = strings.Repeat(filler, 300)
		}
		e := s.Event("Create", properties{"Tags": tags})
		answer := s.Send(e)
		l.Failed(answer, "Tags[0].Value", "nothing was changed", l.Function.LogStream, e.RequestID)
		body := l.URLs.Puts(e.ResponseURL)[0].Body
		if len(body) > 4096 || bytes.Contains(body, []byte(`\u003c`)) || bytes.Contains(body, []byte(`\u0026`)) {
			t.Errorf("%q: the answer has %d bytes (want 4096 at most), escaped HTML: %v (want false)", filler, len(body), bytes.Contains(body, []byte(`\u00`)))
		}
		if strings.ContainsRune(answer.Reason, '\uFFFD') {
			t.Errorf("%q: a character of the Reason is cut in two: %q", filler, answer.Reason)
		}
		if len(body) < 4000 {
			t.Errorf("%q: the answer has %d bytes, want it cut no further than necessary", filler, len(body))
		}
	}
}

// TestAnswer_PhysicalIDIsInEveryAnswer proves that a failure's answer has the physical id
// too: the resource's own for a Create, the event's for an Update or a Delete, whatever it
// is.
// Reference 7.7.
func TestAnswer_PhysicalIDIsInEveryAnswer(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	refused := properties{"NamePrefix": "a b"}
	l.CreateProfile("somebodys", "/", "ray-worker")
	for _, id := range []string{s.PhysicalID, "made-up", "2026/11/24/[$LATEST]0123456789abcdef", strings.Repeat("x", 1024)} {
		for _, e := range []cloudformation.Event{s.Event("Update", refused), s.Event("Delete", quick)} {
			e.PhysicalResourceID = id
			answer := s.Send(e)
			if answer.PhysicalResourceID != id {
				t.Errorf("%s of the id %q answered the id %q, want the event's, or the resource's own for a Create", e.RequestType, id, answer.PhysicalResourceID)
			}
			l.Failed(answer)
		}
	}
}

// TestAnswer_ServiceTimeoutBoundsTheWork proves that the function answers before
// CloudFormation stops waiting, if that is before the function's deadline, wherever the
// event has the ServiceTimeout.
// Reference 7.3.
func TestAnswer_ServiceTimeoutBoundsTheWork(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*cloudformation.Event){
		"property": func(e *cloudformation.Event) {
			e.ResourceProperties = e.ResourceProperties.With(properties{"ServiceTimeout": 10})
		},
		"field": func(e *cloudformation.Event) { e.ServiceTimeout = "10" },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.Proxy.SetFault(iamproxy.On(iamproxy.Action("PutRolePolicy"), iamproxy.Hang()))
			s := l.Stack()
			e := s.Event("Create", quick)
			set(&e)
			defer time.AfterFunc(10*time.Second, l.Function.Kill).Stop() // CloudFormation does not wait any longer
			l.Failed(s.SendOnce(e), "putting inline policy", "deadline")
		})
	}
}
