package sdklog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/aws/smithy-go/logging"

	"github.com/ray-iam/custom-rayiam/internal/sdklog"
)

// TestTo checks that a warning is one line in the log's own form, and that everything else has
// the debug level.
// Reference 13.1.
func TestTo(t *testing.T) {
	var out bytes.Buffer
	logger := sdklog.To(slog.New(slog.NewJSONHandler(&out, nil)))
	logger.Logf(logging.Debug, "request %d", 1)
	if out.Len() > 0 {
		t.Errorf("logged %s, want nothing", &out)
	}
	logger.Logf(logging.Warn, "failed to close %q\n", "body")
	var line struct{ Level, Text string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != "WARN" || line.Text != "failed to close \"body\"\n" || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("the line is %+v (error: %v), want a warning: %s", line, err, &out)
	}
}
