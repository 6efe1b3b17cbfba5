package launcher

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// equivalent are the weakened forms that allow nothing more than the statement, with the
// reason.
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

// TestMutation proves that every part of the policies is needed: with any statement
// weakened, an authorization of a dangerous call that is now denied would be allowed in at
// least one scene.
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

// denied returns the denied authorizations of dangerous calls, including those in another
// account.
func (p played) denied(t *testing.T) weaken.Denied {
	t.Helper()
	return weaken.ReadDenied(t, dangers.Cases(append(p.dangers(), p.elsewhere()...), p.by(p.policies)))
}

// elsewhere are the launcher's calls, made in another account. They are not in the
// catalogue, because the other account would have to allow them, too.
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
