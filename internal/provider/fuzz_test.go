package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// emptyIAM answers as IAM does in an empty account in which nothing may be created.
type emptyIAM struct{}

func (emptyIAM) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status, code := http.StatusForbidden, "AccessDenied"
	if form, _ := url.ParseQuery(string(body)); strings.HasPrefix(form.Get("Action"), "Get") || strings.HasPrefix(form.Get("Action"), "List") {
		status, code = http.StatusNotFound, "NoSuchEntity"
	}
	text := "<ErrorResponse><Error><Code>" + code + "</Code><Message>no</Message></Error></ErrorResponse>"
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(text))}, nil
}

// s3 accepts every answer and keeps it.
type s3 struct {
	mu     sync.Mutex
	urls   []string
	bodies [][]byte
}

func (s *s3) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls, s.bodies = append(s.urls, r.URL.String()), append(s.bodies, body)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}

const fuzzURL = "https://b.s3.amazonaws.com/k?X-Amz-Signature=5ec4e7"

// responseURL reads the one string that decides whether there must be an answer, in another
// way than the function: token by token, up to where the event breaks. It is empty if there is
// no URL for a PUT.
func responseURL(payload []byte) string {
	dec := json.NewDecoder(bytes.NewReader(payload))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	found := ""
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			break
		}
		if name == "ResponseURL" {
			found = ""
			if json.Unmarshal(value, &found) != nil {
				found = ""
			}
		}
	}
	u, err := url.Parse(found)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return ""
	}
	return found
}

// FuzzInvoke checks the function from event to answer, for any event: no panic, exactly one
// answer if a ResponseURL can be read, an error of the invocation if there was no answer, and
// an answer that CloudFormation accepts and that does not contain the URL.
// Reference 7.1, 7.2, 7.10.
func FuzzInvoke(f *testing.F) {
	p, err := New(aws.Config{Region: "us-east-1", HTTPClient: emptyIAM{}, Credentials: aws.AnonymousCredentials{}}, Settings{Bounds: rayiam.Bounds{}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{"RequestType":"Create","ResponseURL":"` + fuzzURL + `","StackId":"arn:aws:cloudformation:us-east-1:123456789012:stack/s/1","RequestId":"r","LogicalResourceId":"L","ResourceProperties":{"PropagationWaitSeconds":"0","Head":{"ManagedPolicyArns":[]},"WorkerGroups":[{"Name":"w","ManagedPolicyArns":[]}]}}`,
		`{"RequestType":"Update","ResponseURL":"` + fuzzURL + `","StackId":"arn:aws:cloudformation:us-east-1:123456789012:stack/s/1","RequestId":"r","LogicalResourceId":"L","PhysicalResourceId":"x","ResourceProperties":{"NamePrefix":"a"},"OldResourceProperties":{"NamePrefix":7}}`,
		`{"RequestType":"Delete","ResponseURL":"` + fuzzURL + `","StackId":"arn:aws:cloudformation:us-east-1:123456789012:stack/s/1","RequestId":"r","LogicalResourceId":"L","PhysicalResourceId":"x","ResourceProperties":null}`,
		`{"RequestType":7,"ResponseURL":"` + fuzzURL + `"`,
		`{"ResponseURL":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var (
			log bytes.Buffer
			far s3
			err error
		)
		synctest.Test(t, func(t *testing.T) { // some requests mostly wait
			h := &customresource.Handler{Resource: p, Log: slog.New(slog.NewJSONHandler(&log, nil)), Transport: &far}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			_, err = h.Invoke(ctx, payload)
		})
		if len(far.bodies) > 1 || (err == nil) != (len(far.bodies) == 1) {
			t.Fatalf("%d answers, and the invocation ended with %v\n%s", len(far.bodies), err, log.String())
		}
		want := responseURL(payload)
		if want == "" {
			return
		}
		if len(far.bodies) != 1 || !sameURL(far.urls[0], want) {
			t.Fatalf("answers went to %q, want one to %q\n%s", far.urls, want, log.String())
		}
		checkAnswer(t, far.bodies[0])
		if strings.Contains(log.String(), "panic") && !bytes.Contains(payload, []byte("panic")) {
			t.Errorf("the function panicked:\n%s", log.String())
		}
		if len(want) < 16 || strings.Contains(strings.Join(others(payload), "\n"), want) {
			return // no secret, or a secret that other fields of the event contain too
		}
		for what, text := range map[string]string{"log": log.String(), "answer": string(far.bodies[0])} {
			if strings.Contains(text, want) {
				t.Errorf("the %s shows the ResponseURL:\n%s", what, text)
			}
		}
	})
}

// sameURL compares the requested URL with the event's URL: net/url may write a URL in another
// way, and does not send its fragment.
func sameURL(got, want string) bool {
	u, err := url.Parse(want)
	if err != nil {
		return false
	}
	g, err := url.Parse(got)
	return err == nil && g.Hostname() == u.Hostname() && g.Port() == u.Port() && g.Path == u.Path && g.RawQuery == u.RawQuery
}

func checkAnswer(t *testing.T, body []byte) {
	t.Helper()
	var answer struct{ Status, Reason, PhysicalResourceId string }
	if err := json.Unmarshal(body, &answer); err != nil || !utf8.Valid(body) {
		t.Fatalf("the answer cannot be read (%v): %q", err, body)
	}
	if len(body) > 4096 {
		t.Errorf("the answer has %d bytes, want at most 4096", len(body))
	}
	if answer.PhysicalResourceId == "" || answer.Status != "SUCCESS" && (answer.Status != "FAILED" || answer.Reason == "") {
		t.Errorf("CloudFormation would refuse the answer: %s", body)
	}
}

// others returns the event's strings other than the ResponseURL.
func others(payload []byte) []string {
	var fields map[string]any
	if json.Unmarshal(payload, &fields) != nil {
		return nil // no answer and no log line repeats an event that could not be decoded
	}
	delete(fields, "ResponseURL")
	return texts(fields)
}

func texts(v any) (all []string) {
	switch v := v.(type) {
	case string:
		all = []string{v}
	case []any:
		for _, e := range v {
			all = append(all, texts(e)...)
		}
	case map[string]any:
		for name, e := range v {
			all = append(append(all, name), texts(e)...)
		}
	}
	return all
}
