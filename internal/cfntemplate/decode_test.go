package cfntemplate

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestDecode checks that YAML is read as CloudFormation reads it.
func TestDecode(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"nothing", "# only this\n", `null`},
		{"scalars", "a: x\nb: 1\nc: 1.5\nd: true\ne:\nf: '1'\ng: \"true\"", `{"a":"x","b":1,"c":1.5,"d":true,"e":null,"f":"1","g":"true"}`},
		{"a date is text", "Version: 2012-10-17", `{"Version":"2012-10-17"}`},
		{"Ref and Condition", "a: !Ref X\nb: !Condition C", `{"a":{"Ref":"X"},"b":{"Condition":"C"}}`},
		{"GetAtt", "a: !GetAtt X.Y.Z\nb: !GetAtt [X, Y]", `{"a":{"Fn::GetAtt":["X","Y.Z"]},"b":{"Fn::GetAtt":["X","Y"]}}`},
		{"others", "a: !Sub 'x${A}'\nb: !If [C, !Ref X, 1]", `{"a":{"Fn::Sub":"x${A}"},"b":{"Fn::If":["C",{"Ref":"X"},1]}}`},
		{"a function of text that looks like a number", "a: !Ref 12", `{"a":{"Ref":"12"}}`},
		{"aliases", "a: &x {b: [1]}\nc: *x", `{"a":{"b":[1]},"c":{"b":[1]}}`},
		{"JSON", "\n{\"a\": [1, {\"Ref\": \"X\"}]}", `{"a":[1,{"Ref":"X"}]}`},
	}
	for _, tt := range tests {
		var want any
		if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := Decode([]byte(tt.yaml)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v (%v), want %#v", tt.name, got, err, want)
		}
	}
}

// TestDecode_Faults checks that text which is not a template is an error with its place.
func TestDecode_Faults(t *testing.T) {
	for text, want := range map[string]string{
		"a: [":                         "line",
		"a: 1\nb: 2\na: 3":             `line 3: the key "a" is there twice`,
		"a: &x [*x]":                   "",
		strings.Repeat("[", 300) + "1": "",
		"a: " + strings.Repeat("{b: ", 250) + "1" + strings.Repeat("}", 250): "more than 200 deep",
	} {
		if got, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v (%v), want an error with %q", text, got, err, want)
		}
	}
	for _, text := range []string{"Resources: []", "Resources: {A: 1}", "[]"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is decoded, want an error", text)
		}
	}
}
