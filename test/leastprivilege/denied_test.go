package leastprivilege

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// judge returns which dangerous calls get through: those whose every authorization is
// allowed. policies are those of the roles.
func (p played) judge(t *testing.T, dangers []danger, policies map[string]map[string]string) []bool {
	t.Helper()
	var cases []policysim.Case
	for _, d := range dangers {
		cases = append(cases, p.by(d.role, policies[d.role], d.cases)...)
	}
	decisions := evaluate(t, cases)
	through := make([]bool, len(dangers))
	at := 0
	for i, d := range dangers {
		through[i] = true
		for range d.cases {
			through[i] = through[i] && decisions[at] == policysim.Allowed
			at++
		}
	}
	return through
}

// decided are the decisions of this process, by what was asked: launches that differ in
// one thing have all others in common.
var decided = struct {
	sync.Mutex
	bySubject map[string]policysim.Decision
}{bySubject: map[string]policysim.Decision{}}

// evaluate is policysim's, and asks nothing twice.
func evaluate(t *testing.T, cases []policysim.Case) []policysim.Decision {
	t.Helper()
	decided.Lock()
	defer decided.Unlock()
	subject := func(c policysim.Case) string {
		return fmt.Sprint(c.Principal, c.Action, c.Resource, c.Context, c.Identity)
	}
	var asked []policysim.Case
	pending := map[string]bool{}
	for _, c := range cases {
		if key := subject(c); decided.bySubject[key] == "" && !pending[key] {
			pending[key] = true
			asked = append(asked, c)
		}
	}
	for i, decision := range policysim.Evaluate(t, asked) {
		decided.bySubject[subject(asked[i])] = decision
	}
	all := make([]policysim.Decision, len(cases))
	for i, c := range cases {
		all[i] = decided.bySubject[subject(c)]
	}
	return all
}

// everyOption returns the scene with all of them.
func everyOption(t *testing.T) played { return scenes[len(scenes)-1].played(t) }

// TestDenied holds that whatever a stolen head or worker could try beyond its cluster
// is denied, with every option on.
// Reference 9.7, 9.11.
func TestDenied(t *testing.T) {
	p := everyOption(t)
	dangers := p.dangers()
	seen := map[string]bool{}
	for i, through := range p.judge(t, dangers, p.policies) {
		d := dangers[i]
		if through {
			t.Errorf("allowed: %s, by %s: %s", d.category, d.role, d.name)
		}
		key := fmt.Sprint(d.category, d.role, d.name, d.cases)
		if seen[key] {
			t.Errorf("twice: %s: %s", d.category, d.name)
		}
		seen[key] = true
	}
	if len(dangers) < 100 {
		t.Errorf("%d dangerous calls are few", len(dangers))
	}
	checkout.Report(t, "leastprivilege-denied", fmt.Sprintf("Ray's roles, denied: %d dangerous calls in %d categories, %s", len(dangers), len(categories), "none gets through"))
}

// TestRights holds that agents, tasks and EC2 itself can do what the options are for,
// on the head and on the workers, and that without the options nobody can.
// Reference 9.6, 9.9, 9.11.
func TestRights(t *testing.T) {
	with, without := everyOption(t), scenes[1].played(t)
	var cases []policysim.Case
	var want []bool
	add := func(p played, role, name string, r right, allowed bool) {
		for _, c := range p.by(role, p.policies[role], r.cases) {
			c.Name = fmt.Sprintf("%s, %s, %s %s: %s", role, r.why, name, r.option, c.Name)
			cases, want = append(cases, c), append(want, allowed)
		}
	}
	for _, role := range []string{"head", "cpu", "gpu"} {
		for _, r := range with.rights() {
			add(with, role, "with", r, role == "head" || !r.head)
		}
		for _, r := range without.rights() {
			add(without, role, "without", r, role == "head" && r.option == "")
		}
	}
	for i, got := range evaluate(t, cases) {
		if (got == policysim.Allowed) != want[i] {
			t.Errorf("%s: %s", got, cases[i].Name)
		}
	}
}

// TestWorkers holds that a worker's policies are some of the head's, word for word: what
// is shown of the head's statements is so for a worker's.
// Reference 9.8.
func TestWorkers(t *testing.T) {
	p := everyOption(t)
	for _, role := range []string{"cpu", "gpu"} {
		if len(p.policies[role]) != 2 {
			t.Errorf("%s has %d policies, want data and agent", role, len(p.policies[role]))
		}
		for name, document := range p.policies[role] {
			if document != p.policies["head"][name] {
				t.Errorf("%s: %s is not the head's", role, name)
			}
		}
	}
}

