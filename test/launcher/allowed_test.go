package launcher

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// The calls of each command, whatever the parameters, and the calls that some parameters
// add.
var (
	everyCommand = map[string][]string{
		"ray up": {
			"ec2:CreateTags", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
			"ec2:RunInstances", "ec2:StartInstances", "ec2:StopInstances",
		},
		"ray up --no-config-cache":    {"ec2:CreateTags", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"},
		"ray up --restart-only":       {"ec2:CreateTags", "ec2:DescribeInstances"},
		"ray up --no-restart":         {"ec2:CreateTags", "ec2:DescribeInstances"},
		"ray down":                    {"ec2:DescribeInstances", "ec2:StopInstances", "ec2:TerminateInstances"},
		"ray down --workers-only":     {"ec2:DescribeInstances", "ec2:StopInstances", "ec2:TerminateInstances"},
		"ray attach":                  {"ec2:DescribeInstances"},
		"ray attach --node-ip":        {"ec2:DescribeInstances"},
		"ray exec":                    {"ec2:DescribeInstances"},
		"ray monitor":                 {"ec2:DescribeInstances"},
		"ray submit":                  {"ec2:DescribeInstances"},
		"ray submit --start":          {"ec2:CreateTags", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"},
		"ray rsync-up --all-nodes":    {"ec2:DescribeInstances"},
		"ray get-head-ip":             {"ec2:DescribeInstances"},
		"ray get-worker-ips":          {"ec2:DescribeInstances"},
		"ray kill-random-node --hard": {"ec2:DescribeInstances", "ec2:TerminateInstances"},
	}
	ofAgent = []string{"ec2:DescribeInstanceStatus", "ssm:GetParameter", "ssm:ListCommandInvocations", "ssm:SendCommand"}
)

// operations returns the calls of a command in a scene, sorted.
func (s scene) operations(command string) []string {
	all := slices.Clone(everyCommand[command])
	add := func(change string, commands []string, operations ...string) {
		if s.changes[change] == true && slices.Contains(commands, command) {
			all = append(all, operations...)
		}
	}
	add("cloudWatch", []string{"ray up", "ray up --no-config-cache", "ray up --restart-only", "ray up --no-restart", "ray submit --start"}, ofAgent...)
	add("cloudWatch", []string{"ray up"}, "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "ec2:DescribeImages", "ssm:PutParameter")
	add("reserved", []string{"ray up", "ray up --no-config-cache", "ray submit --start"}, "ec2:DescribeLaunchTemplateVersions")
	if !strings.Contains(command, "get-") && !strings.Contains(command, "kill") && command != "ray down --workers-only" {
		add("sessionManager", []string{command}, "ssm:StartSession")
	}
	if s.changes["agentImage"] == true { // a tag says that the agent is installed: nothing waits for the machine to find out
		all = slices.DeleteFunc(all, func(o string) bool {
			return o == "ec2:DescribeInstanceStatus" || command != "ray up" && (o == "ssm:ListCommandInvocations" || o == "ssm:SendCommand")
		})
	}
	if s.changes["spot"] == true && command == "ray up" { // Spot Instances are terminated, so they are never started again
		all = append(slices.DeleteFunc(all, func(o string) bool { return o == "ec2:StartInstances" || o == "ec2:StopInstances" }), "ec2:TerminateInstances")
	}
	slices.Sort(all)
	return all
}

// owned returns the call with facts that moto does not have: the owner has tagged the
// cluster's own resources, and an image that is neither listed nor tagged is public.
func (p played) owned(c call) call {
	return c.Changed(func(c *call) {
		if c.Public = p.changes["reserved"] != true; c.Public {
			return
		}
		for _, id := range []string{"ray", "cr-0123456789abcdef0", p.belongings.Image} {
			c.Tags[id] = tags{"ray-cluster-name": cluster}
		}
	})
}

// ofLauncher returns the calls of Ray's commands, without those of the head.
func (p played) ofLauncher() []call {
	var all []call
	for _, c := range p.calls {
		if c.Who != "head" {
			all = append(all, p.owned(c))
		}
	}
	return all
}

// TestAllowed proves that Ray's commands work: the launcher's policies allow each
// authorization of each call.
func TestAllowed(t *testing.T) {
	calls, asked := 0, 0
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			p := s.played(t)
			cases := p.recorded(t)
			for i, got := range policysim.EvaluateOnce(t, p.by(p.policies)("", cases)) {
				if got != policysim.Allowed {
					t.Errorf("%s, want Allowed: %s", got, cases[i].Name)
				}
			}
			calls += len(p.ofLauncher())
			asked += len(cases)
		})
	}
	checkout.Report(t, "launcher-allowed", fmt.Sprintf("Launcher, allowed: %d recorded calls of %d commands of Ray's, %d distinct authorizations, in %d sets of parameters", calls, len(everyCommand), asked, len(scenes)))
}

