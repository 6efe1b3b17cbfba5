package launcher

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

type (
	statement = weaken.Statement
	mutant    = weaken.Mutant
)

// statements returns those of the launcher's policies.
func (p played) statements(t *testing.T) []statement {
	t.Helper()
	var all []statement
	for _, document := range p.policies {
		var d struct{ Statement []statement }
		if err := json.Unmarshal([]byte(document), &d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d.Statement...)
	}
	return all
}

// equivalent are the weakened forms that allow nothing more, and why.
var equivalent = map[string]string{
	"CommandHead with resource instance/* of any kind":                  "of EC2, commands go to instances alone",
	"EndWorkers with resource instance/* of any kind":                   "nothing else is stopped or terminated",
	"LaunchHead with resource instance/* of any kind":                   "nothing else has an instance profile",
	"LaunchPublicImages with resource image of any kind":                "nothing else is public",
	"OwnTagsAtLaunch with ec2:*":                                        "no other action is part of an action",
	"OwnTagsOnParts with ec2:*":                                         "no other action is part of an action",
	"OwnTagsOnParts with resource network-interface/* of any kind":      "a launch tags nothing else that OwnTagsAtLaunch does not allow",
	"OwnTagsOnParts with resource spot-instances-request/* of any kind": "a launch tags nothing else that OwnTagsAtLaunch does not allow",
	"OwnTagsOnParts with resource volume/* of any kind":                 "a launch tags nothing else that OwnTagsAtLaunch does not allow",
	"PassHeadRole with iam:*":                                           "no other action passes to a service",
	"Sessions with resource instance/* of any kind":                     "of EC2, sessions go to instances alone",
	"TagAtLaunch with ec2:*":                                            "no other action is part of an action",
}

// TestMutation holds that nothing in the policy is there for nothing: with any statement
// weakened, an authorization of a dangerous call that is denied today would be allowed, in
// at least one set of parameters.
func TestMutation(t *testing.T) {
	var trial weaken.Trial
	for _, s := range scenes {
		p := s.played(t)
		denied, statements := p.denied(t), p.statements(t)
		for _, most := range []int{8, len(denied)} { // a few are mostly enough, and all take long
			var cases []policysim.Case
			for i, st := range statements {
				for _, m := range mutants(st) {
					if trial.Survives(m.Name) {
						cases = append(cases, spread(p.against(m, statements, i, denied), most)...)
					}
				}
			}
			trial.Judge(t, cases)
		}
	}
	survivors := trial.Survivors()
	for _, name := range survivors {
		if equivalent[name] == "" {
			t.Errorf("no case fails: %s", name)
		}
	}
	for name := range equivalent {
		if !slices.Contains(survivors, name) {
			t.Errorf("listed as equivalent, and there is no such weakened form, or a case fails: %s", name)
		}
	}
	checkout.Report(t, "launcher-weakened", fmt.Sprintf("Launcher, weakened: %s; %d allow nothing more", trial.String(), len(equivalent)))
}

// spread returns at most so many of the cases, from all over them.
func spread(cases []policysim.Case, most int) []policysim.Case {
	if len(cases) <= most {
		return cases
	}
	some := make([]policysim.Case, most)
	for i := range some {
		some[i] = cases[i*len(cases)/most]
	}
	return some
}

// denied returns the authorizations of the dangerous calls that are denied, those in
// another account included.
func (p played) denied(t *testing.T) []policysim.Case {
	t.Helper()
	cases := p.by(p.policies, distinct(append(p.dangers(), p.elsewhere()...)))
	var denied []policysim.Case
	for i, got := range policysim.Evaluate(t, cases) {
		if got != policysim.Allowed {
			denied = append(denied, cases[i])
		}
	}
	return denied
}

// elsewhere is what the launcher may do, in another account. It is not in the catalogue:
// the other account would have to allow it as well.
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
		c.add("", recorded.Operation+" elsewhere", cases)
	}
	c.addRights("", "elsewhere", there)
	return c.dangers
}

