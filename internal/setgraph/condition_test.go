package setgraph

import (
	"slices"
	"strings"
	"testing"
)

// TestCondition checks the words for conditions, and that every operator of IAM has words.
func TestCondition(t *testing.T) {
	for _, tt := range []struct{ operator, values, want string }{
		{"StringEquals", "a b", "where k is a, b"},
		{"StringNotEquals", "a", "where k is not a"},
		{"ArnLike", "arn:aws:iam::123456789012:instance-profile/ray-cpu", "where k is like ray-cpu"},
		{"StringEqualsIfExists", "a", "where k, if given, is a"},
		{"ForAllValues:StringLike", "a b", "where each of k is like a, b"},
		{"ForAnyValue:StringLike", "a", "where any of k is like a"},
		{"ForAnyValue:StringLikeIfExists", "a", "where any of k, if given, is like a"},
		{"Null", "true", "where k is not given"},
		{"Null", "false", "where k is given"},
		{"NumericLessThanEquals", "3600", "where k is at most 3600"},
		{"Bool", "true", "where k is true"},
		{"Odd", "a", "where k Odd a"},
	} {
		if got := condition(tt.operator, "k", strings.Fields(tt.values)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.operator, got, tt.want)
		}
	}
	for verb := range verbs {
		for _, operator := range []string{verb, verb + "IfExists", "ForAllValues:" + verb, "ForAnyValue:" + verb} {
			if got := condition(operator, "k", []string{"v"}); strings.Contains(got, verb) || slices.Contains(strings.Fields(got), operator) {
				t.Errorf("the operator %s is shown unchanged: %s", operator, got)
			}
		}
	}
}
