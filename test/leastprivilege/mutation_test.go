package leastprivilege

import (
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// equivalent are the weakened forms that allow nothing more than the statement, with the
// reason.
var equivalent = tags{
	"Agents with ssmmessages:*":                                           "the four actions are all that there are",
	"Agents with ec2messages:*":                                           "the six actions are all that there are",
	"CommandWorkers with resource instance/* of any kind":                 "of EC2, commands go to instances alone",
	"LaunchWorkers with resource instance/* of any kind":                  "nothing else has an instance profile",
	"Metrics with cloudwatch:*":                                           "no other action has a namespace",
	"SpotRole with iam:*":                                                 "no other action has the name of a service",
	"TagPartsAtLaunch with ec2:*":                                         "no other action is part of an action",
	"TagPartsAtLaunch with resource network-interface/* of any kind":      "a launch makes nothing else but the instance, which TagAtLaunch allows",
	"TagPartsAtLaunch with resource spot-instances-request/* of any kind": "a launch makes nothing else but the instance, which TagAtLaunch allows",
	"TagPartsAtLaunch with resource volume/* of any kind":                 "a launch makes nothing else but the instance, which TagAtLaunch allows",
	"TagAtLaunch with ec2:*":                                              "no other action is part of an action",
	"pass-role-policy with iam:*":                                         "no other action passes to a service",
}

// statements returns the statements of a role's policies, with their Sids. The pass-role
// policy's statement gets the policy's name as its Sid.
func (p played) statements(t *testing.T, role string) []weaken.Statement {
	t.Helper()
	var all []weaken.Statement
	for name, document := range p.policies[role] {
		for _, st := range weaken.Statements(t, document) {
			if st["Sid"] == nil {
				st["Sid"] = strings.TrimPrefix(name, "ray-research-")
			}
			all = append(all, st)
		}
	}
	slices.SortFunc(all, func(a, b weaken.Statement) int { return strings.Compare(a["Sid"].(string), b["Sid"].(string)) })
	return all
}

// TestMutation proves that every part of the generated policies is needed: with any
// statement weakened, an authorization that is now denied would be allowed.
// Reference 9.7.
func TestMutation(t *testing.T) {
	p := everyOption(t)
	var trial weaken.Trial
	trial.Run(t, []weaken.Policy{{Statements: p.statements(t, "head"), Denied: p.denied(t)}})
	trial.Hold(t, equivalent)
	checkout.Report(t, "leastprivilege-weakened", "Ray's roles, weakened: "+trial.String())
}

// denied returns the denied authorizations of the head's dangerous calls, including those
// in another account.
func (p played) denied(t *testing.T) weaken.Denied {
	t.Helper()
	ofHead := slices.DeleteFunc(append(p.dangers(), p.elsewhere()...), func(d dangers.Danger) bool { return d.Role != "head" })
	return weaken.ReadDenied(t, dangers.Cases(ofHead, p.by(p.policies)))
}

// elsewhere are the head's calls, made in another account. They are not in the catalogue,
// because the other account would have to allow them, too.
func (p played) elsewhere() []dangers.Danger {
	c := p.newCatalogue()
	there := p.InAccount(otherAccount)
	for _, recorded := range p.perAction() {
		if !recorded.NamesNothing() {
			c.CallAt(there, "", "elsewhere", recorded)
		}
	}
	for _, r := range p.rights() {
		for _, right := range r.cases {
			if moved := strings.Replace(right.Resource, ":"+p.Account+":", ":"+otherAccount+":", 1); moved != right.Resource {
				c.One("", "elsewhere", right.Action, moved, withoutRegion(right.Context))
			}
		}
	}
	for _, kind := range []string{"cpu", "gpu"} {
		c.One("", "elsewhere", "iam:PassRole", there.Role(kind), awscall.PassedTo("ec2"))
	}
	return c.Dangers
}
