package rayiam

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzMatches compares the administrator's patterns with equivalent regular expressions, since
// a pattern that matches too much would allow a policy.
// Reference 8.3.
func FuzzMatches(f *testing.F) {
	f.Add("arn:aws:iam::aws:policy/*", "arn:aws:iam::aws:policy/service-role/X")
	f.Add("a*b?c**", "aXbbYc")
	f.Add("", "")
	f.Add("*", "")
	f.Add("?", "")
	f.Add("*ab*ab", "ababab")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		for _, r := range pattern + s {
			if r > 127 {
				return // ARNs are ASCII; regexp counts other characters differently
			}
		}
		expression := "(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$"
		if got, want := matches(pattern, s), regexp.MustCompile(expression).MatchString(s); got != want {
			t.Errorf("matches(%q, %q) = %v, want %v", pattern, s, got, want)
		}
		if allowsAll([]string{pattern}, s) {
			for _, more := range []string{"", "x", pattern, s, "-*?"} {
				if !matches(pattern, s+more) {
					t.Errorf("%q matches everything that begins with %q, but not %q", pattern, s, s+more)
				}
			}
		}
	})
}
