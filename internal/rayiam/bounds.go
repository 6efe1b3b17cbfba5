package rayiam

import (
	"slices"
	"strings"
)

// Bounds are the administrator's limits on the properties of all templates. The zero value
// allows everything.
type Bounds struct {
	NamePrefix          string   // every NamePrefix begins with it
	Path                string   // the only Path
	PermissionsBoundary string   // the default boundary, and the only one
	AllowedPolicyARNs   []string // patterns (* and ?) of managed policies; empty for any
	AllowedBuckets      []string // patterns of the buckets of LeastPrivilege; empty for any
	AllowedClusterNames []string // patterns of its cluster names; empty for any
	NoAdoption          bool     // AdoptExisting is refused
}

// BoundsFromEnvironment reads the bounds from RAYIAM_NAME_PREFIX, RAYIAM_PATH,
// RAYIAM_PERMISSIONS_BOUNDARY, RAYIAM_ALLOWED_POLICY_ARNS, RAYIAM_ALLOWED_BUCKETS and
// RAYIAM_ALLOWED_CLUSTER_NAMES (comma-separated) and RAYIAM_ALLOW_ADOPTION (anything but true
// forbids it). An empty or unset variable sets no bound.
func BoundsFromEnvironment(getenv func(string) string) Bounds {
	b := Bounds{
		NamePrefix:          strings.TrimSpace(getenv("RAYIAM_NAME_PREFIX")),
		Path:                strings.TrimSpace(getenv("RAYIAM_PATH")),
		PermissionsBoundary: strings.TrimSpace(getenv("RAYIAM_PERMISSIONS_BOUNDARY")),
		AllowedPolicyARNs:   patternList(getenv("RAYIAM_ALLOWED_POLICY_ARNS")),
		AllowedBuckets:      patternList(getenv("RAYIAM_ALLOWED_BUCKETS")),
		AllowedClusterNames: patternList(getenv("RAYIAM_ALLOWED_CLUSTER_NAMES")),
	}
	if allow := strings.TrimSpace(getenv("RAYIAM_ALLOW_ADOPTION")); allow != "" {
		b.NoAdoption = !strings.EqualFold(allow, "true")
	}
	return b
}

// patternList reads a comma-separated list.
func patternList(value string) []string {
	var list []string
	for pattern := range strings.SplitSeq(value, ",") {
		if pattern = strings.TrimSpace(pattern); pattern != "" {
			list = append(list, pattern)
		}
	}
	return list
}

// Default returns p with the administrator's boundary if p names none.
func (b Bounds) Default(p Properties) Properties {
	if p.PermissionsBoundary == "" {
		p.PermissionsBoundary = b.PermissionsBoundary
	}
	return p
}

func (b Bounds) allowsPolicy(arn string) bool {
	return allows(b.AllowedPolicyARNs, arn)
}

// allows reports whether one of the patterns matches s, or there are none.
func allows(patterns []string, s string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, s) })
}

// allowsAll reports whether one of the patterns matches every string that begins with prefix,
// or there are no patterns. Only a pattern that ends with * can match every continuation of a
// prefix.
func allowsAll(patterns []string, prefix string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		return strings.HasSuffix(pattern, "*") && matches(pattern, prefix)
	})
}

// matches reports whether s has the form of pattern, in which * matches any characters, / and
// : included, and ? matches one, as in IAM's own patterns.
func matches(pattern, s string) bool {
	star, from := -1, 0 // the last * seen, and where its match ends so far
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
