package executionrole

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A resolver computes CloudFormation's functions, as far as the execution policy uses
// them. It panics at one that it does not know.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
type resolver struct {
	values     map[string]string // what Ref gives, pseudo parameters included
	attributes map[string]string // what Fn::GetAtt gives, "Resource.Attribute"
	conditions map[string]any
}

// resolve returns v with everything computed; keep is false for AWS::NoValue.
func (r resolver) resolve(v any) (resolved any, keep bool) {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			if one, keep := r.resolve(item); keep {
				list = append(list, one)
			}
		}
		return list, true
	case map[string]any:
		for name, argument := range v {
			if len(v) == 1 && (name == "Ref" || name == "Condition" && isString(argument) || strings.HasPrefix(name, "Fn::")) {
				return r.call(name, argument)
			}
		}
		m := map[string]any{}
		for name, value := range v {
			if one, keep := r.resolve(value); keep {
				m[name] = one
			}
		}
		return m, true
	}
	return v, true
}

func isString(v any) bool { _, ok := v.(string); return ok }

func (r resolver) call(name string, argument any) (any, bool) {
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		if argument == "AWS::NoValue" {
			return nil, false
		}
		return lookup(r.values, argument.(string)), true
	case "Fn::GetAtt":
		return lookup(r.attributes, fmt.Sprintf("%s.%s", list...)), true
	case "Fn::Sub":
		return r.sub(argument.(string)), true
	case "Fn::Join":
		var parts []string
		joined, _ := r.resolve(list[1])
		for _, part := range joined.([]any) {
			parts = append(parts, part.(string))
		}
		return strings.Join(parts, list[0].(string)), true
	case "Fn::Select":
		from, _ := r.resolve(list[1])
		return from.([]any)[int(list[0].(float64))], true
	case "Fn::Split":
		text, _ := r.resolve(list[1])
		var parts []any
		for _, part := range strings.Split(text.(string), list[0].(string)) {
			parts = append(parts, part)
		}
		return parts, true
	case "Fn::If":
		if r.holds(r.conditions[list[0].(string)]) {
			return r.resolve(list[1])
		}
		return r.resolve(list[2])
	}
	panic("no such function here: " + name)
}

var placeholder = regexp.MustCompile(`\$\{(!?)([^}]+)\}`)

func (r resolver) sub(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		if m[1] == "!" {
			return "${" + m[2] + "}"
		}
		return lookup(r.values, m[2])
	})
}

// holds computes a condition.
func (r resolver) holds(condition any) bool {
	function, ok := condition.(map[string]any)
	if !ok || len(function) != 1 {
		panic(fmt.Sprintf("not a condition: %v", condition))
	}
	for name, argument := range function {
		list := argument.([]any)
		switch name {
		case "Fn::Not":
			return !r.holds(list[0])
		case "Fn::Or":
			return slices.ContainsFunc(list, r.holds)
		case "Fn::Equals":
			a, _ := r.resolve(list[0])
			b, _ := r.resolve(list[1])
			return a == b
		}
	}
	panic(fmt.Sprintf("no such condition here: %v", condition))
}

func lookup(m map[string]string, name string) string {
	value, ok := m[name]
	if !ok {
		panic("nothing is called " + name)
	}
	return value
}

// TestResolve holds the resolver to the documented meaning of what it computes.
func TestResolve(t *testing.T) {
	r := resolver{
		values: map[string]string{"A": "a", "Empty": "", "AWS::Partition": "aws"}, attributes: map[string]string{"R.Arn": "arn"},
		conditions: map[string]any{"Either": map[string]any{"Fn::Or": []any{
			map[string]any{"Fn::Equals": []any{"x", "y"}}, map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "A"}, "a"}},
		}}, "No": map[string]any{"Fn::Not": []any{map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "Empty"}, ""}}}}},
	}
	none := map[string]any{"Ref": "AWS::NoValue"}
	tests := []struct{ in, want any }{
		{map[string]any{"Ref": "A"}, "a"},
		{map[string]any{"Fn::Sub": "${A}:${AWS::Partition}:${!aws:Key}"}, "a:aws:${aws:Key}"},
		{map[string]any{"Fn::GetAtt": []any{"R", "Arn"}}, "arn"},
		{map[string]any{"Fn::Split": []any{",", "x,y"}}, []any{"x", "y"}},
		{map[string]any{"Fn::Select": []any{1.0, []any{"x", map[string]any{"Ref": "A"}}}}, "a"},
		{map[string]any{"Fn::Join": []any{"-", []any{"x", map[string]any{"Ref": "A"}}}}, "x-a"},
		{map[string]any{"Fn::If": []any{"No", "yes", map[string]any{"Ref": "A"}}}, "a"},
		{map[string]any{"Fn::If": []any{"Either", map[string]any{"Ref": "A"}, "no"}}, "a"},
		{map[string]any{"k": map[string]any{"Fn::If": []any{"No", "yes", none}}, "l": []any{none, "x"}}, map[string]any{"l": []any{"x"}}},
	}
	for _, tt := range tests {
		if got, _ := r.resolve(tt.in); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%v is %v, want %v", tt.in, got, tt.want)
		}
	}
}