// TestLists holds that a list that is left out leaves it open, and Spot that is left out
// does not. What a list denies is in the catalogue.
// Reference 9.9.
func TestLists(t *testing.T) {
	p := scenes[1].played(t)
	cpu := p.launched("cpu")
	for name, tt := range map[string]struct {
		launch call
		want   bool
	}{
		"any type":                         {set(cpu, "InstanceType", "p5.48xlarge"), true},
		"any public image":                 {public(set(cpu, "ImageId", "ami-0bbbbbbbbbbbbbbbb")), true},
		"a private image":                  {set(cpu, "ImageId", "ami-0bbbbbbbbbbbbbbbb"), false},
		"a private image for the cluster":  {set(cpu, "ImageId", "ami-0bbbbbbbbbbbbbbbb").of("ami-0bbbbbbbbbbbbbbbb", ownHead), true},
		"another cluster's private image":  {set(cpu, "ImageId", "ami-0bbbbbbbbbbbbbbbb").of("ami-0bbbbbbbbbbbbbbbb", neighbour), false},
		"a tag of the owner's":             {retagged(cpu, map[string]string{"Team": "a"}), false},
		"any key":                          {set(cpu, "KeyName", "somebody"), true},
		"no key":                           {set(cpu, "KeyName", nil), true},
		"any subnet":                       {set(cpu, "SubnetId", "subnet-0bbbbbbbbbbbbbbbb"), true},
		"any group":                        {set(cpu, "SecurityGroupIds", []any{"sg-0bbbbbbbbbbbbbbbb"}), true},
		"a Spot request":                   {set(cpu, "InstanceMarketOptions", map[string]any{"MarketType": "spot"}), false},
		"the sign of the CloudWatch agent": {retagged(cpu, map[string]string{"cloudwatch-agent-installed": "True"}), false},
	} {
		cases, err := p.authorizations(tt.launch)
		if err != nil {
			t.Fatal(err)
		}
		through := p.judge(t, []danger{{name: name, role: "head", cases: cases}}, p.policies)
		if through[0] != tt.want {
			t.Errorf("%s: %v, want %v", name, through[0], tt.want)
		}
	}
}

// TestSpot_Mutation holds that the condition on the market is needed without Spot: weakened,
// it lets a launch as a Spot Instance pass, of whose request without tags EC2 asks nothing.
func TestSpot_Mutation(t *testing.T) {
	p := scenes[1].played(t)
	spot, err := p.authorizations(set(p.launched("cpu"), "InstanceMarketOptions", map[string]any{"MarketType": "spot"}))
	if err != nil {
		t.Fatal(err)
	}
	spot = slices.DeleteFunc(spot, func(c policysim.Case) bool {
		return c.Action != "ec2:RunInstances" || !strings.Contains(c.Resource, ":instance/")
	})
	weakened := 0
	for _, st := range p.statements(t, "head") {
		if st["Sid"] != "LaunchWorkers" {
			continue
		}
		for _, m := range weaken.Conditions(st) {
			needed := strings.Contains(m.Name, "ec2:InstanceMarketType")
			if needed {
				weakened++
			}
			for _, got := range evaluate(t, p.against(m, st, spot)) {
				if (got == policysim.Allowed) != needed {
					t.Errorf("%s: a Spot Instance is %s", m.Name, got)
				}
			}
		}
	}
	if weakened != 2 {
		t.Errorf("%d weakened forms of the market, want 2", weakened)
	}
}

// TestLists_Mutation holds that each condition on images which are not listed is needed:
// without it, or with anything in its place, a private image could be launched.
func TestLists_Mutation(t *testing.T) {
	p := scenes[1].played(t)
	private, err := p.authorizations(set(p.launched("cpu"), "ImageId", "ami-0bbbbbbbbbbbbbbbb").of("ami-0bbbbbbbbbbbbbbbb", neighbour))
	if err != nil {
		t.Fatal(err)
	}
	private = slices.DeleteFunc(private, func(c policysim.Case) bool { return !strings.Contains(c.Resource, ":image/") })
	weakened := 0
	for _, st := range p.statements(t, "head") {
		if st["Sid"] != "LaunchPublic" && st["Sid"] != "LaunchWithTagged" {
			continue
		}
		for _, m := range weaken.Conditions(st) {
			weakened++
			for i, got := range evaluate(t, append(p.against(m, st, private), p.against(mutant{Statement: st}, st, private)...)) {
				if want := i == 0; (got == policysim.Allowed) != want {
					t.Errorf("%s: a private image is %s, want allowed: %v", m.Name, got, want)
				}
			}
		}
	}
	if weakened != 3 {
		t.Errorf("%d weakened forms, want 3", weakened)
	}
}

// TestActions holds that the head's policies have no action which nothing needs: each
// is recorded, or one of the rights of others.
func TestActions(t *testing.T) {
	p := everyOption(t)
	needed := map[string]bool{}
	for _, c := range p.recorded(t) {
		needed[c.Action] = true
	}
	for _, r := range p.rights() {
		for _, c := range r.cases {
			needed[c.Action] = true
		}
	}
	for _, st := range p.statements(t, "head") {
		for _, action := range list(st["Action"]) {
			if !needed[action.(string)] {
				t.Errorf("%s allows %s, which nothing needs", st["Sid"], action)
			}
			if strings.Contains(action.(string), "*") {
				t.Errorf("%s allows %s, which is more than one action", st["Sid"], action)
			}
		}
	}
}
