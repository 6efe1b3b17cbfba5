package customresource

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

const testURL = "https://bucket.s3.amazonaws.com/key?X-Amz-Date=20260102T030405Z&X-Amz-Expires=7200&X-Amz-Signature=s3cr3t"

func event(fields map[string]any) []byte {
	all := map[string]any{
		"RequestType": "Update", "RequestId": "r", "ResponseURL": testURL, "ResourceType": "Custom::RayIAM",
		"LogicalResourceId": "RayIAM", "PhysicalResourceId": "ray-1", "StackId": "s",
		"ResourceProperties": map[string]any{"A": "1"}, "OldResourceProperties": map[string]any{"A": "0"},
	}
	for name, value := range fields {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	payload, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return payload
}

// TestDecode holds section 7's "while a ResponseURL can be read": every case but
// the last must find it.
func TestDecode(t *testing.T) {
	tests := []struct {
		name    string
		payload []byte
		want    string // part of the error; empty for none
	}{
		{"whole", event(nil), ""},
		{"unknown request type", event(map[string]any{"RequestType": "Read"}), `RequestType "Read"`},
		{"request type missing", event(map[string]any{"RequestType": nil}), "RequestType"},
		{"stack id a number", event(map[string]any{"StackId": 7}), "StackId is not a string"},
		{"logical id missing", event(map[string]any{"LogicalResourceId": nil}), "LogicalResourceId is missing"},
		{"delete without an id", event(map[string]any{"RequestType": "Delete", "PhysicalResourceId": nil}), "PhysicalResourceId is missing"},
		{"create without an id", event(map[string]any{"RequestType": "Create", "PhysicalResourceId": nil}), ""},
		{"properties of any form", event(map[string]any{"ResourceProperties": "x"}), ""},
		{"cut off", event(nil)[:len(event(nil))-10], "not JSON at byte"},
		{"text after the end", append(event(nil), '}'), "not JSON at byte"},
		{"cut off after a property of the same name", []byte(`{"ResourceProperties":{"ResponseURL":"https://elsewhere/"},"ResponseURL":"` + testURL + `","StackId"`), "not JSON at byte"},
		{"cut off after a second one", []byte(`{"ResponseURL":"https://elsewhere/","ResponseURL":"` + testURL + `","StackId"`), "not JSON at byte"},
		{"a list", []byte(`[{"ResponseURL":"` + testURL + `"}]`), "not a JSON object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Decode(tt.payload)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Decode: %v, want %q", err, tt.want)
			}
			if string(r.ResponseURL) != testURL {
				t.Errorf("ResponseURL was not read")
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error holds the URL: %v", err)
			}
		})
	}
	if r, err := Decode([]byte(`{"ResponseURL":7}`)); err == nil || r.ResponseURL != "" {
		t.Errorf("Decode of a URL that is none = %v, %v", r, err)
	}
}

// TestSecretIsNeverShown holds section 7's last rule, for every way to print.
func TestSecretIsNeverShown(t *testing.T) {
	r, err := Decode(event(nil))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "url", r.ResponseURL, "request", r)
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(r), fmt.Sprintf("%v %+v %#v %s %q", r, r, r, r.ResponseURL, r.ResponseURL), log.String(), string(encoded)} {
		if strings.Contains(text, "s3cr3t") {
			t.Errorf("shown: %s", text)
		}
	}
}

func TestExpired(t *testing.T) {
	signed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		url  string
		now  time.Time
		want bool
	}{
		{testURL, signed, false},
		{testURL, signed.Add(7200 * time.Second), false},
		{testURL, signed.Add(7201 * time.Second), true},
		{strings.ReplaceAll(testURL, "X-Amz", "x-amz"), signed.Add(3 * time.Hour), true},
		{"http://127.0.0.1/emulator", signed, false},
		{"https://x/?X-Amz-Date=yesterday&X-Amz-Expires=1", signed, false},
		{"%", signed, false},
	}
	for _, tt := range tests {
		if got := (Request{ResponseURL: Secret(tt.url)}).expired(tt.now); got != tt.want {
			t.Errorf("expired at %s = %v, want %v (%s)", tt.now, got, tt.want, tt.url)
		}
	}
}

// FuzzDecode holds that nothing makes Decode fall over, and that no error of its
// own shows the URL.
func FuzzDecode(f *testing.F) {
	f.Add(event(nil))
	f.Add(event(nil)[:100])
	f.Add([]byte(`{"ResponseURL":"https:\/\/x\/s3cr3t","StackId":[]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, err := Decode(payload)
		if err == nil && (r.ResponseURL == "" || r.StackID == "") {
			t.Errorf("an event without %+v was taken", r)
		}
		r.expired(time.Now())
		if err != nil && len(r.ResponseURL) > 8 && strings.Contains(err.Error(), string(r.ResponseURL)) {
			t.Errorf("the error holds the URL: %v", err)
		}
	})
}
