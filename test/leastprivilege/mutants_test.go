package leastprivilege

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
)

type (
	statement = weaken.Statement
	mutant    = weaken.Mutant
)

var list = weaken.List

// statements returns those of a role's policies. The pass-role policy's has no name.
func (p played) statements(t *testing.T, role string) []statement {
	t.Helper()
	var all []statement
	for name, document := range p.policies[role] {
		var d struct{ Statement any }
		if err := json.Unmarshal([]byte(document), &d); err != nil {
			t.Fatal(err)
		}
		for _, st := range list(d.Statement) {
			st := st.(statement)
			if st["Sid"] == nil {
				st["Sid"] = strings.TrimPrefix(name, "ray-research-")
			}
			all = append(all, st)
		}
	}
	slices.SortFunc(all, func(a, b statement) int { return strings.Compare(a["Sid"].(string), b["Sid"].(string)) })
	return all
}

// mutants returns a statement in every weakened form: each condition key dropped or
// satisfied by anything, each resource widened, and with all the service's actions. No
// other partition is among the widenings: there is no way from one to another.
func mutants(st statement) []mutant {
	all := weaken.Conditions(st)
	resources := list(st["Resource"])
	for i, r := range resources {
		for why, wide := range widened(r.(string)) {
			if slices.Contains(resources, any(wide)) {
				continue // it is as wide already
			}
			weak := weaken.Clone(st)
			changed := slices.Clone(resources)
			changed[i] = wide
			weak["Resource"] = changed
			all = append(all, mutant{Name: fmt.Sprintf("%s with resource %s %s", st["Sid"], shape(r.(string)), why), Statement: weak})
		}
	}
	services := map[string]bool{}
	for _, action := range list(st["Action"]) {
		service, _, _ := strings.Cut(action.(string), ":")
		services[service] = true
	}
	for service := range services {
		weak := weaken.Clone(st)
		weak["Action"] = append(list(st["Action"]), service+":*")
		all = append(all, mutant{Name: fmt.Sprintf("%s with %s:*", st["Sid"], service), Statement: weak, Action: service + ":*"})
	}
	return all
}

// shape is a resource without what differs from one run to the next.
func shape(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	for _, kind := range []string{"subnet", "security-group", "image"} {
		if strings.HasPrefix(parts[5], kind+"/") {
			return kind
		}
	}
	return parts[5]
}

func widened(arn string) map[string]string {
	wide := map[string]string{"everywhere": "*"}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return wide
	}
	if parts[3] != "" {
		wide["in any Region"] = weaken.InPart(arn, 3, "*")
	}
	if parts[4] != "" {
		wide["in any account"] = weaken.InPart(arn, 4, "*")
	}
	wide["of any name"] = weaken.InPart(arn, 5, "*")
	if kind, _, found := strings.Cut(parts[5], "/"); found && parts[2] != "s3" {
		wide["of any name"] = weaken.InPart(arn, 5, kind+"/*")
		wide["of any kind"] = weaken.InPart(arn, 5, "*")
	}
	if strings.HasSuffix(arn, "/*") && parts[2] == "s3" {
		wide["of any name"] = weaken.InPart(arn, 5, "*/*")
		if bucket, below, _ := strings.Cut(parts[5], "/"); below != "*" {
			wide["below any prefix"] = weaken.InPart(arn, 5, bucket+"/*")
		}
	}
	return wide
}
