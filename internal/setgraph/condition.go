package setgraph

import (
	"slices"
	"strings"
)

// verbs are the words for IAM's condition operators, without ForAllValues, ForAnyValue,
// IfExists and Null.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var verbs = map[string]string{
	"StringEquals": "is", "StringNotEquals": "is not", "StringLike": "is like", "StringNotLike": "is not like",
	"StringEqualsIgnoreCase": "is, in any case of letters,", "StringNotEqualsIgnoreCase": "is not, in any case of letters,",
	"NumericEquals": "is", "NumericNotEquals": "is not", "NumericLessThan": "is less than", "NumericLessThanEquals": "is at most",
	"NumericGreaterThan": "is more than", "NumericGreaterThanEquals": "is at least",
	"DateEquals": "is", "DateNotEquals": "is not", "DateLessThan": "is before", "DateLessThanEquals": "is not after",
	"DateGreaterThan": "is after", "DateGreaterThanEquals": "is not before",
	"ArnEquals": "is", "ArnNotEquals": "is not", "ArnLike": "is like", "ArnNotLike": "is not like",
	"Bool": "is", "BinaryEquals": "is", "IpAddress": "is in", "NotIpAddress": "is not in",
}

// condition renders one condition in a line. An unknown operator stays as it is.
func condition(operator, key string, values []string) string {
	if operator == "Null" && slices.Equal(values, []string{"true"}) {
		return "where " + key + " is not given"
	}
	if operator == "Null" {
		return "where " + key + " is given"
	}
	base, optional := strings.CutSuffix(operator, "IfExists")
	of, single, several := strings.Cut(base, ":")
	if !several {
		single = base
	}
	verb, known := verbs[single]
	if !known {
		return "where " + key + " " + operator + " " + shortened(values)
	}
	switch of {
	case "ForAllValues":
		key = "each of " + key
	case "ForAnyValue":
		key = "any of " + key
	}
	if optional {
		key += ", if given,"
	}
	return "where " + key + " " + verb + " " + shortened(values)
}

// shortened lists values, and only the last part of each ARN.
func shortened(values []string) string {
	short := slices.Clone(values)
	for i, v := range values {
		if strings.HasPrefix(v, "arn:") {
			short[i] = lastOf(v)
		}
	}
	return strings.Join(short, ", ")
}
