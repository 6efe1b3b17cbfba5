package executionrole

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
)

type statement = weaken.Statement

// A mutant is a statement that is weaker in one place, or nil for a denial that is removed.
// Its name is the same in every deployment.
type mutant = weaken.Mutant

// mutants returns a resolved statement in every weakened form: each condition key is
// dropped or accepts any value, each resource is widened, and each denial loses an action
// or a resource, or is removed. For actions that are added, see added.
func mutants(st statement) []mutant {
	all := resourceMutants(st)
	if st["Effect"] == "Deny" {
		all = append(all, mutant{Name: "without the statement"})
	}
	if exempt, ok := st["NotAction"]; ok {
		for name, k := range kinds {
			if !isRead(name) && k.kind != "policy" {
				weak := weaken.Clone(st)
				weak["NotAction"] = append(weaken.List(exempt), "iam:"+name)
				all = append(all, mutant{Name: "not for " + name, Statement: weak, Action: "iam:" + name})
			}
		}
	}
	if actions := weaken.List(st["Action"]); st["Effect"] == "Deny" && len(actions) > 1 {
		for i, action := range actions {
			weak := weaken.Clone(st)
			weak["Action"] = slices.Delete(slices.Clone(actions), i, i+1)
			all = append(all, mutant{Name: fmt.Sprintf("not for %s", action), Statement: weak, Action: action.(string)})
		}
	}
	for i := range all {
		all[i].Name = fmt.Sprintf("%s %s", st["Sid"], all[i].Name)
	}
	if st["Effect"] == "Deny" {
		return all // a Deny statement without a condition denies more
	}
	return append(all, weaken.Conditions(st)...)
}

func resourceMutants(st statement) []mutant {
	var all []mutant
	resources := weaken.List(st["Resource"])
	for i, r := range resources {
		arn := r.(string)
		if st["Effect"] == "Deny" {
			weak := weaken.Clone(st)
			weak["Resource"] = slices.Delete(slices.Clone(resources), i, i+1)
			if len(resources) > 1 {
				all = append(all, mutant{Name: fmt.Sprintf("without resource %d", i+1), Statement: weak})
			}
			continue
		}
		for why, wide := range widened(arn) {
			if slices.Contains(resources, any(wide)) {
				continue // the statement already has that resource
			}
			weak := weaken.Clone(st)
			list := slices.Clone(resources)
			list[i] = wide
			weak["Resource"] = list
			all = append(all, mutant{Name: fmt.Sprintf("with resource %d %s", i+1, why), Statement: weak})
		}
	}
	return all
}

func widened(arn string) map[string]string {
	if arn == "*" {
		return nil
	}
	wide := map[string]string{"everywhere": "*", "in any account": weaken.InPart(arn, 4, "*"), "in any partition": weaken.InPart(arn, 1, "*")}
	parts := strings.SplitN(arn, ":", 6)
	if parts[2] != "iam" {
		wide["in any Region"] = weaken.InPart(arn, 3, "*")
		if parts[5] != "stack/*" { // any name is already allowed
			wide["of any name"] = weaken.InPart(arn, 5, "*")
		}
		return wide
	}
	kind, _, _ := strings.Cut(parts[5], "/")
	wide["of any name"] = weaken.InPart(arn, 5, kind+"/*")
	if alike, dash := strings.CutSuffix(arn, "-*"); dash {
		wide["of any name that begins so"] = alike
	}
	if name := arn[strings.LastIndex(arn, "/")+1:]; name != "*" {
		wide["at any path"] = weaken.InPart(arn, 5, kind+"/*"+name)
	}
	return wide
}
