package executionrole

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
)

// added returns an Allow statement in several weaker forms: with each further action that
// the policy or the code knows, and with all actions of the service. It leaves out an
// action that another statement allows at least as widely, and one that can never meet the
// statement's conditions.
func added(st statement, statements []statement) []mutant {
	if st["Effect"] != "Allow" {
		return nil
	}
	actions := weaken.List(st["Action"])
	service, _, _ := strings.Cut(actions[0].(string), ":")
	more := []string{service + ":*"}
	if service == "iam" {
		more = append(more, "iam:UpdateRole", "iam:CreatePolicyVersion")
		for name := range kinds {
			more = append(more, "iam:"+name)
		}
	}
	var all []mutant
	for _, action := range more {
		if slices.Contains(actions, any(action)) || !concernsKind(st, action) || neverMet(st, action) ||
			slices.ContainsFunc(statements, func(other statement) bool { return covers(other, st, action) }) {
			continue
		}
		weak := weaken.Clone(st)
		weak["Action"] = append(slices.Clone(actions), action)
		all = append(all, mutant{Name: fmt.Sprintf("%s with %s", st["Sid"], action), Statement: weak, Action: action})
	}
	return all
}

// concernsKind reports whether one of the statement's resources is of the action's kind. An
// action without a kind is authorized on "*".
func concernsKind(st statement, action string) bool {
	resources := weaken.List(st["Resource"])
	if slices.Contains(resources, any("*")) {
		return true
	}
	kind := map[string]string{"iam:UpdateRole": "role", "iam:CreatePolicyVersion": "policy"}[action]
	if k, ok := kinds[strings.TrimPrefix(action, "iam:")]; ok {
		if kind = k.kind; kind == "" {
			return false
		}
	}
	return kind == "" || slices.ContainsFunc(resources, func(r any) bool { return strings.Contains(r.(string), ":"+kind+"/") })
}

// neverMet reports whether the statement has a condition key that IAM does not have for the
// action, so that adding the action allows nothing more.
func neverMet(st statement, action string) bool {
	name := strings.TrimPrefix(action, "iam:")
	k := kinds[name]
	conditions, _ := st["Condition"].(map[string]any)
	if _, ok := conditions["ForAllValues:StringNotEqualsIgnoreCase"]; ok && strings.HasPrefix(name, "Tag") {
		return true // an owned role may be tagged anyway with every key that the condition leaves
	}
	for operator, keys := range conditions {
		if operator == "Null" || strings.HasSuffix(operator, "IfExists") || strings.HasPrefix(operator, "ForAllValues") {
			continue
		}
		for key := range keys.(map[string]any) {
			switch {
			case key == serviceKey && name != "PassRole",
				name != "*" && key == policyKey && !k.policy,
				name != "*" && key == boundaryKey && !k.current && !k.new && name != "UpdateRole",
				name != "*" && strings.HasPrefix(key, "aws:RequestTag/") && !k.tags,
				strings.HasPrefix(key, "aws:ResourceTag/") && strings.HasPrefix(name, "Create"):
				return true
			}
		}
	}
	return false
}

// covers reports whether other allows the action at least as widely as st: on all of st's
// resources, and under no further conditions.
func covers(other, st statement, action string) bool {
	if other["Effect"] != "Allow" || !slices.Contains(weaken.List(other["Action"]), any(action)) {
		return false
	}
	kind := ":" + kinds[strings.TrimPrefix(action, "iam:")].kind + "/"
	for _, r := range weaken.List(st["Resource"]) {
		within := func(wide any) bool { return wildcard(wide.(string)).MatchString(r.(string)) }
		if (r == "*" || strings.Contains(r.(string), kind)) && !slices.ContainsFunc(weaken.List(other["Resource"]), within) {
			return false
		}
	}
	has, _ := st["Condition"].(map[string]any)
	asks, _ := other["Condition"].(map[string]any)
	for operator, keys := range asks {
		for key, value := range keys.(map[string]any) {
			same, _ := has[operator].(map[string]any)
			if fmt.Sprint(same[key]) != fmt.Sprint(value) {
				return false
			}
		}
	}
	return true
}

// wildcard returns a regular expression for a pattern of IAM's.
func wildcard(pattern string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$")
}
