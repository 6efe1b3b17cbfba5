package launcher

import (
	"fmt"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestDenied proves, in every scene, that each call outside the cluster that somebody with
// the launcher's credentials could try is denied.
func TestDenied(t *testing.T) {
	most := 0
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			p := s.played(t)
			catalogued := p.dangers()
			most = max(most, len(catalogued))
			dangers.Hold(t, catalogued, p.by(p.policies), 300)
		})
	}
	checkout.Report(t, "launcher-denied", fmt.Sprintf("Launcher, denied: %d dangerous calls in %d categories, none gets through, in %d sets of parameters", most, len(categories), len(scenes)))
}

// TestLists proves that a parameter with an empty list does not restrict launches, except
// for images.
func TestLists(t *testing.T) {
	p := scenes[0].played(t)
	head := p.launched()
	for name, tt := range map[string]struct {
		launch call
		want   bool
	}{
		"any type":        {head.Set("InstanceType", "p5.48xlarge"), true},
		"a public image":  {head.Set("ImageId", "ami-0bbbbbbbbbbbbbbbb"), true},
		"a tagged image":  {head.Of(p.belongings.Image, ownHead).OfImage(false), true},
		"any key":         {head.Set("KeyName", "somebody"), true},
		"no key":          {head.Set("KeyName", nil), true},
		"any subnet":      {head.Set("SubnetId", "subnet-0bbbbbbbbbbbbbbbb"), true},
		"any group":       {head.Set("SecurityGroupIds", []any{"sg-0bbbbbbbbbbbbbbbb"}), true},
		"a later Ray":     {head.Retagged(tags{"ray-something-new": "x"}), true},
		"a private image": {head.Set("ImageId", "ami-0bbbbbbbbbbbbbbbb").OfImage(false), false},
		"a Spot request":  {head.Set("InstanceMarketOptions", map[string]any{"MarketType": "spot"}), false},
	} {
		cases, err := p.Authorizations(tt.launch)
		if err != nil {
			t.Fatal(err)
		}
		if got := dangers.Judge(t, []dangers.Danger{{Name: name, Cases: cases}}, p.by(p.policies))[0]; got != tt.want {
			t.Errorf("%s: the decision is %v, want %v", name, got, tt.want)
		}
	}
}