// recorded returns the authorizations of the commands' calls, each once. It proves that
// each command makes exactly the listed calls, so that a change of Ray's, or of the
// recording, is noticed.
func (p played) recorded(t *testing.T) []policysim.Case {
	t.Helper()
	operations := map[string]map[string]bool{}
	distinct := map[string]policysim.Case{}
	for _, c := range p.ofLauncher() {
		command := strings.ReplaceAll(c.Who, " --yes", "")
		if operations[command] == nil {
			operations[command] = map[string]bool{}
		}
		operations[command][c.Action()] = true
		all, err := p.Authorizations(c)
		if err != nil {
			t.Error(err)
		}
		for _, a := range all {
			distinct[a.Name] = a
		}
	}
	for command := range everyCommand {
		if got, want := slices.Sorted(maps.Keys(operations[command])), p.operations(command); !slices.Equal(got, want) {
			t.Errorf("%s called %v, want %v", command, got, want)
		}
		delete(operations, command)
	}
	for command := range operations {
		t.Errorf("%s was not recorded", command)
	}
	var cases []policysim.Case
	for _, name := range slices.Sorted(maps.Keys(distinct)) {
		cases = append(cases, distinct[name])
	}
	return cases
}

// rights are calls that the policies allow and that Ray itself does not make: those for a
// shell.
func rights(p place) []policysim.Case {
	return []policysim.Case{
		p.Authorization("ssm:StartSession", p.ARN("ec2", "instance/i-0aaaaaaaaaaaaaaaa"), awscall.ManagedTags(ownHead)),
		p.Authorization("ssm:StartSession", p.ARN("ssm", "document/SSM-SessionManagerRunShell"), nil),
	}
}

// channel is the call that the Session Manager plugin makes with the token of a
// StartSession. It has no Region and no account.
func channel(p place) policysim.Case {
	return p.Authorization("ssmmessages:OpenDataChannel", "*", nil)
}

// TestRights proves that people can log in to machines with Session Manager if the
// parameter allows it, and that nobody can otherwise.
func TestRights(t *testing.T) {
	for _, s := range scenes {
		p := s.played(t)
		rights := append(rights(p.place), channel(p.place))
		for i, got := range policysim.EvaluateOnce(t, p.by(p.policies)("", rights)) {
			if (got == policysim.Allowed) != p.launcher.SessionManager {
				t.Errorf("%s: the decision is %s: %s", s.name, got, rights[i].Name)
			}
		}
	}
}

// TestWithoutProfile proves that a machine without an instance profile is recognized by its
// tags: a cluster may still have some from before its profiles.
func TestWithoutProfile(t *testing.T) {
	p := scenes[0].played(t)
	machine := p.EC2("instance", "i-0aaaaaaaaaaaaaaaa")
	asked := func(action string, kind tags, set tags) policysim.Case {
		return p.Authorization(action, machine, awscall.Merge(awscall.ResourceTags(kind), awscall.RequestTags(set)))
	}
	allowed := []policysim.Case{
		asked("ec2:StartInstances", ownHead, nil), asked("ec2:StopInstances", ownHead, nil), asked("ec2:TerminateInstances", ownHead, nil),
		asked("ec2:CreateTags", ownHead, tags{"ray-node-status": "x"}), asked("ec2:StopInstances", ownWorker, nil), asked("ec2:TerminateInstances", ownWorker, nil),
	}
	denied := []policysim.Case{
		asked("ec2:StopInstances", neighbour, nil), asked("ec2:TerminateInstances", untagged, nil),
		asked("ec2:CreateTags", untagged, tags{"ray-node-status": "x"}), asked("ec2:CreateTags", ownHead, tags{"ray-cluster-name": cluster}),
	}
	for i, got := range policysim.EvaluateOnce(t, p.by(p.policies)("", append(allowed, denied...))) {
		if want := i < len(allowed); (got == policysim.Allowed) != want {
			t.Errorf("case %d: the decision is %s, want allowed: %v", i, got, want)
		}
	}
}

// TestActions proves that the policies have no action that no call needs, and that each
// action is spelt out.
func TestActions(t *testing.T) {
	needed := map[string]bool{"ssmmessages:OpenDataChannel": true} // called by the Session Manager plugin with the token of a StartSession
	allowed := map[string]bool{}
	for _, s := range scenes {
		p := s.played(t)
		for _, c := range p.recorded(t) {
			needed[c.Action] = true
		}
		for _, st := range weaken.Statements(t, p.policies...) {
			for _, action := range weaken.List(st["Action"]) {
				allowed[action.(string)] = true
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(allowed)), slices.Sorted(maps.Keys(needed)); !slices.Equal(got, want) {
		t.Errorf("the policies allow %v\nneeded are %v", got, want)
	}
}
