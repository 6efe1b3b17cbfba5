package leastprivilege

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// equivalent are the weakened forms that allow nothing more, and why.
var equivalent = map[string]string{
	"Agents with ssmmessages:*":                                           "the four actions are all that there are",
	"Agents with ec2messages:*":                                           "the six actions are all that there are",
	"CommandWorkers with resource instance/* of any kind":                 "of EC2, commands go to instances alone",
	"LaunchWorkers with resource instance/* of any kind":                  "nothing else has an instance profile",
	"Metrics with cloudwatch:*":                                           "no other action has a namespace",
	"SpotRole with iam:*":                                                 "no other action has the name of a service",
	"TagPartsAtLaunch with ec2:*":                                         "no other action is part of an action",
	"TagPartsAtLaunch with resource network-interface/* of any kind":      "a launch makes nothing else but the instance, which TagAtLaunch allows",
	"TagPartsAtLaunch with resource spot-instances-request/* of any kind": "the same",
	"TagPartsAtLaunch with resource volume/* of any kind":                 "the same",
	"TagAtLaunch with ec2:*":                                              "no other action is part of an action",
	"pass-role-policy with iam:*":                                         "no other action passes to a service",
}

// TestMutation holds that nothing in the generated policies is there for nothing: with
// any statement weakened, an authorization that is denied today would be allowed.
//
// What a policy allows more with a statement weakened that allows, the weakened statement
// alone allows.
// Reference 9.7.
func TestMutation(t *testing.T) {
	p := everyOption(t)
	denied := p.denied(t)
	implicitly, explicitly := denied[policysim.ImplicitlyDenied], denied[policysim.ExplicitlyDenied]
	generated, trial := map[string][]policysim.Case{}, weaken.Trial{}
	statements := p.statements(t, "head")
	for _, st := range statements {
		if st["Effect"] == "Deny" {
			for _, m := range denials(st) {
				generated[m.Name] = p.beside(m, statements, explicitly)
			}
			continue
		}
		for _, m := range mutants(st) {
			generated[m.Name] = p.against(m, st, implicitly)
		}
	}
	for _, most := range []int{10, len(implicitly)} { // a few are mostly enough, and all take long
		var cases []policysim.Case
		for name, against := range generated {
			if trial.Survives(name) {
				cases = append(cases, against[:min(most, len(against))]...)
			}
		}
		trial.Judge(t, cases)
	}
	survivors := trial.Survivors()
	for _, name := range slices.Sorted(maps.Keys(generated)) {
		killed := !slices.Contains(survivors, name)
		if why, listed := equivalent[name]; killed == listed {
			t.Errorf("%s: makes a case fail: %v, listed as equivalent: %v %s", name, killed, listed, why)
		}
	}
	for name := range equivalent {
		if _, ok := generated[name]; !ok {
			t.Errorf("listed as equivalent, and there is no such weakened form: %s", name)
		}
	}
	checkout.Report(t, "leastprivilege-weakened", fmt.Sprintf("Ray's roles, weakened: %d weakened forms, %d of them make a case fail, %d allow nothing more, %d survive; by %d authorizations",
		len(generated), len(generated)-len(survivors), len(equivalent), len(survivors)-len(equivalent), trial.Asked()))
}

// denied returns the authorizations of the dangerous calls by the head that are denied: those
// that nothing allows, and those that a statement denies.
func (p played) denied(t *testing.T) map[policysim.Decision][]policysim.Case {
	t.Helper()
	distinct := map[string]policysim.Case{}
	for _, d := range append(p.dangers(), p.elsewhere()...) {
		if d.role == "head" {
			for _, c := range p.by("head", p.policies["head"], d.cases) {
				distinct[c.Name+fmt.Sprint(c.Context)] = c
			}
		}
	}
	var cases []policysim.Case
	denied := map[policysim.Decision][]policysim.Case{}
	for _, name := range slices.Sorted(maps.Keys(distinct)) {
		cases = append(cases, distinct[name])
	}
	for i, got := range evaluate(t, cases) {
		denied[got] = append(denied[got], cases[i])
	}
	return denied
}

// elsewhere are what the head may do, in another account. They are not in the
// catalogue: the other account would have to allow them as well.
func (p played) elsewhere() []danger {
	c := &catalogue{played: p}
	there := place{otherAccount, p.region}
	for _, recorded := range p.perAction() {
		if slices.Contains(unnarrowed, recorded.Service+":"+recorded.Operation) {
			continue
		}
		cases, err := there.authorizations(recorded)
		if err != nil {
			panic(err)
		}
		c.add("", recorded.Operation+" elsewhere", "head", cases)
	}
	for _, r := range p.rights() {
		for _, right := range r.cases {
			if moved := strings.Replace(right.Resource, ":"+p.account+":", ":"+otherAccount+":", 1); moved != right.Resource {
				c.one("", "elsewhere", right.Action, moved, withoutRegion(right.Context))
			}
		}
	}
	c.one("", "elsewhere", "iam:PassRole", strings.Replace(p.iam("role", "ray-research-cpu"), p.account, otherAccount, 1), conditionKeys{"iam:PassedToService": {"ec2.amazonaws.com"}})
	c.one("", "elsewhere", "iam:PassRole", strings.Replace(p.iam("role", "ray-research-gpu"), p.account, otherAccount, 1), conditionKeys{"iam:PassedToService": {"ec2.amazonaws.com"}})
	return c.dangers
}

// matches reports whether a pattern of IAM's covers an ARN. Documents of AWS's own are
// written with an account here.
func matches(pattern, arn string) bool {
	pattern = strings.ReplaceAll(pattern, "::document/", ":"+documentsOwner+":document/")
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + quoted + "$").MatchString(arn)
}

// against returns what a mutant may let pass, asked of its statement alone. What its
// resources do not cover it cannot.
func (p played) against(m mutant, st statement, denied []policysim.Case) []policysim.Case {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{m.Statement}})
	if err != nil {
		panic(err)
	}
	var cases []policysim.Case
	for _, c := range denied {
		concerned := slices.Contains(list(st["Action"]), any(c.Action))
		if service, all := strings.CutSuffix(m.Action, "*"); all {
			concerned = strings.HasPrefix(c.Action, service)
		}
		if concerned && slices.ContainsFunc(list(m.Statement["Resource"]), func(r any) bool { return matches(r.(string), c.Resource) }) {
			c = p.by("head", map[string]string{"": string(text)}, []policysim.Case{c})[0]
			c.Name = m.Name
			cases = append(cases, c)
		}
	}
	return cases
}
