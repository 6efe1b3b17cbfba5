package leastprivilege

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// Calls that every head makes, and those that only some options lead to.
var (
	everyHeads = []string{
		"ec2:CreateTags", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:RunInstances",
		"ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances",
	}
	someHeads = map[string][]string{
		"reserved":   {"ec2:DescribeLaunchTemplateVersions"},
		"cloudWatch": {"cloudwatch:PutMetricAlarm", "ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ssm:GetParameter", "ssm:ListCommandInvocations", "ssm:SendCommand"},
	}
)

// What moto does not have, and a cluster's owner would have tagged: the placement
// group and the capacity reservation that the changed example names.
func (p played) owned(c call) call {
	if p.changes["reserved"] == true {
		for _, id := range []string{"ray", "cr-0123456789abcdef0"} {
			c = c.Of(id, tags{"ray-cluster-name": cluster})
		}
	}
	return c
}

// TestAllowed proves that Ray works: whatever its head calls, by its own code, the head's
// policies allow, with each of the authorizations that AWS asks for. What `ray up`
// calls with its user's credentials is told apart, and is not the head's to do.
// Reference 9.6.
func TestAllowed(t *testing.T) {
	calls, asked := 0, 0
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			p := s.played(t)
			cases := p.recorded(t)
			for i, got := range policysim.EvaluateOnce(t, p.by(p.policies)("head", cases)) {
				if got != policysim.Allowed {
					t.Errorf("%s: %s", got, cases[i].Name)
				}
			}
			byUser := 0
			for _, c := range p.calls {
				if c.Who == "ray up" {
					byUser++
				}
			}
			calls += len(p.calls) - byUser
			asked += len(cases)
			t.Logf("%d calls of the head, in %d distinct authorizations, all to be allowed; %d calls of ray up's user", len(p.calls)-byUser, len(cases), byUser)
		})
	}
	checkout.Report(t, "leastprivilege-allowed", fmt.Sprintf("Ray's head, allowed: %d recorded calls, %d distinct authorizations, in %d sets of options", calls, asked, len(scenes)))
}

// recorded returns the authorizations of the head's calls, each once, and proves that
// the operations are the ones that are listed: a recording cannot become smaller, or
// larger, unseen.
func (p played) recorded(t *testing.T) []policysim.Case {
	t.Helper()
	operations := map[string]bool{}
	distinct := map[string]policysim.Case{}
	for _, c := range p.calls {
		if c.Who != "head" {
			continue
		}
		operations[c.Action()] = true
		all, err := p.Authorizations(p.owned(c))
		if err != nil {
			t.Error(err)
		}
		for _, a := range all {
			distinct[a.Name] = a
		}
	}
	want := slices.Clone(everyHeads)
	for change, more := range someHeads {
		if p.changes[change] == true {
			want = append(want, more...)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(operations)); !slices.Equal(got, want) {
		t.Errorf("the head called %v, want %v", got, want)
	}
	var cases []policysim.Case
	for _, name := range slices.Sorted(maps.Keys(distinct)) {
		cases = append(cases, distinct[name])
	}
	return cases
}
