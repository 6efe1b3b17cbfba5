package rig

import (
	"encoding/json"
	"strings"
	"testing"
)

// LogLines decodes the lines of a process's log. A line that is not JSON fails the test.
func LogLines(tb testing.TB, log string) (lines []map[string]any) {
	tb.Helper()
	for text := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			tb.Errorf("a log line is not JSON: %s", text)
			continue
		}
		lines = append(lines, line)
	}
	return lines
}
