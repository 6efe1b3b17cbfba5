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

// TestDecode checks that an event is answered while a ResponseURL can be read: every case but
// the last must find it.
// Reference 7.1.
func TestDecode(t *testing.T) {
	tests := []struct {
		name    string
		payload []byte
		want    string // words of the error; empty for none
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
				t.Errorf("Decode returned the error %v, want %q", err, tt.want)
			}
			if string(r.ResponseURL) != testURL {
				t.Errorf("ResponseURL was not read")
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error shows the URL: %v", err)
			}
		})
	}
	if r, err := Decode([]byte(`{"ResponseURL":7}`)); err == nil || r.ResponseURL != "" {
		t.Errorf("Decode of an invalid URL = %v, %v, want an error", r, err)
	}
}

// TestSecretIsNeverShown checks that no way to print a Secret shows the response URL.
// Reference 7.10.
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
			t.Errorf("the printed request shows the URL: %s", text)
		}
	}
}

// TestValidity checks the times in a response URL: until when it is valid, and when
// CloudFormation issued the request.
// Reference 7.8.
func TestValidity(t *testing.T) {
	signed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	end := signed.Add(7200 * time.Second)
	version2 := fmt.Sprintf("https://bucket.s3.amazonaws.com/key?AWSAccessKeyId=AKIAEXAMPLE&Expires=%d&Signature=s3cr3t%%3D", end.Unix())
	without := func(part string) string { return strings.Replace(version2, part, "X-", 1) }
	never := time.Time{}
	tests := []struct {
		name, url       string
		expires, issued time.Time // the zero time if the URL does not say
		aged            bool      // whether its age counts as known
	}{
		{"version 4", testURL, end, signed, true},
		{"version 4 in small letters", strings.ReplaceAll(testURL, "X-Amz", "x-amz"), end, signed, true},
		{"version 4, a minute", strings.Replace(testURL, "7200", "60", 1), signed.Add(time.Minute), signed, true},
		{"version 2", version2, end, never, true},
		{"both", testURL + "&AWSAccessKeyId=a&Signature=b&Expires=1", end, signed, true},
		{"version 2 without a key", without("AWSAccessKeyId"), never, never, false},
		{"version 2 without a signature", without("Signature"), never, never, false},
		{"version 2 that expires at no number", strings.Replace(version2, "Expires=", "Expires=x", 1), never, never, false},
		{"version 2 that expires before there was time", strings.Replace(version2, "Expires=", "Expires=-", 1), never, never, false},
		{"version 2 that expires after all time", strings.Replace(version2, "Expires=", "Expires=99999999", 1), never, never, false},
		{"an emulator's", "http://127.0.0.1/emulator?Expires=1", never, never, false},
		{"a date that is none", "https://x/?X-Amz-Date=yesterday&X-Amz-Expires=1", never, never, false},
		{"version 4 for no time", strings.Replace(testURL, "7200", "-1", 1), never, never, false},
		{"version 4 for longer than S3 allows", strings.Replace(testURL, "7200", "604801", 1), never, never, false},
		{"no URL", "%", never, never, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{ResponseURL: Secret(tt.url)}
			for _, now := range []time.Time{signed, end.Add(-time.Minute), end, end.Add(time.Second), end.Add(time.Hour)} {
				if got, want := r.expired(now), tt.expires != never && now.After(tt.expires); got != want {
					t.Errorf("expired at %s = %v, want %v", now, got, want)
				}
				want := now
				if tt.issued != never {
					want = tt.issued
				}
				if got := r.Issued(now); !got.Equal(want) {
					t.Errorf("at %s, the request counts as issued at %s, want %s", now, got, want)
				}
				wantAge := time.Duration(0)
				if tt.aged {
					wantAge = now.Sub(signed)
				}
				if got := r.Age(now); got != wantAge {
					t.Errorf("at %s, the age is %s, want %s", now, got, wantAge)
				}
			}
			if early := signed.Add(-time.Hour); !r.Issued(early).Equal(early) || r.Age(early) != 0 {
				t.Errorf("a request from the future counts as issued at %s, %s ago, want now", r.Issued(early), r.Age(early))
			}
		})
	}
}

// FuzzDecode checks that no event makes Decode panic, and that none of its errors shows the
// URL.
// Reference 7.1, 7.10.
func FuzzDecode(f *testing.F) {
	f.Add(event(nil))
	f.Add(event(nil)[:100])
	f.Add([]byte(`{"ResponseURL":"https:\/\/x\/s3cr3t","StackId":[]}`))
	f.Add(event(map[string]any{"ResponseURL": "https://x/?AWSAccessKeyId=a&Expires=9223372036&Signature=s", "ServiceTimeout": "1e9"}))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, err := Decode(payload)
		if err == nil && (r.ResponseURL == "" || r.StackID == "") {
			t.Errorf("Decode accepts an event without a required field: %+v", r)
		}
		r.expired(time.Now())
		if now := time.Now(); r.Issued(now).After(now) || r.Age(now) < 0 || r.ServiceTimeout < 0 || r.ServiceTimeout > time.Hour {
			t.Errorf("issued in the future, or the age %s or the timeout %s is out of range", r.Age(now), r.ServiceTimeout)
		}
		if err != nil && len(r.ResponseURL) > 8 && strings.Contains(err.Error(), string(r.ResponseURL)) {
			t.Errorf("the error shows the URL: %v", err)
		}
	})
}
