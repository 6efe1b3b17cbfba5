package servicecatalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// nearMisses returns the rightful calls of all operations, each with one fault.
func (s state) nearMisses(t *testing.T) []policysim.Case {
	var all []policysim.Case
	for _, good := range s.rightful(t) {
		for why, resource := range s.foreign(good) {
			all = append(all, call(why, good.Action, resource, good.Context))
		}
		if good.Action == "s3:GetObject" {
			all = append(all,
				call("not marked as a template", good.Action, good.Resource, nil),
				call("marked as none", good.Action, good.Resource, provisioning("false")),
				call("marked as something else", good.Action, good.Resource, conditionKeys{"s3:ExistingObjectTag/team": {"true"}}))
		}
	}
	return all
}

// rightful returns the calls of all operations, each once.
func (s state) rightful(t *testing.T) []policysim.Case {
	var all []policysim.Case
	seen := map[string]bool{}
	for _, o := range operations {
		for _, c := range o.rightful(t, s) {
			if key := c.Action + c.Resource; !seen[key] {
				seen[key] = true
				all = append(all, c)
			}
		}
	}
	return all
}

// foreign returns the resources on which a call must be denied although everything else is
// right.
func (s state) foreign(good policysim.Case) map[string]string {
	replaced := func(old, by string) string { return strings.Replace(good.Resource, old, by, 1) }
	foreign := map[string]string{"another partition": replaced("arn:"+s.part()+":", "arn:aws-us-gov:")}
	switch {
	case slices.Contains([]string{"s3:GetObject", "cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate"}, good.Action):
		return nil // a template may be in any bucket; a condition on its tag marks it as a template
	case good.Resource == s.bucket():
		foreign["another account's launch"] = replaced(account, otherAccount)
		foreign["somebody's bucket"] = s.arn("s3", "", "", "payroll")
		foreign["somebody's bucket that begins alike"] = s.arn("s3", "", "", "sc-data")
		foreign["a bucket of the account, named alike"] = s.arn("s3", "", "", "sc-"+account+"-logs")
		return foreign
	case good.Resource == s.function():
		foreign["another function"] = replaced("ray-iam-RayIAMFunction", "payroll-Function")
		foreign["another function of the provider's stack"] = replaced("RayIAMFunction-1", "Other-1")
	default:
		foreign["another stack"] = replaced("/SC-", "/prod-")
		foreign["the provider's stack"] = s.arn("cloudformation", s.place(), account, "stack/ray-iam/1")
		foreign["the portfolio's stack"] = s.arn("cloudformation", s.place(), account, "stack/"+s.stack()+"/1")
		foreign["a stack with the name inside"] = replaced("/SC-", "/my-SC-")
		if strings.HasSuffix(good.Action, "tagResource") || good.Resource == s.changeSet() {
			foreign["another change set"] = s.arn("cloudformation", s.place(), account, "changeSet/prod/1")
		}
	}
	foreign["another account"] = replaced(":"+account+":", ":"+otherAccount+":")
	foreign["another Region"] = replaced(":"+s.place()+":", ":eu-west-1:")
	return foreign
}

