package customresource

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"
)

const testTail = " (read on in log stream s, request id r)"

// TestEncode checks the size of an answer, how a Reason is cut, and that a Reason which fits
// is sent unchanged.
// Reference 7.6.
func TestEncode(t *testing.T) {
	long := strings.Repeat("x", 5000)
	tests := []struct {
		name   string
		answer Answer
		status cfn.StatusType
		want   []string // words that the Reason contains
	}{
		{"success", Answer{Status: cfn.StatusSuccess, PhysicalID: "ray-1", Data: map[string]string{"A": "b"}}, cfn.StatusSuccess, nil},
		{"short reason", Answer{Status: cfn.StatusFailed, Reason: "why"}, cfn.StatusFailed, []string{"why" + testTail}},
		{"long reason keeps both ends", Answer{Status: cfn.StatusFailed, Reason: "creating role x: " + long + ": AccessDenied"}, cfn.StatusFailed, []string{"creating role x", " … ", "AccessDenied" + testTail}},
		{"angle brackets take one byte each", Answer{Status: cfn.StatusFailed, Reason: strings.Repeat("<", 3500)}, cfn.StatusFailed, []string{strings.Repeat("<", 3500) + testTail}},
		{"quotation marks take two", Answer{Status: cfn.StatusFailed, Reason: "a" + strings.Repeat(`"`, 5000) + "z"}, cfn.StatusFailed, []string{`a"`, `"z` + testTail}},
		{"characters stay whole", Answer{Status: cfn.StatusFailed, Reason: strings.Repeat("ä", 3000)}, cfn.StatusFailed, []string{"ä … ä", "ä" + testTail}},
		{"data that does not fit", Answer{Status: cfn.StatusSuccess, Data: map[string]string{"A": long}}, cfn.StatusFailed, []string{"4096 bytes"}},
		{"hostile ids", Answer{Status: cfn.StatusFailed, Reason: long, PhysicalID: long, StackID: strings.Repeat("\x00", 5000), RequestID: long, LogicalID: long}, cfn.StatusFailed, []string{testTail}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := tt.answer.Encode(testTail)
			if len(body) > MaxAnswer || !utf8.Valid(body) {
				t.Errorf("the answer has %d bytes, valid UTF-8: %v; want valid and at most %d bytes", len(body), utf8.Valid(body), MaxAnswer)
			}
			var got wire
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if got.Status != tt.status {
				t.Errorf("Status %s, want %s", got.Status, tt.status)
			}
			for _, part := range tt.want {
				if !strings.Contains(got.Reason, part) {
					t.Errorf("Reason %.60q… does not contain %.60q", got.Reason, part)
				}
			}
		})
	}
}

// TestFits checks that the rest of the answer counts too.
// Reference 2.15.
func TestFits(t *testing.T) {
	if !(Answer{Data: map[string]string{"A": strings.Repeat("x", 3000)}}).Fits() {
		t.Error("3,000 bytes of data do not fit")
	}
	if (Answer{Data: map[string]string{"A": strings.Repeat("x", 4096)}}).Fits() {
		t.Error("4,096 bytes of data fit, the rest of the answer included")
	}
}

// FuzzEncode checks the size of any answer, and that a Reason keeps its tail.
// Reference 7.6.
func FuzzEncode(f *testing.F) {
	f.Add("reason", "id", "stack", "tail")
	f.Add(strings.Repeat("\"\\\n<\u2028ä", 900), strings.Repeat("x", 2000), "s", testTail)
	f.Add("\xff\xfe", "\x00", "", "")
	f.Fuzz(func(t *testing.T, reason, physicalID, stackID, tail string) {
		a := Answer{Status: cfn.StatusFailed, Reason: reason, PhysicalID: physicalID, StackID: stackID, RequestID: "r", LogicalID: "l"}
		body := a.Encode(tail)
		if len(body) > MaxAnswer {
			t.Errorf("the answer has %d bytes, want 4096 at most", len(body))
		}
		var got wire
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(tail) && len(tail) < 200 && !strings.Contains(tail, "\u2028") && !strings.HasSuffix(got.Reason, clip(tail, maxOther)) {
			t.Errorf("Reason %q does not end with its tail %q", got.Reason, tail)
		}
	})
}
