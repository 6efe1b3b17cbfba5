package leastprivilege

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// defaultPolicies returns the policies that head and workers have without LeastPrivilege: the
// managed ones as AWS has them, and the head's pass-role policy. They are made in
// another account, and read as p's.
func defaultPolicies(t *testing.T, p played) map[string]map[string]string {
	t.Helper()
	r := rig.New(t)
	create, _ := r.Stack().Create(exampleProperties(t, p.belongings.Subnet).With(properties{"LeastPrivilege": nil}))
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
			head, err := r.IAM.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: policy.PolicyArn})
			if err != nil {
				t.Fatal(err)
			}
			version, err := r.IAM.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: policy.PolicyArn, VersionId: head.Policy.DefaultVersionId})
			if err != nil {
				t.Fatal(err)
			}
			policies[role][aws.ToString(policy.PolicyName)] = decoded(t, version.PolicyVersion.Document)
		}
		for name, document := range policies[role] {
			policies[role][name] = strings.ReplaceAll(document, r.AccountID, p.account)
		}
	}
	return policies
}

// TestDefaultPolicies holds the table in docs/least-privilege.md to what the default policies
// allow of the same catalogue.
// Reference 9.7.
func TestDefaultPolicies(t *testing.T) {
	p := everyOption(t)
	dangers := p.dangers()
	policies := defaultPolicies(t, p)
	if len(policies["head"]) != 6 || len(policies["cpu"]) != 3 {
		t.Errorf("by default there are %d policies for the head and %d for a worker, want 6 and 3", len(policies["head"]), len(policies["cpu"]))
	}
	type count struct{ all, least, broad int }
	counts := map[string]*count{"": {}}
	least, broad := p.judge(t, dangers, p.policies), p.judge(t, dangers, policies)
	for i, d := range dangers {
		if counts[d.category] == nil {
			counts[d.category] = &count{}
		}
		for _, c := range []*count{counts[d.category], counts[""]} {
			c.all++
			if least[i] {
				c.least++
			}
			if broad[i] {
				c.broad++
			}
		}
	}
	table := "| what | calls | allowed with `LeastPrivilege` | allowed with the default policies |\n|---|---|---|---|\n"
	for _, category := range append(categories, "") {
		c := counts[category]
		if category == "" {
			category = "**all**"
		}
		table += fmt.Sprintf("| %s | %d | %d | %d |\n", category, c.all, c.least, c.broad)
	}
	document, err := os.ReadFile(filepath.Join(checkout.Root(), "docs", "least-privilege.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), "\n\n"+table+"\n") {
		t.Errorf("docs/least-privilege.md has not this table:\n%s", table)
	}
	all := counts[""]
	checkout.Report(t, "leastprivilege-default-policies", fmt.Sprintf("Ray's roles, compared: of %d dangerous calls %d are allowed with LeastPrivilege, %d with the default policies", all.all, all.least, all.broad))
}
