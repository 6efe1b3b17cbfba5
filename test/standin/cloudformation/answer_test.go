package cloudformation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestRead proves that every wrong answer is noticed: the tests of the function depend on
// it.
func TestRead(t *testing.T) {
	event := Event{RequestType: "Delete", StackID: "s", RequestID: "r", LogicalResourceID: "l", PhysicalResourceID: "p"}
	good := map[string]any{"Status": "SUCCESS", "StackId": "s", "RequestId": "r", "LogicalResourceId": "l", "PhysicalResourceId": "p"}
	tests := []struct {
		name   string
		change map[string]any
		want   string
	}{
		{"good", nil, ""},
		{"failure with a reason", map[string]any{"Status": "FAILED", "Reason": "why"}, ""},
		{"failure without a reason", map[string]any{"Status": "FAILED"}, "without a Reason"},
		{"unknown status", map[string]any{"Status": "OK"}, "Status"},
		{"no id", map[string]any{"PhysicalResourceId": ""}, "PhysicalResourceId"},
		{"another id than the Delete's", map[string]any{"PhysicalResourceId": "q"}, "Delete"},
		{"long id", map[string]any{"PhysicalResourceId": strings.Repeat("x", 1025)}, "1025"},
		{"another stack", map[string]any{"StackId": "x"}, "StackId"},
		{"another request", map[string]any{"RequestId": "x"}, "RequestId"},
		{"another resource", map[string]any{"LogicalResourceId": "x"}, "LogicalResourceId"},
		{"unknown field", map[string]any{"Extra": 1}, "cannot read"},
		{"field in another case", map[string]any{"reason": "why"}, "cannot read"},
		{"data", map[string]any{"Data": map[string]any{"A.B": "c"}, "NoEcho": false}, ""},
		{"nested data", map[string]any{"Data": map[string]any{"A": map[string]any{"B": "c"}}}, "cannot read"},
		{"attribute that is a number", map[string]any{"Data": map[string]any{"A": 1}}, "cannot read"},
		{"attribute that is null", map[string]any{"Data": map[string]any{"A": nil}}, "cannot read"},
		{"data that is a list", map[string]any{"Data": []any{}}, "cannot read"},
		{"the response URL", map[string]any{"Reason": "PUT https://x/?" + responseurl.Secret}, "response URL"},
		{"too long", map[string]any{"Data": map[string]any{"A": strings.Repeat("x", 4096)}}, "4096"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := map[string]any{}
			for _, fields := range []map[string]any{good, tt.change} {
				for name, value := range fields {
					answer[name] = value
				}
			}
			body, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Read(body, event)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read: got the error %v, want one with %q", err, tt.want)
			}
		})
	}
	for name, body := range map[string]string{"cut off": `{"Status":"SUCCESS"`, "two": `{"Status":"SUCCESS"}{}`, "not UTF-8": "{\"Reason\":\"\xff\"}", "a list": `[]`, "nothing": ``} {
		if _, err := Read([]byte(body), event); err == nil || !strings.Contains(err.Error(), "cannot read") {
			t.Errorf("%s: got the error %v, want one with \"cannot read\"", name, err)
		}
	}
}

// TestEventJSON checks the form in which CloudFormation sends a template's properties.
func TestEventJSON(t *testing.T) {
	e := Event{RequestType: "Create", ServiceToken: "arn", ResourceProperties: Properties{"A": true, "B": 7, "C": []any{1.5, map[string]any{"D": false}}}}
	var got struct{ ResourceProperties map[string]any }
	if err := json.Unmarshal(e.JSON(), &got); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got.ResourceProperties)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"A":"true","B":"7","C":["1.5",{"D":"false"}],"ServiceToken":"arn"}`; string(text) != want {
		t.Errorf("properties %s, want %s", text, want)
	}
}
