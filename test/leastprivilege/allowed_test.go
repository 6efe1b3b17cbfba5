package leastprivilege

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// The calls that every head makes, and the calls that only some options lead to.
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

// owned returns the call with tags that moto does not have: the owner has tagged the
// placement group and the capacity reservation of the changed example.
func (p played) owned(c call) call {
	if p.changes["reserved"] == true {
		for _, id := range []string{"ray", "cr-0123456789abcdef0"} {
			c = c.Of(id, tags{"ray-cluster-name": cluster})
		}
	}
	return c
}

// TestAllowed proves that Ray works: the head's policies allow each authorization of each
// call that the head makes by Ray's own code. The calls that `ray up` makes with its user's
// credentials are told apart: the head need not be allowed them.
// Reference 9.6.
func TestAllowed(t *testing.T) {
	calls, asked := 0, 0
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			p := s.played(t)
			cases := p.recorded(t)
			for i, got := range policysim.EvaluateOnce(t, p.by(p.policies)("head", cases)) {
				if got != policysim.Allowed {
					t.Errorf("%s, want Allowed: %s", got, cases[i].Name)
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
			t.Logf("%d calls of the head, in %d distinct authorizations, all must be allowed; %d calls of ray up's user", len(p.calls)-byUser, len(cases), byUser)
		})
	}
	checkout.Report(t, "leastprivilege-allowed", fmt.Sprintf("Ray's head, allowed: %d recorded calls, %d distinct authorizations, in %d sets of options", calls, asked, len(scenes)))
}

// recorded returns the authorizations of the head's calls, each once. It proves that the
// head makes exactly the listed operations, so that a change of Ray's, or of the recording,
// is noticed.
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
