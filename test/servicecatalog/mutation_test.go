package servicecatalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// mutants returns a statement in every weakened form: each condition is dropped or accepts
// any value, each resource is widened, and each service is allowed with all actions.
func mutants(st weaken.Statement) []weaken.Mutant {
	all := weaken.Conditions(st)
	resources := weaken.List(st["Resource"])
	for i, r := range resources {
		for why, wide := range widened(r.(string)) {
			weak, list := weaken.Clone(st), slices.Clone(resources)
			list[i] = wide
			weak["Resource"] = list
			all = append(all, weaken.Mutant{Name: fmt.Sprintf("%s with resource %d %s", st["Sid"], i+1, why), Statement: weak})
		}
	}
	services := map[string]bool{}
	for _, action := range weaken.List(st["Action"]) {
		service, _, _ := strings.Cut(action.(string), ":")
		services[service+":*"] = true
	}
	for open := range services {
		weak := weaken.Clone(st)
		weak["Action"] = append(weaken.List(st["Action"]), open)
		all = append(all, weaken.Mutant{Name: fmt.Sprintf("%s with %s", st["Sid"], open), Statement: weak, Action: open})
	}
	return all
}

// widened returns the wider forms of an ARN, by a description.
func widened(arn string) map[string]string {
	if arn == "*" {
		return nil
	}
	wide := map[string]string{"everywhere": "*", "in any partition": weaken.InPart(arn, 1, "*")}
	parts := strings.SplitN(arn, ":", 6)
	if parts[2] == "s3" {
		wide["of any name"] = weaken.InPart(arn, 5, "*")
		wide["of any account"] = strings.Replace(arn, account, "*", 1)
		wide["of any kind"] = weaken.InPart(arn, 5, "sc-"+account+"-*")
		return wide
	}
	kind := regexp.MustCompile(`^\w+[:/]`).FindString(parts[5])
	wide["in any account"], wide["in any Region"] = weaken.InPart(arn, 4, "*"), weaken.InPart(arn, 3, "*")
	wide["of any name"] = weaken.InPart(arn, 5, kind+"*")
	wide["with the name inside"] = weaken.InPart(arn, 5, kind+"*"+strings.TrimPrefix(parts[5], kind))
	if kind == "function:" {
		wide["with the name inside"] = weaken.InPart(arn, 5, "function:ray-iam-*")
	}
	return wide
}

// TestMutation proves that every part of the policy is needed: with any statement weakened,
// a dangerous call that is now denied would be allowed.
func TestMutation(t *testing.T) {
	var trial weaken.Trial
	for _, s := range states {
		dangerous, statements, principal := s.dangerous(t), s.statements(t), s.principal(t)
		var cases []policysim.Case
		for i, st := range statements {
			for _, m := range mutants(st) {
				if !trial.Survives(m.Name) {
					continue
				}
				weak := slices.Clone(statements)
				weak[i] = m.Statement
				for _, c := range dangerous {
					if concerns(m, st, c.Action) {
						c.Name, c.Principal, c.Identity = m.Name, principal, []string{document(weak)}
						cases = append(cases, c)
					}
				}
			}
		}
		trial.Judge(t, cases)
	}
	for _, name := range trial.Survivors() {
		t.Errorf("a weakened form allows no dangerous call, want it to allow one: %s", name)
	}
	checkout.Report(t, "servicecatalog-weakened", "Launch role, weakened: "+trial.String())
}

// concerns reports whether the mutant may change the decision on the action.
func concerns(m weaken.Mutant, st weaken.Statement, action string) bool {
	if m.Action != "" {
		return strings.HasPrefix(action, strings.TrimSuffix(m.Action, "*"))
	}
	return slices.Contains(weaken.List(st["Action"]), any(action))
}
