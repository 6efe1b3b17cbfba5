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

// TestAnswer_SlowDeliveryIsRepeated proves that a PUT which hangs is given up for
// another one.
// Reference 7.5.
func TestAnswer_SlowDeliveryIsRepeated(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	l.URLs.Script(responseurl.Hang)
	e := s.Event("Update", quick)
	if outcome := l.Function.Invoke(e.JSON(), 30*time.Second); !outcome.OK() {
		t.Errorf("%+v, want success after a second PUT", outcome)
	}
	if puts := l.URLs.Puts(e.ResponseURL); len(puts) != 2 || !bytes.Equal(puts[0].Body, puts[1].Body) {
		t.Errorf("%d PUTs, want the same answer twice", len(puts))
	}
}

// TestAnswer_UndeliveredIsAnError checks, for a URL that refuses connections and for
// one that answers 503 without end, that the invocation fails before Lambda ends it,
// so that it is repeated; and that nothing says the URL.
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
				t.Errorf("%+v, want an error of the invocation without the URL", outcome)
			}
			l.URLs.Script()
			if again := l.Function.Invoke(s.Event("Update", quick).JSON(), s.Timeout); !again.OK() {
				t.Errorf("the next invocation ended with %+v", again)
			}
		})
	}
}

// TestAnswer_UndeliveredIsDeliveredByTheRetry checks the whole way of an answer that
// is refused the first time: Lambda runs the event again, and the id and attributes
// are those that the first attempt made.
// Reference 4.3, 7.4.
func TestAnswer_UndeliveredIsDeliveredByTheRetry(t *testing.T) {
	l := newLab(t)
	l.URLs.Script(responseurl.Status(http.StatusForbidden))
	s := l.Stack()
	e := s.Event("Create", quick)
	l.OK(s.Send(e))
	puts := l.URLs.Puts(e.ResponseURL)
	if len(puts) != 2 || puts[0].Taken || !puts[1].Taken {
		t.Fatalf("%d PUTs, want a refused one and one that is taken", len(puts))
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
		t.Errorf("the first attempt says %+v, the second %+v", first, second)
	}
}

// TestAnswer_AnswerAsSent checks the bytes: nothing escaped that JSON does not ask to
// be, no character cut in two, the cause and where to read on both kept.
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
			t.Errorf("%q: %d bytes, with HTML escaped: %v", filler, len(body), bytes.Contains(body, []byte(`\u00`)))
		}
		if strings.ContainsRune(answer.Reason, '\uFFFD') {
			t.Errorf("%q: a character is cut: %q", filler, answer.Reason)
		}
		if len(body) < 4000 {
			t.Errorf("%q: cut to %d bytes, want as many as are allowed", filler, len(body))
		}
	}
}

// TestAnswer_PhysicalIDIsInEveryAnswer checks it for failures: a Create's own id, and
// otherwise the event's, whatever it is.
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
				t.Errorf("%s of %q answers %q", e.RequestType, id, answer.PhysicalResourceID)
			}
			l.Failed(answer)
		}
	}
}

// TestAnswer_ServiceTimeoutBoundsTheWork proves that the answer comes before
// CloudFormation stops waiting, where that is before the function's deadline, and wherever
// the event says so.
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
			defer time.AfterFunc(10*time.Second, l.Function.Kill).Stop() // when CloudFormation does not listen any more
			l.Failed(s.SendOnce(e), "putting inline policy", "deadline")
		})
	}
}
