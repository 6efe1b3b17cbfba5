package leastprivilege

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// defaultPolicies returns the policies of head and workers without LeastPrivilege: the
// managed policies as AWS publishes them, and the head's pass-role policy. They are made in
// another account, and p's account is put in its place.
func defaultPolicies(t *testing.T, p played) map[string]map[string]string {
	t.Helper()
	r := rig.New(t)
	create, _ := r.Stack().Create(exampleProperties(t, p.belongings).With(properties{"LeastPrivilege": nil}))
	r.OK(create)
	policies := map[string]map[string]string{}
	for _, role := range []string{"head", "cpu"} {
		name := "ray-research-" + role
		policies[role] = readInline(t, r.IAM, name)
		attached, err := r.IAM.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		if err != nil {
			t.Fatal(err)
		}
		for _, policy := range attached.AttachedPolicies {
			policies[role][aws.ToString(policy.PolicyName)] = awscall.Readable(r.PolicyDocument(aws.ToString(policy.PolicyArn)))
		}
		for name, document := range policies[role] {
			policies[role][name] = strings.ReplaceAll(document, r.AccountID, p.Account)
		}
	}
	return policies
}

// raysOwn returns the policies of head and workers if the cluster's YAML names no instance
// profile: those of the role that Ray makes for the head. Workers then have none.
func raysOwn(t *testing.T, p played) map[string]map[string]string {
	t.Helper()
	r := rig.New(t)
	var head map[string]string
	stage.Call(t, r.Account, "default_role", r.AccountID, &head)
	return map[string]map[string]string{"head": head, "cpu": {}}
}

// A tally counts calls, and how many of them each choice of policies allows.
type tally struct{ all, least, broad, rays int }

func (c tally) row(what string) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d |\n", what, c.all, c.least, c.broad, c.rays)
}

// TestDefaultPolicies checks the tables in docs/least-privilege.md against the number of
// calls in the catalogue that the default policies, and those of Ray's own role, allow.
// Reference 9.7.
func TestDefaultPolicies(t *testing.T) {
	p := everyOption(t)
	catalogued := p.dangers()
	policies, own := defaultPolicies(t, p), raysOwn(t, p)
	if len(policies["head"]) != 6 || len(policies["cpu"]) != 3 {
		t.Errorf("by default there are %d policies for the head and %d for a worker, want 6 and 3", len(policies["head"]), len(policies["cpu"]))
	}
	if len(own["head"]) != 5 {
		t.Errorf("Ray's own role has %d policies, want 5", len(own["head"]))
	}
	const all, head, worker = "**all**", "by a head", "by a worker"
	counts := map[string]*tally{}
	judge := func(roles map[string]map[string]string) []bool { return dangers.Judge(t, catalogued, p.by(roles)) }
	least, broad, rays := judge(p.policies), judge(policies), judge(own)
	one := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	for i, d := range catalogued {
		party := tags{"head": head, "cpu": worker}[d.Role]
		for _, of := range []string{d.Category, party, all} {
			if counts[of] == nil {
				counts[of] = &tally{}
			}
			c := counts[of]
			c.all++
			c.least += one(least[i])
			c.broad += one(broad[i])
			c.rays += one(rays[i])
		}
	}
	const columns = " | calls | allowed with `LeastPrivilege` | allowed with the default policies | allowed with Ray's own default role |\n|---|---|---|---|---|\n"
	byCategory := "| what" + columns
	byParty := "| who | calls | allowed with the policies made here | allowed with the default policies | allowed with what Ray makes, or people attach |\n|---|---|---|---|---|\n"
	for _, category := range append(slices.Clone(categories), all) {
		byCategory += counts[category].row(category)
	}
	for _, party := range []string{head, worker} {
		byParty += counts[party].row(party)
	}
	tabulated(t, byCategory, byParty)
	c := counts[all]
	checkout.Report(t, "leastprivilege-default-policies", fmt.Sprintf("Ray's roles, compared: of %d dangerous calls, %d by a head and %d by a worker, %d are allowed with LeastPrivilege, %d with the default policies, %d with Ray's own default role",
		c.all, counts[head].all, counts[worker].all, c.least, c.broad, c.rays))
}

// tabulated fails the test unless docs/least-privilege.md has these tables.
func tabulated(t *testing.T, tables ...string) {
	t.Helper()
	document := checkout.Text(t, "docs/least-privilege.md")
	for _, table := range tables {
		if !strings.Contains(document, "\n\n"+table) {
			t.Errorf("docs/least-privilege.md does not have this table:\n%s", table)
		}
	}
}