// beyond returns calls that the launch role never needs, also on its own resources.
func (s state) beyond(t *testing.T) []policysim.Case {
	var all []policysim.Case
	on := func(resource string, actions ...string) {
		for _, action := range actions {
			all = append(all, call("not its business", action, resource, nil))
		}
	}
	role, _ := s.resource(t, "LaunchRole")
	for _, name := range []string{"/ray-research-head", "/ray-iam-ExecutionRole-1ABC", fmt.Sprint(role["Path"], role["RoleName"])} {
		on(s.arn("iam", "", account, "role"+name), "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole",
			"iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary", "sts:AssumeRole")
	}
	on(s.arn("iam", "", account, "instance-profile/ray-research-head"), "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile")
	on(s.arn("iam", "", account, "user/admin"), "iam:CreateAccessKey", "iam:CreateUser", "iam:AttachUserPolicy")
	on(s.arn("iam", "", account, "policy/admin"), "iam:CreatePolicy", "iam:CreatePolicyVersion")
	on(s.function(), "lambda:AddPermission", "lambda:DeleteFunction", "lambda:GetFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration")
	on(s.launchedStack(), "cloudformation:CancelUpdateStack", "cloudformation:ContinueUpdateRollback", "cloudformation:GetTemplate", "cloudformation:RollbackStack",
		"cloudformation:SignalResource", "cloudformation:UpdateTerminationProtection")
	on(s.arn("cloudformation", s.place(), account, "stackset/SC-x:1"), "cloudformation:CreateStackInstances", "cloudformation:UpdateStackSet")
	on(s.bucket(), "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutBucketWebsite", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration")
	for _, object := range []string{s.bucket() + "/checkpoint", s.arn("s3", "", "", "payroll/march"), s.arn("s3", "", "", "cf-templates-servicecatalog/template")} {
		on(object, "s3:DeleteObject", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:GetObjectVersion")
	}
	for _, action := range []string{"s3:DeleteObjectTagging", "s3:GetObjectAcl", "s3:PutObjectAcl", "s3:PutObjectTagging"} { // on a template, which has the tag
		all = append(all, call("not its business", action, s.arn("s3", "", "", "cf-templates-servicecatalog/template"), provisioning("true")))
	}
	on("*", "s3:ListAllMyBuckets", "s3:PutAccountPublicAccessBlock", "organizations:LeaveOrganization", "cloudformation:ActivateType", "cloudformation:CreateUploadBucket", "ec2:DescribeInstances", "iam:ListUsers", "lambda:ListFunctions")
	on(s.arn("ec2", s.place(), account, "instance/i-1"), "ec2:RunInstances", "ec2:TerminateInstances", "ssm:SendCommand")
	on(s.arn("ssm", s.place(), account, "parameter/ray-research/x"), "ssm:GetParameter", "ssm:PutParameter")
	on(s.arn("secretsmanager", s.place(), account, "secret:x-abcdef"), "secretsmanager:GetSecretValue")
	on(s.arn("kms", s.place(), account, "key/1"), "kms:Decrypt", "kms:CreateGrant")
	on(s.arn("sns", s.place(), account, "topic"), "sns:Publish")
	on(s.arn("catalog", s.place(), account, "portfolio/port-abc"), "servicecatalog:CreatePortfolioShare", "servicecatalog:AssociatePrincipalWithPortfolio")
	on(s.arn("catalog", s.place(), account, "product/prod-abc"), "servicecatalog:CreateConstraint", "servicecatalog:ProvisionProduct")
	return all
}

func (s state) dangerous(t *testing.T) []policysim.Case {
	return append(s.nearMisses(t), s.beyond(t)...)
}

// TestDenied proves that dangerous calls are denied. Each near miss is denied for its one
// fault: TestAllowed proves that the call without the fault is allowed.
func TestDenied(t *testing.T) {
	var cases []policysim.Case
	for _, s := range states {
		policy, principal, dangerous := document(s.statements(t)), s.principal(t), s.dangerous(t)
		if len(dangerous) < 250 {
			t.Errorf("%s: %d dangerous authorizations, want more", s.name, len(dangerous))
		}
		for _, c := range dangerous {
			c.Name, c.Principal, c.Identity = s.name+": "+c.Name, principal, []string{policy}
			cases = append(cases, c)
		}
	}
	for i, got := range policysim.Evaluate(t, cases) {
		if got == policysim.Allowed {
			t.Errorf("the decision is %s, want denied: %s", got, cases[i].Name)
		}
	}
	checkout.Report(t, "servicecatalog-denied", fmt.Sprintf("Launch role, denied: %d dangerous authorizations in %d states", len(cases), len(states)))
}
