package customresource

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// TestDeadline checks when the work must end: before the function's deadline,
// CloudFormation's, and the expiry of the response URL.
// Reference 7.3.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		signed := func(age time.Duration, valid int) string {
			return fmt.Sprintf("https://x/?X-Amz-Date=%s&X-Amz-Expires=%d", now.Add(-age).Format("20060102T150405Z"), valid)
		}
		version2 := func(left time.Duration) string {
			return fmt.Sprintf("https://x/?AWSAccessKeyId=AKIAEXAMPLE&Expires=%d&Signature=s3cr3t", now.Add(left).Unix())
		}
		const minutes5 = 300 * time.Second
		property := func(timeout any) map[string]any {
			return map[string]any{"ResourceProperties": map[string]any{"ServiceTimeout": timeout}}
		}
		both := func(field, property any) map[string]any {
			return map[string]any{"ServiceTimeout": field, "ResourceProperties": map[string]any{"ServiceTimeout": property}}
		}
		url := signed(10*time.Second, 7200)
		tests := []struct {
			name, url string
			fields    map[string]any
			function  time.Duration
			want      time.Duration
		}{
			{"of the function", "http://emulator", nil, minutes5, 285 * time.Second},
			{"of a short function", "http://emulator", nil, 5 * time.Second, 4 * time.Second},
			{"of ServiceTimeout as a string", url, property("60"), minutes5, 40 * time.Second},
			{"of ServiceTimeout as a number", url, property(60), minutes5, 40 * time.Second},
			{"of ServiceTimeout in the event itself", url, map[string]any{"ServiceTimeout": "60"}, minutes5, 40 * time.Second},
			{"of the event's number, without properties", url, map[string]any{"ServiceTimeout": 60, "ResourceProperties": nil}, minutes5, 40 * time.Second},
			{"of the event's, which is shorter", url, both("60", "120"), minutes5, 40 * time.Second},
			{"of the property, which is shorter", url, both(120, "60"), minutes5, 40 * time.Second},
			{"of the property, beside one that is none", url, both("soon", "60"), minutes5, 40 * time.Second},
			{"ServiceTimeout longer than the function", url, property(3600), minutes5, 285 * time.Second},
			{"ServiceTimeout without a signed URL", "http://emulator", property(60), minutes5, 285 * time.Second},
			{"ServiceTimeout that is a list", url, property([]any{}), minutes5, 285 * time.Second},
			{"ServiceTimeout below CloudFormation's", url, both(-60, 0), minutes5, 285 * time.Second},
			{"ServiceTimeout above CloudFormation's", url, both(3601, json.RawMessage("1e300")), minutes5, 285 * time.Second},
			{"of a URL that expires first", signed(7180*time.Second, 7200), nil, minutes5, 16 * time.Second},
			{"of a URL of version 2 that expires first", version2(20 * time.Second), nil, minutes5, 16 * time.Second},
			{"no ServiceTimeout counts from an assumed time", version2(time.Hour), property(60), minutes5, 285 * time.Second},
		}
		for _, tt := range tests {
			fields := map[string]any{"ResponseURL": tt.url}
			maps.Copy(fields, tt.fields)
			r, err := Decode(event(fields))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), tt.function)
			got, ok := workDeadline(ctx, r, now)
			if !ok || got.Sub(now) != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got.Sub(now), tt.want)
			}
			cancel()
		}
	})
}
