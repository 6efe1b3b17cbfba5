package weaken

import (
	"fmt"
	"slices"
	"strings"
)

// forms returns all weakened forms of a statement. An Allow statement loses each condition
// key or accepts any value of it, each resource is widened, and each of its services is
// allowed with all actions. A Deny statement is removed, or loses one action or one value
// of a condition. No resource is widened to another partition, because one partition has no
// access to another.
func forms(st Statement) []Mutant {
	if st["Effect"] == "Deny" {
		return denials(st)
	}
	all := Conditions(st)
	resources := List(st["Resource"])
	for i, r := range resources {
		for why, wide := range widened(r.(string)) {
			if slices.Contains(resources, any(wide)) {
				continue // the statement already has that resource
			}
			weak, changed := Clone(st), slices.Clone(resources)
			changed[i] = wide
			weak["Resource"] = changed
			all = append(all, Mutant{Name: fmt.Sprintf("%s with resource %s %s", st["Sid"], shape(r.(string)), why), Statement: weak})
		}
	}
	return append(all, services(st)...)
}

// services returns the statement with all actions of one of its services, for each service.
func services(st Statement) []Mutant {
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

// shape returns a resource without the parts that differ between runs.
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

// widened returns the wider forms of an ARN, by a description. A bucket's ARN ends in its
// name, or in its name and a pattern of keys.
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