// against returns the authorizations that a mutant may let pass, asked of all statements
// with it in place of its own.
func (p played) against(m mutant, statements []statement, i int, denied []policysim.Case) []policysim.Case {
	changed := slices.Clone(statements)
	if changed[i] = m.Statement; m.Statement == nil {
		changed = slices.Delete(changed, i, i+1)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": changed})
	if err != nil {
		panic(err)
	}
	actions, resources := weaken.List(statements[i]["Action"]), weaken.List(statements[i]["Resource"])
	if m.Action != "" {
		actions = []any{m.Action}
	}
	if m.Statement != nil && statements[i]["Effect"] == "Allow" {
		resources = weaken.List(m.Statement["Resource"])
	}
	value, _ := strings.CutPrefix(m.Name, fmt.Sprintf("%s no longer of ", statements[i]["Sid"]))
	covers := func(patterns []any, value string) bool {
		return slices.ContainsFunc(patterns, func(pattern any) bool { return matches(pattern.(string), value) })
	}
	var cases []policysim.Case
	for _, c := range denied {
		ofValue := func(key string) bool { return matches(value, key) }
		if strings.HasPrefix(strings.ToLower(value), "ray-") && !slices.ContainsFunc(c.Context["aws:TagKeys"], ofValue) {
			continue
		}
		if covers(actions, c.Action) && covers(resources, c.Resource) {
			c = p.by([]string{string(text)}, []policysim.Case{c})[0]
			c.Name = m.Name
			cases = append(cases, c)
		}
	}
	return cases
}

// matches reports whether a pattern of IAM's covers a text.
func matches(pattern, text string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + quoted + "$").MatchString(text)
}

// mutants returns a statement in every weakened form. One that allows has each condition
// key dropped or satisfied by anything, each resource widened, and all the service's actions; one that denies has each action and each value
// taken out.
func mutants(st statement) []mutant {
	if st["Effect"] == "Deny" {
		return weakenedDenial(st)
	}
	conditions, _ := st["Condition"].(map[string]any)
	flags, _ := conditions["Bool"].(map[string]any)
	all := slices.DeleteFunc(weaken.Conditions(st), func(m mutant) bool { // a Bool has no pattern for anything
		_, key, _ := strings.Cut(m.Name, " with any ")
		return flags[key] != nil
	})
	resources := weaken.List(st["Resource"])
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
	for _, action := range weaken.List(st["Action"]) {
		service, _, _ := strings.Cut(action.(string), ":")
		weak := weaken.Clone(st)
		weak["Action"] = append(weaken.List(st["Action"]), service+":*")
		all = append(all, mutant{Name: fmt.Sprintf("%s with %s:*", st["Sid"], service), Statement: weak, Action: service + ":*"})
	}
	return all
}

func weakenedDenial(st statement) []mutant {
	all := []mutant{{Name: fmt.Sprintf("without %s", st["Sid"])}}
	without := func(list []any, i int) []any { return slices.Delete(slices.Clone(list), i, i+1) }
	for i, action := range weaken.List(st["Action"]) {
		weak := weaken.Clone(st)
		weak["Action"] = without(weaken.List(st["Action"]), i)
		all = append(all, mutant{Name: fmt.Sprintf("%s no longer of %s", st["Sid"], action), Statement: weak})
	}
	for operator, keys := range st["Condition"].(map[string]any) {
		for name, values := range keys.(map[string]any) {
			for i, value := range weaken.List(values) {
				weak := weaken.Clone(st)
				weak["Condition"].(map[string]any)[operator].(map[string]any)[name] = without(weaken.List(values), i)
				all = append(all, mutant{Name: fmt.Sprintf("%s no longer of %s", st["Sid"], value), Statement: weak})
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

// widened returns an ARN in its wider forms. Those of listed parts have no Region and no
// account of their own.
func widened(arn string) map[string]string {
	wide := map[string]string{"everywhere": "*"}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return wide
	}
	if parts[3] != "" && parts[3] != "*" {
		wide["in any Region"] = weaken.InPart(arn, 3, "*")
	}
	if parts[4] != "" && parts[4] != "*" {
		wide["in any account"] = weaken.InPart(arn, 4, "*")
	}
	if kind, _, found := strings.Cut(parts[5], "/"); found {
		wide["of any name"] = weaken.InPart(arn, 5, kind+"/*")
	}
	wide["of any kind"] = weaken.InPart(arn, 5, "*")
	return wide
}
