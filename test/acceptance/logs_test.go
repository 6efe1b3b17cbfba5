package acceptance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestAnswer_Logs checks that the log has one JSON line for each stage and each write, with
// the stack, the logical id and the request id.
// Reference 7.10, 13.1.
func TestAnswer_Logs(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	e := s.Event("Create", quick)
	l.OK(s.Send(e))
	l.Function.Stop() // then its log is complete
	lines := rig.LogLines(t, l.Function.Log())
	written := 0
	stages := map[string]bool{}
	for _, line := range lines {
		for key, want := range map[string]string{"stack": s.ID, "logicalId": s.LogicalID, "requestId": e.RequestID, "requestType": "Create"} {
			if line[key] != want {
				t.Errorf("%s is %v, want %q in %v", key, line[key], want, line)
			}
		}
		// Lambda reads these two fields when it filters the log by level.
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(line["timestamp"])); err != nil || line["level"] == nil {
			t.Errorf("a line without a time or a level that Lambda reads (%v): %v", err, line)
		}
		stages[line["msg"].(string)] = true
		if line["msg"] == "written" {
			written++
		}
	}
	if want := len(l.Proxy.Writes()); written != want {
		t.Errorf("the log has %d lines for %d writes, want one for each", written, want)
	}
	for _, stage := range []string{"received", "checked", "observed", "planned", "applied", "answered"} {
		if !stages[stage] {
			t.Errorf("the log has no line for the stage %q", stage)
		}
	}
}

// TestLogs_AttemptsAndSummary checks the log line of a write that was retried, and the
// summary of the request: its calls, its retries, and the time of each stage.
// Reference 13.1.
func TestLogs_AttemptsAndSummary(t *testing.T) {
	l := newLab(t)
	const action = "PutRolePolicy"
	l.Proxy.SetFault(iamproxy.On(iamproxy.Times(2, iamproxy.Action(action)), iamproxy.Answer(http.StatusBadRequest, "Throttling")))
	s := l.Stack()
	l.OK(s.Send(s.Event("Create", quick)))
	l.Function.Stop()
	attempts, summaries := map[any]bool{}, 0
	for _, line := range rig.LogLines(t, l.Function.Log()) {
		if line["call"] == action && line["msg"] == "written" {
			attempts[line["attempt"]] = true
		}
		if line["msg"] != "summary" {
			continue
		}
		summaries++
		if calls := float64(len(l.Proxy.Calls())); line["calls"] != calls || line["retries"] != 2.0 {
			t.Errorf("the summary has %v calls and %v retries, want %v and 2", line["calls"], line["retries"], calls)
		}
		for _, stage := range []string{"observe", "apply", "propagate"} {
			if _, ok := line["stages"].(map[string]any)[stage].(float64); !ok {
				t.Errorf("the summary does not have the time of %s: %v", stage, line["stages"])
			}
		}
	}
	if summaries != 1 || len(attempts) != 1 || !attempts[3.0] {
		t.Errorf("%d summaries, and writes at the attempts %v, want 1 summary and the third attempt", summaries, attempts)
	}
}

// TestMetrics checks, for each outcome, the line that CloudWatch reads as metrics. It goes
// to standard output, as AWS documents for Lambda, and nothing else does.
// Reference 11.9, 13.2.
func TestMetrics(t *testing.T) {
	l := newLab(t)
	s := l.created(quick)
	undelivered := s.Event("Update", quick)
	l.URLs.Script(responseurl.Status(403))
	l.Function.Invoke(undelivered.JSON(), s.Timeout)
	l.Failed(s.Send(s.Event("Update", properties{"NamePrefix": "a b"})), "NamePrefix")
	l.CreateRole("ray-gpu", "/")
	group := rig.Groups("worker", "gpu")
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
				t.Errorf("the dimension %s is %q, want a value", dimension, value)
			}
		}
	}
	if all, onOutput := len(metrics(t, l.Function.Log())), len(rig.LogLines(t, l.Function.Output())); all != len(lines) || onOutput != len(lines) {
		t.Errorf("%d lines of metrics in the log, and on standard output %d of %d lines, want the same lines and no others", all, len(lines), onOutput)
	}
	if got, want := outcomes(t, l.Function.Output()), "Create SUCCESS, Update UNDELIVERED, Update REFUSED, Update REFUSED, Update REFUSED, Update FAILED, Unknown FAILED, Update ABANDONED, Delete EXPIRED"; got != want {
		t.Errorf("the outcomes are %s, want %s", got, want)
	}
}

// TestMetrics_Alarm proves that the alarm for failed requests uses a metric, dimensions and
// an outcome that the function writes.
// Reference 13.3.
func TestMetrics_Alarm(t *testing.T) {
	l := newLab(t)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("CreateRole"), iamproxy.Answer(http.StatusConflict, "LimitExceeded")))
	s := l.Stack()
	l.Failed(s.Send(s.Event("Create", quick)), "LimitExceeded")
	l.Function.Stop()
	_, alarm, found := strings.Cut(checkout.Text(t, "template.yaml"), "\n  FailedRequestsAlarm:\n")
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
			t.Errorf("the alarm in template.yaml does not have %q", words)
		}
	}
	if n := strings.Count(alarm, "- Name: "); !found || n != len(dimensions) {
		t.Errorf("the alarm has %d dimensions, want %d", n, len(dimensions))
	}
}

// TestMetrics_FaultOfTheTemplate checks which errors of IAM are the template's own fault, so that
// they page nobody: an inline policy that IAM cannot read, a managed policy that no such role
// can have, and more policies than a role can have. A quota of the account is a failure of
// the provider, and so is a trust policy, which the provider writes.
// Reference 13.5.
func TestMetrics_FaultOfTheTemplate(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	var want []string
	for _, tt := range []struct{ action, code, outcome string }{
		{"PutRolePolicy", "MalformedPolicyDocument", "REFUSED"},
		{"PutRolePolicy", "LimitExceeded", "REFUSED"},
		{"AttachRolePolicy", "LimitExceeded", "REFUSED"},
		{"AttachRolePolicy", "PolicyNotAttachable", "REFUSED"},
		{"AttachRolePolicy", "InvalidInput", "FAILED"},
		{"CreateRole", "LimitExceeded", "FAILED"},
		{"CreateRole", "MalformedPolicyDocument", "FAILED"},
	} {
		l.Proxy.SetFault(iamproxy.On(iamproxy.Action(tt.action), iamproxy.Answer(http.StatusBadRequest, tt.code)))
		create, rollback := l.Stack().Create(quick)
		l.Failed(create, tt.code+": injected by the test")
		l.OK(rollback)
		l.unchanged(before, "a failed Create and its Delete")
		want = append(want, "Create "+tt.outcome, "Delete SUCCESS")
	}
	l.Function.Stop()
	if got := outcomes(t, l.Function.Output()); got != strings.Join(want, ", ") {
		t.Errorf("the outcomes are %s, want %s", got, strings.Join(want, ", "))
	}
}

// metrics returns the lines of a log that CloudWatch reads as metrics.
func metrics(t *testing.T, log string) []map[string]any {
	t.Helper()
	return slices.DeleteFunc(rig.LogLines(t, log), func(line map[string]any) bool { return line["_aws"] == nil })
}

// outcomes returns the request type and the outcome of each request in the metrics.
func outcomes(t *testing.T, log string) string {
	t.Helper()
	var all []string
	for _, line := range metrics(t, log) {
		all = append(all, line["RequestType"].(string)+" "+line["Outcome"].(string))
	}
	return strings.Join(all, ", ")
}
