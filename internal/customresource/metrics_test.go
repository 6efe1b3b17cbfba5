package customresource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/emf"
)

// templateError is a Refusal.
type templateError struct{ refused bool }

func (templateError) Error() string   { return "Path is refused" }
func (e templateError) Refused() bool { return e.refused }

// A metricsLine has the fields of a line that CloudWatch and Lambda read.
type metricsLine struct {
	Metadata struct {
		Timestamp         int64
		CloudWatchMetrics []emf.Directive
	} `json:"_aws"`
	Level       string `json:"level"`
	RequestType string
	Outcome     string
	Duration    int64
}

// TestMetrics_Ending checks for each way in which a request ends the outcome in the metrics,
// the log levels, by which filters of the log keep its lines, and that CloudWatch counts the
// request when it ends.
// Reference 11.9, 13.5.
func TestMetrics_Ending(t *testing.T) {
	const took = 7 * time.Second
	returns := func(err error) func(context.Context) (Outcome, error) {
		return func(context.Context) (Outcome, error) { time.Sleep(took); return Outcome{PhysicalID: "ray-1"}, err }
	}
	expiredURL := map[string]any{"ResponseURL": "https://x/?X-Amz-Date=19991231T000000Z&X-Amz-Expires=7200"}
	tests := []struct {
		name    string
		payload []byte
		err     error
		reply   int
		outcome string
		level   string
		took    time.Duration
	}{
		{"success", event(nil), nil, 200, "SUCCESS", "INFO", took},
		{"failure", event(nil), errors.New("AccessDenied"), 200, "FAILED", "ERROR", took},
		{"refused", event(nil), fmt.Errorf("nothing was changed: %w", templateError{true}), 200, "REFUSED", "WARN", took},
		{"refused for two reasons", event(nil), errors.Join(templateError{true}, templateError{true}), 200, "REFUSED", "WARN", took},
		{"refused by somebody else", event(nil), fmt.Errorf("x: %w", templateError{false}), 200, "FAILED", "ERROR", took},
		{"refused, with something left behind", event(nil), fmt.Errorf("%v; and could not be taken away", templateError{true}), 200, "FAILED", "ERROR", took},
		{"abandoned", event(nil), fmt.Errorf("x: %w", ErrNoLongerAwaited), 200, "ABANDONED", "WARN", took},
		{"undelivered success", event(nil), nil, 403, "UNDELIVERED", "ERROR", took},
		{"undelivered refusal", event(nil), templateError{true}, 403, "UNDELIVERED", "ERROR", took},
		{"expired", event(expiredURL), nil, 403, "EXPIRED", "ERROR", 0},
		{"undecodable", event(map[string]any{"StackId": 7}), nil, 200, "FAILED", "ERROR", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := invoke(t, script{returns(tt.err), "x"}, tt.payload, status(tt.reply))
			line := metricsOf(t, inv)
			if line.Outcome != tt.outcome || line.Level != tt.level {
				t.Errorf("outcome %s at level %s, want %s at %s", line.Outcome, line.Level, tt.outcome, tt.level)
			}
			began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			if at := time.UnixMilli(line.Metadata.Timestamp).Sub(began); at != tt.took || line.Duration != tt.took.Milliseconds() {
				t.Errorf("counted %s after the start with a duration of %d ms, want both %s", at, line.Duration, tt.took)
			}
			if strings.Contains(inv.log, `"_aws"`) {
				t.Error("the metrics are also in the log, want them only in their own")
			}
			if said := strings.Contains(inv.log, `"level":"`+tt.level+`","msg":"answering"`) || tt.outcome == "UNDELIVERED" || tt.outcome == "EXPIRED"; !said {
				t.Errorf("the answer is not logged at level %s: %s", tt.level, inv.log)
			}
		})
	}
}

// TestMetrics_RequestType checks that an event cannot create new values of dimensions.
// Reference 13.2.
func TestMetrics_RequestType(t *testing.T) {
	for given, want := range map[any]string{"Create": "Create", "Update": "Update", "Delete": "Delete", "Read": "Unknown", "create": "Unknown", "": "Unknown", strings.Repeat("x", 5000): "Unknown", 7: "Unknown", nil: "Unknown"} {
		inv := invoke(t, script{succeed, "x"}, event(map[string]any{"RequestType": given}))
		if got := metricsOf(t, inv).RequestType; got != want {
			t.Errorf("RequestType %v counts as %.20q, want %q", given, got, want)
		}
	}
}

// TestMetrics_WithoutALogger checks that a Handler without a logger for its metrics writes
// them to its log.
func TestMetrics_WithoutALogger(t *testing.T) {
	var log strings.Builder
	h := &Handler{Resource: script{succeed, "x"}, Log: NewLogger(&log), Transport: &puts{replies: []func() (*http.Response, error){status(200)}}}
	url := "https://x/" // not signed, so not expired either
	if _, err := h.Invoke(t.Context(), event(map[string]any{"ResponseURL": url})); err != nil || !strings.Contains(log.String(), `"_aws"`) {
		t.Errorf("Invoke returned %v, want the metrics in the log: %s", err, &log)
	}
}

func metricsOf(t *testing.T, inv invoked) metricsLine {
	t.Helper()
	var line metricsLine
	if err := json.Unmarshal([]byte(inv.metrics), &line); err != nil {
		t.Fatalf("the metrics are not one line of JSON: %v\n%s", err, inv.metrics)
	}
	return line
}
