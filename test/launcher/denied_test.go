package launcher

import (
	"fmt"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestDenied holds that whatever somebody with the launcher's credentials could try beyond
// the cluster is denied, in every set of parameters.
func TestDenied(t *testing.T) {
	most := 0
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			p := s.played(t)
			dangers := p.dangers()
			most = max(most, len(dangers))
			seen := map[string]bool{}
			for i, through := range p.judge(t, dangers) {
				d := dangers[i]
				if through {
					t.Errorf("allowed: %s: %s", d.category, d.name)
				}
				if id := fmt.Sprint(d.category, d.name, d.cases); seen[id] {
					t.Errorf("twice: %s: %s", d.category, d.name)
				} else {
					seen[id] = true
				}
			}
			if len(dangers) < 300 {
				t.Errorf("%d dangerous calls are few", len(dangers))
			}
		})
	}
	checkout.Report(t, "launcher-denied", fmt.Sprintf("Launcher, denied: %d dangerous calls in %d categories, none gets through, in %d sets of parameters", most, len(categories), len(scenes)))
}

// judge returns which dangerous calls get through: those whose every authorization is
// allowed.
func (p played) judge(t *testing.T, dangers []danger) []bool {
	t.Helper()
	decided := map[string]policysim.Decision{}
	cases := p.by(p.policies, distinct(dangers))
	for i, decision := range policysim.Evaluate(t, cases) {
		decided[cases[i].Name+fmt.Sprint(cases[i].Context)] = decision
	}
	through := make([]bool, len(dangers))
	for i, d := range dangers {
		through[i] = true
		for _, c := range d.cases {
			through[i] = through[i] && decided[c.Name+fmt.Sprint(c.Context)] == policysim.Allowed
		}
	}
	return through
}

// TestLists holds that a list that is left out leaves it open, but for images.
func TestLists(t *testing.T) {
	p := scenes[0].played(t)
	head := p.launched()
	for name, tt := range map[string]struct {
		launch call
		want   bool
	}{
		"any type":        {head.set("InstanceType", "p5.48xlarge"), true},
		"a public image":  {head.set("ImageId", "ami-0bbbbbbbbbbbbbbbb"), true},
		"a tagged image":  {private(head.of(p.belongings.Image, ownHead)), true},
		"any key":         {head.set("KeyName", "somebody"), true},
		"no key":          {head.set("KeyName", nil), true},
		"any subnet":      {head.set("SubnetId", "subnet-0bbbbbbbbbbbbbbbb"), true},
		"any group":       {head.set("SecurityGroupIds", []any{"sg-0bbbbbbbbbbbbbbbb"}), true},
		"a later Ray":     {head.tagged(tags{"ray-something-new": "x"}), true},
		"a private image": {private(head.set("ImageId", "ami-0bbbbbbbbbbbbbbbb")), false},
		"a Spot request":  {head.set("InstanceMarketOptions", map[string]any{"MarketType": "spot"}), false},
	} {
		cases, err := p.authorizations(tt.launch)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.judge(t, []danger{{name: name, cases: cases}})[0]; got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
