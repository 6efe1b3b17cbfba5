package rayiam

import (
	"slices"
	"strings"
)

// IAM keeps the case of a name, but ignores it when it compares names. So no two roles,
// instance profiles or managed policies of an account differ only in case, and no two inline
// policies or tag keys of a role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

// containsFold reports whether list has s, in any case. Two ARNs of managed policies that
// differ only in case name the same policy.
func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, s) })
}

// inOtherCase returns the keys of now, sorted, that want does not have, but has in another
// case.
func inOtherCase(now, want map[string]string) []string {
	wanted := sortedKeys(want)
	return slices.DeleteFunc(sortedKeys(now), func(key string) bool {
		_, same := want[key]
		return same || !containsFold(wanted, key)
	})
}
