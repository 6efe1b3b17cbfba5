package rayiam

import "strings"

// Bounds are what the administrator of the provider allows, whatever a template
// asks for. The zero value allows everything.
type Bounds struct {
	NamePrefix          string   // every NamePrefix begins with it
	Path                string   // the only Path
	PermissionsBoundary string   // the default boundary, and the only one
	AllowedPolicyARNs   []string // patterns (* and ?) of managed policies; empty for any
	NoAdoption          bool     // AdoptExisting is refused
}

// BoundsFromEnvironment reads the bounds from RAYIAM_NAME_PREFIX, RAYIAM_PATH,
// RAYIAM_PERMISSIONS_BOUNDARY, RAYIAM_ALLOWED_POLICY_ARNS (comma-separated) and
// RAYIAM_ALLOW_ADOPTION (anything but true forbids it). A variable that is empty or
// unset is no bound.
func BoundsFromEnvironment(getenv func(string) string) Bounds {
	b := Bounds{
		NamePrefix:          strings.TrimSpace(getenv("RAYIAM_NAME_PREFIX")),
		Path:                strings.TrimSpace(getenv("RAYIAM_PATH")),
		PermissionsBoundary: strings.TrimSpace(getenv("RAYIAM_PERMISSIONS_BOUNDARY")),
	}
	if allow := strings.TrimSpace(getenv("RAYIAM_ALLOW_ADOPTION")); allow != "" {
		b.NoAdoption = !strings.EqualFold(allow, "true")
	}
	for pattern := range strings.SplitSeq(getenv("RAYIAM_ALLOWED_POLICY_ARNS"), ",") {
		if pattern = strings.TrimSpace(pattern); pattern != "" {
			b.AllowedPolicyARNs = append(b.AllowedPolicyARNs, pattern)
		}
	}
	return b
}

// Default returns p with the administrator's boundary where p names none.
func (b Bounds) Default(p Properties) Properties {
	if p.PermissionsBoundary == "" {
		p.PermissionsBoundary = b.PermissionsBoundary
	}
	return p
}

func (b Bounds) allowsPolicy(arn string) bool {
	if len(b.AllowedPolicyARNs) == 0 {
		return true
	}
	for _, pattern := range b.AllowedPolicyARNs {
		if matches(pattern, arn) {
			return true
		}
	}
	return false
}

// matches reports whether s has the form of pattern, in which * stands for any
// characters, / and : included, and ? for one, as in IAM's own patterns.
func matches(pattern, s string) bool {
	star, from := -1, 0 // the last * seen, and where its match ends for now
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
