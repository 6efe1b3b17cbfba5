package customresource

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// TestNewLogger checks the fields that Lambda reads in a line: level, and timestamp in RFC
// 3339.
// Reference 13.1.
func TestNewLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := NewLogger(&out).With("stack", "s")
		log.Info("first")
		time.Sleep(1500 * time.Millisecond)
		log.WithGroup("group").Error("second", "time", time.Now(), "error", errors.New("why"))
		log.Log(t.Context(), slog.LevelWarn, "third", "time", "noon")
		want := []struct{ level, timestamp, msg string }{
			{"INFO", "2000-01-01T00:00:00.000000Z", "first"},
			{"ERROR", "2000-01-01T00:00:01.500000Z", "second"},
			{"WARN", "2000-01-01T00:00:01.500000Z", "third"},
		}
		dec := json.NewDecoder(&out)
		for _, w := range want {
			var line map[string]any
			if err := dec.Decode(&line); err != nil {
				t.Fatal(err)
			}
			if line["level"] != w.level || line["timestamp"] != w.timestamp || line["msg"] != w.msg || line["stack"] != "s" {
				t.Errorf("the line is %v, want %v", line, w)
			}
			if at, _ := line["timestamp"].(string); at != "" {
				if _, err := time.Parse(time.RFC3339, at); err != nil {
					t.Errorf("the timestamp is not RFC 3339: %v", err)
				}
			}
			if line["time"] != nil && line["time"] != "noon" {
				t.Errorf("the line also has the time in another field: %v", line)
			}
		}
	})
}
