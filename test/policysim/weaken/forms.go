package weaken

import (
	"fmt"
	"slices"
	"strings"
)

// Forms returns a statement in every weakened form. One that allows has each condition key
// dropped or satisfied by anything, each resource widened, and all actions of its services;
// one that denies is gone, and has each action and each value of its conditions taken out. No
// other partition is among the widenings: there is no way from one to another.
func Forms(st Statement) []Mutant {
	if st["Effect"] == "Deny" {
		return denials(st)
	}
	all := Conditions(st)
	resources := List(st["Resource"])
	for i, r := range resources {
		for why, wide := range widened(r.(string)) {
			if slices.Contains(resources, any(wide)) {
				continue // it is as wide already
			}
			weak, changed := Clone(st), slices.Clone(resources)
			changed[i] = wide
			weak["Resource"] = changed
			all = append(all, Mutant{Name: fmt.Sprintf("%s with resource %s %s", st["Sid"], shape(r.(string)), why), Statement: weak})
		}
	}
	return append(all, Services(st)...)
}

// Services returns the statement with all actions of each service that it has an action of.
func Services(st Statement) []Mutant {
	var all []Mutant
	opened := map[string]bool{}
	for _, action := range List(st["Action"]) {
		service, _, _ := strings.Cut(action.(string), ":")
		open := service + ":*"
		if opened[open] {
			continue
		}
		opened[open] = true
		weak := Clone(st)
		weak["Action"] = append(List(st["Action"]), open)
		all = append(all, Mutant{Name: fmt.Sprintf("%s with %s", st["Sid"], open), Statement: weak, Action: open})
	}
	return all
}

func denials(st Statement) []Mutant {
	all := []Mutant{{Name: fmt.Sprintf("without %s", st["Sid"])}}
	for i, action := range List(st["Action"]) {
		weak := Clone(st)
		weak["Action"] = slices.Delete(List(st["Action"]), i, i+1)
		all = append(all, Mutant{Name: fmt.Sprintf("%s no longer of %s", st["Sid"], action), Statement: weak, Action: action.(string)})
	}
	for operator, keys := range st["Condition"].(map[string]any) {
		for key, values := range keys.(map[string]any) {
			for i, value := range List(values) {
				weak := Clone(st)
				weak["Condition"].(map[string]any)[operator].(map[string]any)[key] = slices.Delete(List(values), i, i+1)
				m := Mutant{Name: fmt.Sprintf("%s no longer of %s", st["Sid"], value), Statement: weak}
				if operator == "ForAnyValue:StringLike" {
					m.key, m.value = key, value.(string)
				}
				all = append(all, m)
			}
		}
	}
	return all
}

// shape is a resource without what differs from one run to the next.
func shape(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	if kind, _, _ := strings.Cut(parts[5], "/"); slices.Contains([]string{"subnet", "security-group", "image"}, kind) {
		return kind
	}
	return parts[5]
}

// widened returns an ARN in its wider forms, by what is wider. That of a bucket ends in its
// name alone, or in its name and a pattern of keys.
func widened(arn string) map[string]string {
	wide := map[string]string{"everywhere": "*"}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return wide
	}
	if parts[3] != "" && parts[3] != "*" {
		wide["in any Region"] = InPart(arn, 3, "*")
	}
	if parts[4] != "" && parts[4] != "*" {
		wide["in any account"] = InPart(arn, 4, "*")
	}
	kind, below, found := strings.Cut(parts[5], "/")
	switch {
	case !found:
		wide["of any name"] = InPart(arn, 5, "*")
	case parts[2] != "s3":
		wide["of any name"] = InPart(arn, 5, kind+"/*")
		wide["of any kind"] = InPart(arn, 5, "*")
	case strings.HasSuffix(below, "/*"):
		wide["below any prefix"] = InPart(arn, 5, kind+"/*")
		fallthrough
	default:
		wide["of any name"] = InPart(arn, 5, "*/*")
	}
	return wide
}
