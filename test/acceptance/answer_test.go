package acceptance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestAnswer_UndecodableEventsAreAnswered holds that while a ResponseURL can be
// read there is an answer, and the invocation succeeds.
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
				t.Errorf("%d answers, want one that says FAILED", len(puts))
			}
		})
	}
	outcome := l.Function.Invoke([]byte(`{"RequestType":"Create"}`), time.Minute)
	if outcome.Error == "" {
		t.Error("an event without a URL succeeded, and nobody would hear of it")
	}
	l.writesNothing("events that cannot be decoded")
}

// TestAnswer_Delivery holds the PUT and what Lambda is told about it.
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
				t.Errorf("invocation %+v, want failure: %v", outcome, tt.fails)
			}
			if strings.Contains(outcome.Error, responseurl.Secret) {
				t.Errorf("the error shows the URL: %s", outcome.Error)
			}
			puts := l.URLs.Puts(e.ResponseURL)
			if len(puts) != tt.puts {
				t.Fatalf("%d PUTs, want %d", len(puts), tt.puts)
			}
			if got, given := puts[0].Header["Content-Type"]; !given || got[0] != "" {
				t.Errorf("Content-Type %q, want an empty one", got)
			}
		})
	}
}

// TestAnswer_ReasonIsCut holds the size of an answer, and that its Reason keeps the
// cause and ends with where to read on.
// Reference 7.6.
func TestAnswer_ReasonIsCut(t *testing.T) {
	l := newLab(t)
	create, _ := l.Stack().Create(properties{"Tags": strings.Repeat("<ä", 3000), strings.Repeat("unknown", 1000): 1, "NamePrefix": strings.Repeat("<", 5000)})
	l.Failed(create, "NamePrefix", l.Function.LogStream, create.RequestID)
	if !strings.HasSuffix(create.Reason, ")") || !strings.Contains(create.Reason, "read on in log group /aws/lambda/ray-iam") {
		t.Errorf("Reason ends with %q", create.Reason[len(create.Reason)-100:])
	}
}

// TestAnswer_ExpiredRequestChangesNothing holds each request type: nothing is
// written, nothing but a failure is said to whoever may listen still, and Lambda is
// not asked to run again what S3 will refuse again; in both ways to sign a URL.
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
			l.TB.Errorf("the answer to an expired %s was taken: %v, refused for %q", e.RequestType, put.Taken, put.Refusal)
		}
	}
}

// TestAnswer_RepeatedRequestIsAnsweredAgain holds that a known RequestId is not
// skipped.
// Reference 7.9.
func TestAnswer_RepeatedRequestIsAnsweredAgain(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	e := s.Event("Update", quick.With(properties{"Tags": tags("a", "b")}))
	for range 2 {
		if outcome := l.Function.Invoke(e.JSON(), s.Timeout); outcome.Error != "" {
			t.Fatal(outcome.Error)
		}
	}
	if answers := s.Answers(e); len(answers) != 2 || answers[0].Status != answers[1].Status {
		t.Errorf("answers %+v, want the same one twice", answers)
	}
}

// TestAnswer_AnswerBeforeTheDeadline holds that IAM's silence is answered in time,
// with what was going on.
// Reference 7.3.
func TestAnswer_AnswerBeforeTheDeadline(t *testing.T) {
	l := newLab(t)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("AttachRolePolicy"), iamproxy.Hang()))
	s := l.Stack()
	s.Timeout = 10 * time.Second
	create := s.SendOnce(s.Event("Create", quick))
	l.Failed(create, "attaching policy", "deadline")
	if create.PhysicalResourceID == "" {
		t.Error("no physical id")
	}
}

// TestAnswer_Logs holds one JSON line for each stage and each write, with what
// finds it again.
// Reference 7.10, 13.1.
func TestAnswer_Logs(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	e := s.Event("Create", quick)
	l.OK(s.Send(e))
	l.Function.Stop() // its log is complete then
	lines := logLines(t, l.Function.Log())
	written := 0
	stages := map[string]bool{}
	for _, line := range lines {
		for key, want := range map[string]string{"stack": s.ID, "logicalId": s.LogicalID, "requestId": e.RequestID, "requestType": "Create"} {
			if line[key] != want {
				t.Errorf("%s is %v, want %q in %v", key, line[key], want, line)
			}
		}
		// Lambda reads these two where its log is filtered by level.
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(line["timestamp"])); err != nil || line["level"] == nil {
			t.Errorf("a line without a time or a level that Lambda reads (%v): %v", err, line)
		}
		stages[line["msg"].(string)] = true
		if line["msg"] == "written" {
			written++
		}
	}
	if want := len(l.Proxy.Writes()); written != want {
		t.Errorf("%d lines for %d writes", written, want)
	}
	for _, stage := range []string{"received", "checked", "observed", "planned", "applied", "answered"} {
		if !stages[stage] {
			t.Errorf("no line for the stage %q", stage)
		}
	}
}

