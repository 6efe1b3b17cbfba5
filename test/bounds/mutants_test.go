package bounds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

type statement = map[string]any

// A mutant is a statement with one weakness. The name is the same in every set of
// parameters.
type mutant struct {
	name      string
	statement statement // nil where a denial is gone
	action    string    // on which alone it may differ, a pattern; empty for any of the statement's
}

// mutants returns a resolved statement in every weakened form: each condition key
// dropped or satisfied by anything, each resource widened, each denial narrowed.
// Actions that are added: see added.
func mutants(st statement) []mutant {
	all := resourceMutants(st)
	if st["Effect"] == "Deny" {
		all = append(all, mutant{name: "without the statement"})
	}
	conditions, _ := st["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key := range keys.(map[string]any) {
			all = append(all, conditionMutants(st, operator, key)...)
		}
	}
	if exempt, ok := st["NotAction"]; ok {
		for name, k := range kinds {
			if !isRead(name) && k.kind != "policy" {
				weak := clone(st)
				weak["NotAction"] = append(list(exempt), "iam:"+name)
				all = append(all, mutant{"not for " + name, weak, "iam:" + name})
			}
		}
	}
	for i := range all {
		all[i].name = fmt.Sprintf("%s %s", st["Sid"], all[i].name)
	}
	return all
}

func conditionMutants(st statement, operator, key string) []mutant {
	dropped := clone(st)
	keys := dropped["Condition"].(map[string]any)[operator].(map[string]any)
	values := list(keys[key])
	delete(keys, key)
	all := []mutant{{fmt.Sprintf("without %s %s", operator, key), dropped, ""}}
	if strings.Contains(operator, "Not") {
		for i, value := range values {
			weak := clone(st)
			weak["Condition"].(map[string]any)[operator].(map[string]any)[key] = slices.Delete(slices.Clone(values), i, i+1)
			all = append(all, mutant{fmt.Sprintf("with %s %s no longer %s", operator, key, value), weak, ""})
		}
		return all
	}
	if operator == "Null" {
		return all
	}
	weak := clone(dropped)
	anything := "*"
	if strings.HasPrefix(operator, "Arn") {
		anything = "arn:*:*:*:*:*"
	}
	addCondition(weak, strings.Replace(operator, "Equals", "Like", 1), key, anything)
	return append(all, mutant{fmt.Sprintf("with any %s", key), weak, ""})
}

func addCondition(st statement, operator, key string, value any) {
	conditions := st["Condition"].(map[string]any)
	keys, ok := conditions[operator].(map[string]any)
	if !ok {
		keys = map[string]any{}
		conditions[operator] = keys
	}
	keys[key] = value
}

func resourceMutants(st statement) []mutant {
	var all []mutant
	resources := list(st["Resource"])
	for i, r := range resources {
		arn := r.(string)
		if st["Effect"] == "Deny" {
			weak := clone(st)
			weak["Resource"] = slices.Delete(slices.Clone(resources), i, i+1)
			if len(resources) > 1 {
				all = append(all, mutant{fmt.Sprintf("without resource %d", i+1), weak, ""})
			}
			continue
		}
		for why, wide := range widened(arn) {
			if slices.Contains(resources, any(wide)) {
				continue // it is as wide already
			}
			weak := clone(st)
			list := slices.Clone(resources)
			list[i] = wide
			weak["Resource"] = list
			all = append(all, mutant{fmt.Sprintf("with resource %d %s", i+1, why), weak, ""})
		}
	}
	return all
}

func widened(arn string) map[string]string {
	wide := map[string]string{"everywhere": "*", "in any account": inPart(arn, 4, "*"), "in any partition": inPart(arn, 1, "*")}
	parts := strings.SplitN(arn, ":", 6)
	if parts[2] != "iam" {
		wide["in any Region"] = inPart(arn, 3, "*")
		if parts[5] != "stack/*" { // any name is allowed already
			wide["of any name"] = inPart(arn, 5, "*")
		}
		return wide
	}
	kind, _, _ := strings.Cut(parts[5], "/")
	wide["of any name"] = inPart(arn, 5, kind+"/*")
	if name := arn[strings.LastIndex(arn, "/")+1:]; name != "*" {
		wide["at any path"] = inPart(arn, 5, kind+"/*"+name)
	}
	return wide
}

// inPart replaces one of the six parts of an ARN.
func inPart(arn string, i int, value string) string {
	parts := strings.SplitN(arn, ":", 6)
	parts[i] = value
	return strings.Join(parts, ":")
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return slices.Clone(l)
	}
	return []any{v}
}

func clone(st statement) statement {
	text, err := json.Marshal(st)
	if err != nil {
		panic(err)
	}
	var copied statement
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	return copied
}
