package servicecatalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestAllowed proves that the launch role may make every call of a launch, of an update
// with and without a preview, and of a termination.
func TestAllowed(t *testing.T) {
	var cases []policysim.Case
	for _, s := range states {
		policy, principal := document(s.statements(t)), s.principal(t)
		for _, o := range operations {
			for _, c := range o.rightful(t, s) {
				c.Name, c.Principal, c.Identity = s.name+": "+c.Name, principal, []string{policy}
				cases = append(cases, c)
			}
		}
	}
	for i, got := range policysim.Evaluate(t, cases) {
		if got != policysim.Allowed {
			t.Errorf("the decision is %s, want Allowed: %s", got, cases[i].Name)
		}
	}
	checkout.Report(t, "servicecatalog-allowed", fmt.Sprintf("Launch role, allowed: %d authorizations of %d operations in %d states", len(cases), len(operations), len(states)))
}

// actions returns the actions of all statements, sorted.
func actions(statements []weaken.Statement) []string {
	all := map[string]bool{}
	for _, st := range statements {
		for _, action := range weaken.List(st["Action"]) {
			all[action.(string)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// TestActions proves that the actions of the launch role's policy are exactly these calls,
// each spelt out.
func TestActions(t *testing.T) {
	for _, s := range states {
		called := map[string]bool{}
		for _, o := range operations {
			for _, c := range o.rightful(t, s) {
				called[c.Action] = true
			}
		}
		got, want := actions(s.statements(t)), slices.Sorted(maps.Keys(called))
		if !slices.Equal(got, want) {
			t.Errorf("%s: the policy allows %s\nthe operations make the calls %s", s.name, got, want)
		}
	}
}

// TestActions_WithoutResource proves that calls that name no resource are allowed on "*".
// The simulator would also accept another resource that matches.
func TestActions_WithoutResource(t *testing.T) {
	for _, s := range states {
		for _, st := range s.statements(t) {
			if slices.Contains(weaken.List(st["Action"]), any("cloudformation:GetTemplateSummary")) && st["Resource"] != "*" {
				t.Errorf("%s: GetTemplateSummary is allowed on %v, want *", s.name, st["Resource"])
			}
		}
	}
}

// endUser is AWS's own policy for end users. Without a launch constraint, Service Catalog
// calls CloudFormation with the end user's rights, so the policy has all of these calls.
const endUser = `import json, sys
from moto.iam.aws_managed_policies import aws_managed_policies_data
policies = json.loads(aws_managed_policies_data)
json.dump(policies['AWSServiceCatalogEndUserFullAccess']['Document']['Statement'], sys.stdout)`

// TestActions_AsAWS proves that the launch role has all rights to CloudFormation that AWS's
// policy gives to end users, except for stack sets, which need a constraint of their own.
func TestActions_AsAWS(t *testing.T) {
	var statements []weaken.Statement
	python(t, &statements, endUser)
	has, compared := actions(states[0].statements(t)), 0
	for _, action := range actions(statements) {
		if !strings.HasPrefix(action, "cloudformation:") || strings.Contains(action, "StackSet") || strings.Contains(action, "StackInstance") {
			continue
		}
		compared++
		if !slices.Contains(has, action) {
			t.Errorf("the launch role does not have %s, which AWS's policy gives to end users", action)
		}
	}
	if compared < 15 {
		t.Errorf("found %d actions of CloudFormation in AWSServiceCatalogEndUserFullAccess, want more", compared)
	}
}

// TestTrust proves that Service Catalog, and nobody else, may assume the role.
func TestTrust(t *testing.T) {
	for _, s := range states {
		role, _ := s.resource(t, "LaunchRole")
		got := fmt.Sprint(role["AssumeRolePolicyDocument"])
		want := "map[Statement:[map[Action:sts:AssumeRole Effect:Allow Principal:map[Service:servicecatalog.amazonaws.com]]] Version:2012-10-17]"
		if got != want {
			t.Errorf("%s: the launch role trusts %s, want %s", s.name, got, want)
		}
	}
}