// TestLogs_AttemptsAndSummary holds what a write that was repeated says, and the line
// that sums the request up: its calls, its repetitions, and the time of each stage.
// Reference 13.1.
func TestLogs_AttemptsAndSummary(t *testing.T) {
	l := newLab(t)
	const action = "PutRolePolicy"
	l.Proxy.SetFault(iamproxy.On(iamproxy.Times(2, iamproxy.Action(action)), iamproxy.Answer(http.StatusBadRequest, "Throttling")))
	s := l.Stack()
	l.OK(s.Send(s.Event("Create", quick)))
	l.Function.Stop()
	attempts, summaries := map[any]bool{}, 0
	for _, line := range logLines(t, l.Function.Log()) {
		if line["call"] == action && line["msg"] == "written" {
			attempts[line["attempt"]] = true
		}
		if line["msg"] != "summary" {
			continue
		}
		summaries++
		if calls := float64(len(l.Proxy.Calls())); line["calls"] != calls || line["retries"] != 2.0 {
			t.Errorf("the summary says %v calls and %v retries, want %v and 2", line["calls"], line["retries"], calls)
		}
		for _, stage := range []string{"observe", "apply", "propagate"} {
			if _, ok := line["stages"].(map[string]any)[stage].(float64); !ok {
				t.Errorf("the summary lacks the time of %s: %v", stage, line["stages"])
			}
		}
	}
	if summaries != 1 || len(attempts) != 1 || !attempts[3.0] {
		t.Errorf("%d summaries, and written at attempt %v, want 1 and the third", summaries, attempts)
	}
}

// TestMetrics holds the one line that CloudWatch reads as metrics, for each outcome: on
// standard output, as its page on Lambda says, where nothing else is.
// Reference 11.9, 13.2.
func TestMetrics(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	undelivered := s.Event("Update", quick)
	l.URLs.Script(responseurl.Status(403))
	l.Function.Invoke(undelivered.JSON(), s.Timeout)
	l.Failed(s.Send(s.Event("Update", properties{"NamePrefix": "a b"})), "NamePrefix")
	l.CreateRole("ray-gpu", "/")
	group := groups("worker", "gpu")
	l.Failed(s.Send(s.Event("Update", quick.With(properties{"WorkerGroups": group}))), "role ray-gpu exists")
	l.Failed(s.Send(s.Event("Update", quick.With(properties{"PermissionsBoundary": awsPolicy + "NoSuchPolicy"}))), "no such policy")
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("TagRole"), iamproxy.Answer(http.StatusConflict, "LimitExceeded")))
	team := quick.With(properties{"Revision": "2", "Tags": tags("team", "ml")})
	l.Failed(s.Send(s.Event("Update", team)), "LimitExceeded")
	l.Proxy.SetFault(nil)
	l.Failed(s.Send(s.Event("Resize", quick)), `"Resize" is none of`)
	s.Age = time.Minute
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
	l.Failed(s.Send(s.Event("Update", team)), "nothing was changed")
	s.Age = 3 * time.Hour
	l.expired(s, s.Event("Delete", quick))
	l.Function.Stop()
	lines := metrics(t, l.Function.Output())
	for _, line := range lines {
		directive := line["_aws"].(map[string]any)["CloudWatchMetrics"].([]any)[0].(map[string]any)
		for _, metric := range directive["Metrics"].([]any) {
			name := metric.(map[string]any)["Name"].(string)
			if _, ok := line[name].(float64); !ok {
				t.Errorf("metric %s is %v, want a number", name, line[name])
			}
		}
		for _, dimension := range directive["Dimensions"].([]any)[1].([]any) {
			if value, ok := line[dimension.(string)].(string); !ok || value == "" {
				t.Errorf("dimension %s is %q", dimension, value)
			}
		}
	}
	if all, onOutput := len(metrics(t, l.Function.Log())), len(logLines(t, l.Function.Output())); all != len(lines) || onOutput != len(lines) {
		t.Errorf("%d metrics in the log, and on standard output %d of %d lines", all, len(lines), onOutput)
	}
	if got, want := outcomes(t, l.Function.Output()), "Create SUCCESS, Update UNDELIVERED, Update REFUSED, Update REFUSED, Update REFUSED, Update FAILED, Unknown FAILED, Update ABANDONED, Delete EXPIRED"; got != want {
		t.Errorf("outcomes %s, want %s", got, want)
	}
}

// TestMetrics_Alarm holds that the alarm for failed requests looks at a metric, under
// dimensions and with an outcome, that the function writes.
// Reference 13.3.
func TestMetrics_Alarm(t *testing.T) {
	l := newLab(t)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("CreateRole"), iamproxy.Answer(http.StatusConflict, "LimitExceeded")))
	s := l.Stack()
	l.Failed(s.Send(s.Event("Create", quick)), "LimitExceeded")
	l.Function.Stop()
	_, alarm, found := strings.Cut(text(t, "template.yaml"), "\n  FailedRequestsAlarm:\n")
	alarm, _, _ = strings.Cut(alarm, "\n\n")
	line := metrics(t, l.Function.Log())[0]
	directive := line["_aws"].(map[string]any)["CloudWatchMetrics"].([]any)[0].(map[string]any)
	want := []string{"Namespace: " + directive["Namespace"].(string), "MetricName: " + directive["Metrics"].([]any)[0].(map[string]any)["Name"].(string), "Value: " + line["Outcome"].(string)}
	dimensions := directive["Dimensions"].([]any)[0].([]any)
	for _, dimension := range dimensions {
		want = append(want, "- Name: "+dimension.(string))
	}
	for _, words := range want {
		if !strings.Contains(alarm, words+"\n") {
			t.Errorf("the alarm does not say %q", words)
		}
	}
	if n := strings.Count(alarm, "- Name: "); !found || n != len(dimensions) {
		t.Errorf("the alarm has %d dimensions, want %d", n, len(dimensions))
	}
}

// metrics returns the lines of a log that CloudWatch reads as metrics.
func metrics(t *testing.T, log string) []map[string]any {
	t.Helper()
	return slices.DeleteFunc(logLines(t, log), func(line map[string]any) bool { return line["_aws"] == nil })
}

// outcomes returns what the metrics say of each request.
func outcomes(t *testing.T, log string) string {
	t.Helper()
	var all []string
	for _, line := range metrics(t, log) {
		all = append(all, line["RequestType"].(string)+" "+line["Outcome"].(string))
	}
	return strings.Join(all, ", ")
}
