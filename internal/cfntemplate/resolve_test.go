package cfntemplate

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

const example = `{
  "Parameters": {
    "A": {"Type": "String", "Default": "a"}, "Empty": {"Type": "String", "Default": ""},
    "Needed": {"Type": "String"}, "Many": {"Type": "CommaDelimitedList", "Default": "x, y"}, "None": {"Type": "CommaDelimitedList", "Default": ""}
  },
  "Conditions": {
    "HasA": {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, ""]}]}, "HasEmpty": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Empty"}, ""]}]},
    "Two": {"Fn::Equals": [{"Fn::Length": {"Fn::Split": [",", "x,y"]}}, 2]}, "Either": {"Fn::Or": [{"Condition": "HasEmpty"}, {"Condition": "Two"}]},
    "Both": {"Fn::And": [{"Condition": "HasA"}, {"Condition": "HasEmpty"}]}
  },
  "Mappings": {"Sizes": {"eu-west-1": {"Type": "m5.large"}}},
  "Resources": {
    "There": {"Type": "T", "Condition": "HasA", "Properties": {"P": {"Fn::If": ["Both", 1, {"Ref": "A"}]}, "Q": {"Fn::If": ["HasEmpty", 1, {"Ref": "AWS::NoValue"}]}}},
    "Gone": {"Type": "T", "Condition": "Both"}
  },
  "Outputs": {"There": {"Value": 1}, "Gone": {"Condition": "Both", "Value": 1}}
}`

func read(t *testing.T) Template {
	t.Helper()
	var read Template
	if err := json.Unmarshal([]byte(example), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestResolve checks that each function does what its documentation says.
func TestResolve(t *testing.T) {
	s := Stack{
		Pseudo: map[string]string{"AWS::Partition": "aws"}, Refs: map[string]string{"R": "r-1"},
		Attributes: map[string]string{"R.Arn": "arn"}, Exports: map[string]string{"a-Export": "exported"},
	}
	tests := []struct{ name, in, want string }{
		{"a parameter", `{"Ref": "A"}`, `"a"`},
		{"a resource", `{"Ref": "R"}`, `"r-1"`},
		{"a list", `{"Ref": "Many"}`, `["x", "y"]`},
		{"an empty list has one empty value", `{"Ref": "None"}`, `[""]`},
		{"Sub", `{"Fn::Sub": "${A}:${AWS::Partition}:${R.Arn}:${!aws:Key}"}`, `"a:aws:arn:${aws:Key}"`},
		{"Sub with values", `{"Fn::Sub": ["${A}${Own}", {"Own": {"Fn::Join": ["-", {"Ref": "Many"}]}}]}`, `"ax-y"`},
		{"GetAtt", `{"Fn::GetAtt": ["R", "Arn"]}`, `"arn"`},
		{"ImportValue", `{"Fn::ImportValue": {"Fn::Sub": "${A}-Export"}}`, `"exported"`},
		{"Split", `{"Fn::Split": [",", "x,y"]}`, `["x", "y"]`},
		{"FindInMap", `{"Fn::FindInMap": ["Sizes", {"Fn::Sub": "eu-west-1"}, "Type"]}`, `"m5.large"`},
		{"Select", `{"Fn::Select": [1, {"Fn::Split": [",", "x,y"]}]}`, `"y"`},
		{"Length", `{"Fn::If": ["Two", "yes", "no"]}`, `"yes"`},
		{"If of Or", `{"Fn::If": ["Either", "yes", "no"]}`, `"yes"`},
		{"If", `{"Fn::If": ["HasA", "yes", "no"]}`, `"yes"`},
		{"If of And", `{"Fn::If": ["Both", "yes", "no"]}`, `"no"`},
		{"NoValue", `{"k": {"Fn::If": ["HasA", {"Ref": "AWS::NoValue"}, 1]}, "l": [{"Ref": "AWS::NoValue"}, 2]}`, `{"l": [2]}`},
	}
	for _, tt := range tests {
		var in, want any
		if err := json.Unmarshal([]byte(tt.in), &in); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := read(t).Resolve(s, in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v (%v), want %v", tt.name, got, err, want)
		}
	}
}

// TestResolve_Unknown checks that a value which the stack does not know is an error.
func TestResolve_Unknown(t *testing.T) {
	for in, want := range map[string]string{
		`{"Ref": "Needed"}`:                  "the parameter Needed",
		`{"Ref": "Nobody"}`:                  "Ref of Nobody",
		`{"Fn::GetAtt": ["X", "Y"]}`:         "X.Y",
		`{"Fn::ImportValue": "x"}`:           "x",
		`{"Fn::Cidr": []}`:                   "the function Fn::Cidr",
		`{"Fn::If": ["Never", 1, 2]}`:        "the condition Never",
		`{"Fn::FindInMap": ["M", "a", "b"]}`: "the mapping M of a and b",
	} {
		var v any
		if err := json.Unmarshal([]byte(in), &v); err != nil {
			t.Fatal(err)
		}
		if got, err := read(t).Resolve(Stack{}, v); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v and the error %v, want one that ends with %q", in, got, err, want)
		}
	}
}

// TestChoose checks that Choose evaluates conditions and computes nothing else.
func TestChoose(t *testing.T) {
	chosen, err := read(t).Choose(Stack{})
	if err != nil {
		t.Fatal(err)
	}
	if len(chosen.Resources) != 1 || len(chosen.Outputs) != 1 {
		t.Errorf("%d resources and %d outputs are left, want 1 and 1", len(chosen.Resources), len(chosen.Outputs))
	}
	want := map[string]any{"P": map[string]any{"Ref": "A"}}
	if got := chosen.Resources["There"].Properties; !reflect.DeepEqual(got, want) {
		t.Errorf("the properties are %v, want %v", got, want)
	}
	given, err := read(t).Choose(Stack{Parameters: map[string]string{"Empty": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(given.Resources) != 2 || given.Resources["There"].Properties["P"] != 1.0 {
		t.Errorf("with both parameters, the resources are %+v", given.Resources)
	}
}

// TestResolve_StandIns checks that a caller can give placeholders for values that the stack
// does not know.
func TestResolve_StandIns(t *testing.T) {
	s := Stack{Unknown: func(name string) string { return "${" + name + "}" }}
	for in, want := range map[string]string{
		`{"Ref": "Needed"}`:          "${Needed}",
		`{"Ref": "Nobody"}`:          "${Nobody}",
		`{"Fn::GetAtt": ["X", "Y"]}`: "${X.Y}",
		`{"Fn::Sub": "a-${X.Y}"}`:    "a-${X.Y}",
		`{"Fn::Cidr": []}`:           "${Fn::Cidr}",
	} {
		var v any
		if err := json.Unmarshal([]byte(in), &v); err != nil {
			t.Fatal(err)
		}
		if got, err := read(t).Resolve(s, v); err != nil || got != want {
			t.Errorf("%s: %v (%v), want %s", in, got, err, want)
		}
	}
}

// TestResolve_Malformed checks that an argument of the wrong form is an error, not a panic.
func TestResolve_Malformed(t *testing.T) {
	for _, v := range []any{map[string]any{"Fn::Join": "x"}, map[string]any{"Fn::Sub": 7.0}, map[string]any{"Fn::If": []any{}}, map[string]any{"Ref": []any{}}} {
		if got, err := read(t).Resolve(Stack{}, v); err == nil {
			t.Errorf("%v: %v, want an error", v, got)
		}
	}
}
