package leastprivilege

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// everyOption returns the scene with every option.
func everyOption(t *testing.T) played { return scenes[len(scenes)-1].played(t) }

// TestDenied proves, with every option on, that each call outside the cluster that a stolen
// head or worker could try is denied.
// Reference 9.7, 9.11.
func TestDenied(t *testing.T) {
	p := everyOption(t)
	catalogued := p.dangers()
	dangers.Hold(t, catalogued, p.by(p.policies), 100)
	checkout.Report(t, "leastprivilege-denied", fmt.Sprintf("Ray's roles, denied: %d dangerous calls in %d categories, %s", len(catalogued), len(categories), "none gets through"))
}

// TestRights proves that agents, tasks and EC2 itself can make the calls that the options
// are for, on the head and on the workers, and that nobody can without the options.
// Reference 9.6, 9.9, 9.11.
func TestRights(t *testing.T) {
	with, without := everyOption(t), scenes[1].played(t)
	var cases []policysim.Case
	var want []bool
	add := func(p played, role, name string, r right, allowed bool) {
		for _, c := range p.by(p.policies)(role, r.cases) {
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
	for i, got := range policysim.EvaluateOnce(t, cases) {
		if (got == policysim.Allowed) != want[i] {
			t.Errorf("the decision is %s: %s", got, cases[i].Name)
		}
	}
}

// TestWorkers proves that a worker's policies are also the head's, word for word. So the
// proofs about the head's statements are valid for a worker's.
// Reference 9.8.
func TestWorkers(t *testing.T) {
	p := everyOption(t)
	for _, role := range []string{"cpu", "gpu"} {
		if len(p.policies[role]) != 2 {
			t.Errorf("%s has %d policies, want data and agent", role, len(p.policies[role]))
		}
		for name, document := range p.policies[role] {
			if document != p.policies["head"][name] {
				t.Errorf("%s: the policy %s is not also the head's", role, name)
			}
		}
	}
}

// TestLists proves that an option with an empty list does not restrict launches, and that
// without the option Spot there are no Spot Instances. The catalogue has the calls that a
// list denies.
// Reference 9.9.
func TestLists(t *testing.T) {
	p := scenes[1].played(t)
	cpu := p.launched("cpu")
	for name, tt := range map[string]struct {
		launch call
		want   bool
	}{
		"any type":                         {cpu.Set("InstanceType", "p5.48xlarge"), true},
		"any public image":                 {cpu.Set("ImageId", "ami-0bbbbbbbbbbbbbbbb").OfImage(true), true},
		"a private image":                  {cpu.Set("ImageId", "ami-0bbbbbbbbbbbbbbbb"), false},
		"a private image for the cluster":  {cpu.Set("ImageId", "ami-0bbbbbbbbbbbbbbbb").Of("ami-0bbbbbbbbbbbbbbbb", ownHead), true},
		"another cluster's private image":  {cpu.Set("ImageId", "ami-0bbbbbbbbbbbbbbbb").Of("ami-0bbbbbbbbbbbbbbbb", neighbour), false},
		"a tag of the owner's":             {cpu.Retagged(tags{"Team": "a"}), false},
		"any key":                          {cpu.Set("KeyName", "somebody"), true},
		"no key":                           {cpu.Set("KeyName", nil), true},
		"any subnet":                       {cpu.Set("SubnetId", "subnet-0bbbbbbbbbbbbbbbb"), true},
		"any group":                        {cpu.Set("SecurityGroupIds", []any{"sg-0bbbbbbbbbbbbbbbb"}), true},
		"a Spot request":                   {cpu.Set("InstanceMarketOptions", map[string]any{"MarketType": "spot"}), false},
		"the sign of the CloudWatch agent": {cpu.Retagged(tags{"cloudwatch-agent-installed": "True"}), false},
	} {
		cases, err := p.Authorizations(tt.launch)
		if err != nil {
			t.Fatal(err)
		}
		through := dangers.Judge(t, []dangers.Danger{{Name: name, Role: "head", Cases: cases}}, p.by(p.policies))
		if through[0] != tt.want {
			t.Errorf("%s: allowed is %v, want %v", name, through[0], tt.want)
		}
	}
}

// TestSpot_Mutation proves that, without the option Spot, the condition on the market is
// needed: if it is weakened, a launch of a Spot Instance without tags on its request is
// allowed. EC2 has no authorization on such a request.
func TestSpot_Mutation(t *testing.T) {
	p := scenes[1].played(t)
	spot, err := p.Authorizations(p.launched("cpu").Set("InstanceMarketOptions", map[string]any{"MarketType": "spot"}))
	if err != nil {
		t.Fatal(err)
	}
	spot = slices.DeleteFunc(spot, func(c policysim.Case) bool {
		return c.Action != "ec2:RunInstances" || !strings.Contains(c.Resource, ":instance/")
	})
	denied := weaken.Denied{Implicitly: p.by(p.policies)("head", spot)}
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
			for _, got := range policysim.EvaluateOnce(t, m.Against([]weaken.Statement{st}, 0, denied)) {
				if (got == policysim.Allowed) != needed {
					t.Errorf("%s: the launch of a Spot Instance is %s, want Allowed", m.Name, got)
				}
			}
		}
	}
	if weakened != 2 {
		t.Errorf("the condition on the market has %d weakened forms, want 2", weakened)
	}
}

// TestLists_Mutation proves that each condition on unlisted images is needed: without it,
// or with any value in its place, a private image can be launched.
func TestLists_Mutation(t *testing.T) {
	p := scenes[1].played(t)
	private, err := p.Authorizations(p.launched("cpu").Set("ImageId", "ami-0bbbbbbbbbbbbbbbb").Of("ami-0bbbbbbbbbbbbbbbb", neighbour))
	if err != nil {
		t.Fatal(err)
	}
	private = slices.DeleteFunc(private, func(c policysim.Case) bool { return !strings.Contains(c.Resource, ":image/") })
	denied := weaken.Denied{Implicitly: p.by(p.policies)("head", private)}
	weakened := 0
	for _, st := range p.statements(t, "head") {
		if st["Sid"] != "LaunchPublic" && st["Sid"] != "LaunchWithTagged" {
			continue
		}
		alone := []weaken.Statement{st}
		for _, m := range weaken.Conditions(st) {
			weakened++
			for i, got := range policysim.EvaluateOnce(t, append(m.Against(alone, 0, denied), weaken.Mutant{Statement: st}.Against(alone, 0, denied)...)) {
				if want := i == 0; (got == policysim.Allowed) != want {
					t.Errorf("%s: the launch of a private image is %s, want allowed: %v", m.Name, got, want)
				}
			}
		}
	}
	if weakened != 3 {
		t.Errorf("the conditions on images have %d weakened forms, want 3", weakened)
	}
}

// TestActions proves that the head's policies have no action that no call needs: each is
// recorded, or is one of the rights of agents, tasks and EC2.
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
		for _, action := range weaken.List(st["Action"]) {
			if !needed[action.(string)] {
				t.Errorf("%s allows %s, which nothing needs", st["Sid"], action)
			}
			if strings.Contains(action.(string), "*") {
				t.Errorf("%s allows %s, want each action spelt out", st["Sid"], action)
			}
		}
	}
}
