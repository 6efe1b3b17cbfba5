package launcher

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

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

// TestMutation proves that every part of the policy is needed: with any statement weakened, an
// authorization of a dangerous call that is denied today would be allowed, in at least one
// set of parameters.
func TestMutation(t *testing.T) {
	var policies []weaken.Policy
	for _, s := range scenes {
		p := s.played(t)
		policies = append(policies, weaken.Policy{Statements: weaken.Statements(t, p.policies...), Denied: p.denied(t)})
	}
	var trial weaken.Trial
	trial.Run(t, policies)
	trial.Hold(t, equivalent)
	checkout.Report(t, "launcher-weakened", "Launcher, weakened: "+trial.String())
}

// denied returns the authorizations of the dangerous calls that are denied, those in
// another account included.
func (p played) denied(t *testing.T) weaken.Denied {
	t.Helper()
	return weaken.ReadDenied(t, dangers.Cases(append(p.dangers(), p.elsewhere()...), p.by(p.policies)))
}

// elsewhere is what the launcher may do, in another account. It is not in the catalogue:
// the other account would have to allow it as well.
func (p played) elsewhere() []dangers.Danger {
	c := p.newCatalogue()
	there := p.InAccount(otherAccount)
	for _, recorded := range p.perAction() {
		if !recorded.NamesNothing() {
			c.CallAt(there, "", "elsewhere", recorded)
		}
	}
	c.addRights("", "elsewhere", there)
	return c.Dangers
}
