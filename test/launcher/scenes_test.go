package launcher

import (
	"maps"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/ray"
)

const (
	region  = ray.Region
	cluster = ray.Cluster
)

type (
	call          = awscall.Call
	place         = awscall.Place
	tags          = awscall.Tags
	conditionKeys = awscall.Keys
	belongings    = ray.Belongings
)

// A scene is a choice of the launcher's parameters, with the changes to the cluster that
// Ray runs.
type scene struct {
	name    string
	choose  func(*leastprivilege.Launcher, belongings)
	changes map[string]any // to the example's cluster; see driver.py
}

// scenes use each parameter in one scene and not in another.
var scenes = []scene{
	{"a cluster's name, role and profiles", func(*leastprivilege.Launcher, belongings) {}, nil},
	{"CloudWatch, Session Manager and every list", everything, map[string]any{"cloudWatch": true, "agentImage": true, "sessionManager": true}},
	{"CloudWatch, and resources tagged for the cluster", func(l *leastprivilege.Launcher, _ belongings) { l.CloudWatch = true }, map[string]any{"cloudWatch": true, "reserved": true}},
	{"a company's rules, and Spot", company, map[string]any{"company": true, "spot": true}},
}

func everything(l *leastprivilege.Launcher, b belongings) {
	l.CloudWatch, l.SessionManager, l.Spot = true, true, true
	l.SubnetIDs, l.SecurityGroupIDs, l.ImageIDs = []string{b.Subnet}, []string{b.Group}, []string{b.Image, b.AgentImage}
	l.KeyNames, l.InstanceTypes = []string{b.Key}, []string{"m6i.xlarge"}
}

func company(l *leastprivilege.Launcher, b belongings) {
	l.Spot, l.WorkerProfileARNs = true, nil
	l.SubnetIDs, l.SecurityGroupIDs, l.KeyNames = []string{b.Subnet}, []string{b.Group}, []string{b.Key}
	l.InstanceTagKeys, l.KMSKeyARNs = []string{"CostCenter"}, []string{key(place{Account: strings.Split(l.HeadRoleARN, ":")[4], Region: l.Region})}
}

// key returns the ARN of the KMS key of the cluster's volumes.
func key(p place) string { return p.ARN("kms", "key/11111111-2222-4333-8444-555555555555") }

// by returns a function that makes the launcher, with these policies, the caller of
// authorizations.
func (p played) by(policies []string) dangers.By {
	return func(_ string, cases []policysim.Case) []policysim.Case {
		return p.By("AWSReservedSSO_ray-launcher_0123456789abcdef/somebody", policies, cases)
	}
}

// A played scene has the launcher's policies and the calls that Ray made.
type played struct {
	scene
	place
	belongings belongings
	launcher   leastprivilege.Launcher
	policies   []string
	calls      []call
}

// stage runs Ray's commands, and plays keeps the results of scenes.
var (
	stage = ray.Stage{Driver: "test/launcher/driver.py"}
	plays ray.Plays[played]
)

// played returns the result of the scene, which it runs once.
func (s scene) played(t *testing.T) played {
	t.Helper()
	return plays.Of(s.name, func() played { return s.play(t) })
}

// play runs Ray's commands in an account of its own.
func (s scene) play(t *testing.T) played {
	t.Helper()
	a := rig.NewAccount(t)
	p := played{scene: s, place: place{Account: a.AccountID, Region: ray.Region, Kind: "head"}, belongings: stage.Belong(t, a)}
	p.launcher = launches(p.place)
	s.choose(&p.launcher, p.belongings)
	p.policies = documents(t, p.launcher)
	changes := maps.Clone(s.changes)
	if changes["company"] == true {
		changes["key"] = key(p.place)
	}
	p.calls = stage.Play(t, a, p.belongings, changes)
	return p
}

// launches returns the launcher of the example's cluster.
func launches(p place) leastprivilege.Launcher {
	return leastprivilege.Launcher{
		ClusterName: cluster, Region: p.Region, HeadRoleARN: p.Role("head"), HeadProfileARN: p.Profile("head"),
		WorkerProfileARNs: []string{p.Profile("cpu"), p.Profile("gpu")},
	}
}

// documents returns the launcher's policies, one or two.
func documents(t *testing.T, l leastprivilege.Launcher) []string {
	t.Helper()
	policy, err := l.Policy()
	if err != nil {
		t.Fatal(err)
	}
	company, err := l.CompanyPolicy()
	if err != nil {
		t.Fatal(err)
	}
	if company == "" {
		return []string{policy}
	}
	return []string{policy, company}
}
