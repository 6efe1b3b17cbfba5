package weaken

import (
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// TestMatches checks the wildcards of IAM.
func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"a", "ab", false}, {"ab", "a", false}, {"*", "", true}, {"", "", true}, {"", "a", false},
		{"a*", "a", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"a*c", "abcd", false}, {"a*c", "abcc", true}, {"*_i-*", "cpu_i-0a", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"??", "a", false}, {"*?", "a", true}, {"*?", "", false}, {"a.c", "abc", false}, {"ec2:*", "ec2:X", true},
		{"arn:*:*:*:*:*", "arn:aws:iam::1:role/x", true}, {"arn:aws:s3:::*/*", "arn:aws:s3:::b", false},
	} {
		if got := matches(tt.pattern, tt.text); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.pattern, tt.text, got, tt.want)
		}
	}
}

// TestForms checks the names of the weakened forms of an Allow statement and of a Deny
// statement.
func TestForms(t *testing.T) {
	names := func(st Statement) []string {
		var all []string
		for _, m := range forms(st) {
			all = append(all, m.Name)
		}
		slices.Sort(all)
		return all
	}
	allow := Statement{
		"Sid": "A", "Effect": "Allow", "Action": []any{"ec2:Run", "ec2:Stop", "s3:Get"},
		"Resource":  []any{"arn:aws:ec2:us-east-1:1:instance/*", "arn:aws:s3:::b/p/*"},
		"Condition": map[string]any{"StringEquals": map[string]any{"k": "v"}},
	}
	want := []string{
		"A with any k", "A with ec2:*", "A with resource b/p/* below any prefix", "A with resource b/p/* everywhere", "A with resource b/p/* of any name",
		"A with resource instance/* everywhere", "A with resource instance/* in any Region", "A with resource instance/* in any account", "A with resource instance/* of any kind",
		"A with s3:*", "A without StringEquals k",
	}
	if got := names(allow); !slices.Equal(got, want) {
		t.Errorf("the forms of the Allow statement are %q, want %q", got, want)
	}
	deny := Statement{"Sid": "D", "Effect": "Deny", "Action": []any{"a:b"}, "Resource": "*", "Condition": map[string]any{"ForAnyValue:StringLike": map[string]any{"k": []any{"x*", "y*"}}}}
	if got, want := names(deny), []string{"D no longer of a:b", "D no longer of x*", "D no longer of y*", "without D"}; !slices.Equal(got, want) {
		t.Errorf("the forms of the Deny statement are %q, want %q", got, want)
	}
}

// TestAgainst checks the cases of a weakened form. For an Allow statement, these are the
// calls that nothing allows, with the statement alone. For a Deny statement, they are the
// calls that it denies, with all statements.
func TestAgainst(t *testing.T) {
	statements := []Statement{
		{"Sid": "A", "Effect": "Allow", "Action": "a:b", "Resource": "r"},
		{"Sid": "D", "Effect": "Deny", "Action": "a:b", "Resource": "*", "Condition": map[string]any{"ForAnyValue:StringLike": map[string]any{"k": []any{"x*", "y*"}}}},
	}
	denied := Denied{
		Implicitly: []policysim.Case{{Action: "a:b", Resource: "s"}, {Action: "a:c", Resource: "r"}},
		Explicitly: []policysim.Case{{Action: "a:b", Resource: "r", Context: map[string][]string{"k": {"x1"}}}, {Action: "a:b", Resource: "r", Context: map[string][]string{"k": {"y1"}}}},
	}
	const allows, denies = `{"Action":"a:b","Effect":"Allow","Resource":"r"}`, `{"Action":"a:b","Condition":{"ForAnyValue:StringLike":{"k":["y*"]}},"Effect":"Deny","Resource":"*"}`
	document := func(statements string) string { return `{"Statement":[` + statements + `],"Version":"2012-10-17"}` }
	got := map[string][]string{}
	for i, st := range statements {
		for _, m := range forms(st) {
			for _, c := range m.Against(statements, i, denied) {
				got[c.Name] = append(got[c.Name], c.Action+" "+c.Resource, c.Identity[0])
			}
		}
	}
	for name, want := range map[string][]string{
		"A with resource r everywhere": {"a:b s", document(`{"Action":"a:b","Effect":"Allow","Resource":["*"]}`)},
		"A with a:*":                   {"a:c r", document(`{"Action":["a:b","a:*"],"Effect":"Allow","Resource":"r"}`)},
		"D no longer of x*":            {"a:b r", document(allows + "," + denies)},
		"without D":                    {"a:b r", document(allows), "a:b r", document(allows)},
	} {
		if !slices.Equal(got[name], want) {
			t.Errorf("%s: the cases are %q, want %q", name, got[name], want)
		}
	}
}
