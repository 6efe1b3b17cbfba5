package executionrole

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// claims are calls that make somebody the owner of a role or profile, or remove its owner.
func (s deployment) claims() []policysim.Case {
	var all []policysim.Case
	for kind, noun := range map[string]string{"role": "Role", "instance-profile": "InstanceProfile"} {
		tag, untag, resource := "Tag"+noun, "Untag"+noun, s.own(kind)
		adopting := conditionKeys{newOwnerTag: {s.owner()}, newAdopted: {"held"}, tagKeys: {"ray-iam:adopted", "ray-iam:owner"}}
		with := func(more conditionKeys) conditionKeys {
			context := conditionKeys{}
			for _, m := range []conditionKeys{adopting, more} {
				for key, value := range m {
					context[key] = value
				}
			}
			return context
		}
		if !s.adopts() {
			all = append(all, s.call("foreign, adopted", tag, resource, adopting))
		}
		all = append(all,
			s.call("foreign, claimed as if it were made here", tag, resource, conditionKeys{newOwnerTag: {s.owner()}, tagKeys: {"ray-iam:owner"}}),
			s.call("foreign, adopted to be deleted", tag, resource, with(conditionKeys{newAdopted: {"owned"}})),
			s.call("foreign, tagged", tag, resource, conditionKeys{"aws:RequestTag/team": {"x"}, tagKeys: {"team"}}),
			s.call("foreign, tagged as adopted", tag, resource, conditionKeys{newAdopted: {"held"}, tagKeys: {"ray-iam:adopted"}}),
			s.call("foreign, adopted in another's name", tag, resource, with(conditionKeys{newOwnerTag: {"zz-" + someOwner}})),
			s.call("another provider's, adopted", tag, resource, with(conditionKeys{ownerTag: {"zz-" + someOwner}})),
			s.call("a provider's own role, adopted", tag, resource, with(conditionKeys{ownerTag: {"provider"}})),
			s.call("a provider's own role, released", untag, resource, conditionKeys{ownerTag: {"provider"}, adoptedTag: {"held"}, tagKeys: {"ray-iam:owner"}}),
			s.call("given to another provider", tag, resource, conditionKeys{ownerTag: {s.owner()}, newOwnerTag: {"zz-" + someOwner}, tagKeys: {"ray-iam:owner"}}),
			s.call("released though owned", untag, resource, conditionKeys{ownerTag: {s.owner()}, adoptedTag: {"owned"}, tagKeys: {"ray-iam:owner"}}),
			s.call("another provider's, released", untag, resource, conditionKeys{ownerTag: {"zz-" + someOwner}, adoptedTag: {"held"}, tagKeys: {"ray-iam:owner"}}),
			s.call("foreign, held, tag removed", untag, resource, conditionKeys{adoptedTag: {"held"}, tagKeys: {"ray-iam:adopted"}}),
		)
		all = append(all, s.inOtherCase(tag, untag, resource)...)
		for why, place := range s.foreignResources(tag, kind) {
			all = append(all, s.call("adopted, "+why, tag, place, adopting),
				s.call("released, "+why, untag, place, conditionKeys{ownerTag: {s.owner()}, adoptedTag: {"held"}, tagKeys: {"ray-iam:owner"}}))
		}
	}
	return all
}

// inOtherCase are claims with tag keys that differ only in case from those that record
// ownership. IAM treats them as the same tags, and their condition keys as the same keys.
func (s deployment) inOtherCase(tag, untag, resource string) []policysim.Case {
	const owner, adopted, request = "aws:ResourceTag/Ray-IAM:Owner", "aws:ResourceTag/RAY-IAM:adopted", "aws:RequestTag/RAY-IAM:Owner"
	foreign := []string{"zz-" + someOwner}
	return []policysim.Case{
		s.call("given to another provider, in another case", tag, resource, conditionKeys{ownerTag: {s.owner()}, request: foreign, tagKeys: {"RAY-IAM:Owner"}}),
		s.call("another provider's, by a tag in another case", tag, resource, conditionKeys{owner: foreign, newOwnerTag: {s.owner()}, newAdopted: {"held"}, tagKeys: {"ray-iam:adopted", "ray-iam:owner"}}),
		s.call("released though owned, in another case", untag, resource, conditionKeys{ownerTag: {s.owner()}, adopted: {"owned"}, tagKeys: {"RAY-IAM:OWNER"}}),
		s.call("released beside another tag, in another case", untag, resource, conditionKeys{ownerTag: {s.owner()}, tagKeys: {"Ray-IAM:owner", "team"}}),
		s.call("no longer adopted, in another case", untag, resource, conditionKeys{ownerTag: {s.owner()}, tagKeys: {"ray-iam:Adopted"}}),
		s.call("no longer of its stack, in another case", untag, resource, conditionKeys{ownerTag: {s.owner()}, tagKeys: {"ray-iam:STACK"}}),
		s.call("another provider's, its tags removed", untag, resource, conditionKeys{owner: foreign, tagKeys: {"team"}}),
	}
}

// beyond are calls that the function never needs.
func (s deployment) beyond() []policysim.Case {
	var all []policysim.Case
	iam := func(kind, name string, actions ...string) {
		for _, action := range actions {
			all = append(all, s.call("not its business", action, s.iamARN(account, kind, "/", name), nil))
		}
	}
	iam("user", s.prefix()+"-admin", "CreateUser", "DeleteUser", "CreateAccessKey", "UpdateAccessKey", "CreateLoginProfile", "UpdateLoginProfile",
		"AttachUserPolicy", "PutUserPolicy", "TagUser", "DeactivateMFADevice", "DeleteUserPermissionsBoundary")
	iam("group", s.prefix()+"-admins", "CreateGroup", "DeleteGroup", "AddUserToGroup", "AttachGroupPolicy", "PutGroupPolicy")
	iam("policy", s.prefix()+"-bound", "CreatePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy", "DeletePolicyVersion", "TagPolicy")
	iam("saml-provider", s.prefix(), "CreateSAMLProvider", "UpdateSAMLProvider")
	iam("oidc-provider", "example.com", "CreateOpenIDConnectProvider")
	for _, action := range []string{"UpdateRole", "UpdateRoleDescription"} {
		all = append(all, s.call("not its business", action, s.own("role"), conditionKeys{ownerTag: {s.owner()}}))
	}
	all = append(all, s.call("not its business", "CreateServiceLinkedRole", s.iamARN(account, "role", "/aws-service-role/spot.amazonaws.com/", "AWSServiceRoleForEC2Spot"), nil))
	arn := func(service, rest string) string {
		return fmt.Sprintf("arn:%s:%s:us-east-1:%s:%s", s.part(), service, account, rest)
	}
	function := arn("lambda", "function:"+stackName+"-RayIAMFunction-1ABC")
	group, stream := strings.TrimSuffix(s.logGroup(), ":*"), strings.TrimSuffix(s.logGroup(), "*")+"log-stream:x"
	bucket := "arn:" + s.part() + ":s3:::bucket/key"
	for _, c := range [][2]string{
		{"sts:AssumeRole", s.own("role")}, {"sts:AssumeRole", s.executionRole()},
		{"lambda:UpdateFunctionCode", function}, {"lambda:UpdateFunctionConfiguration", function}, {"lambda:AddPermission", function}, {"lambda:InvokeFunction", function}, {"lambda:DeleteFunction", function},
		{"s3:GetObject", bucket}, {"s3:PutObject", bucket}, {"ec2:RunInstances", arn("ec2", "instance/i-1")}, {"ec2:AssociateIamInstanceProfile", arn("ec2", "instance/i-1")},
		{"secretsmanager:GetSecretValue", arn("secretsmanager", "secret:x-abcdef")}, {"kms:Decrypt", arn("kms", "key/1")}, {"ssm:SendCommand", arn("ec2", "instance/i-1")},
		{"kms:CreateGrant", cmp.Or(s.key(), arn("kms", "key/1"))}, {"kms:ScheduleKeyDeletion", cmp.Or(s.key(), arn("kms", "key/1"))},
		{"cloudformation:UpdateStack", arn("cloudformation", "stack/"+stackName+"/1")}, {"organizations:LeaveOrganization", "*"},
		{"logs:CreateLogGroup", group}, {"logs:DeleteLogGroup", group}, {"logs:DeleteLogStream", stream}, {"logs:PutRetentionPolicy", group},
		{"sqs:ReceiveMessage", s.failureQueue()}, {"sqs:DeleteMessage", s.failureQueue()}, {"sqs:PurgeQueue", s.failureQueue()}, {"sqs:SetQueueAttributes", s.failureQueue()},
	} {
		all = append(all, s.call("not its business", c[0], c[1], nil))
	}
	if !s.looks() {
		all = append(all, s.call("without a schedule", "ListRoles", "*", nil), s.call("without a schedule", "ListInstanceProfiles", "*", nil))
	}
	for _, elsewhere := range s.elsewhere() {
		all = append(all,
			s.call("elsewhere", "sqs:SendMessage", elsewhere(s.failureQueue()), nil),
			s.call("elsewhere", "logs:PutLogEvents", elsewhere(stream), nil),
			s.call("elsewhere", "logs:CreateLogStream", elsewhere(stream), nil))
		if stack := elsewhere(s.someStack()); stack != s.someStack() {
			for _, action := range askAboutStacks {
				all = append(all, s.call("elsewhere", action, stack, nil))
			}
		}
	}
	return all
}

// widerRights are calls that a condition of one statement denies, and that another
// statement might allow.
func (s deployment) widerRights() []policysim.Case {
	// A name made by the function has a dash: <NamePrefix>-head. A name that only begins
	// with the prefix belongs to somebody else.
	all := []policysim.Case{s.call("passed, without a dash", "PassRole", s.iamARN(account, "role", s.path(), s.prefix()+"admin"), conditionKeys{serviceKey: {"ec2.amazonaws.com"}})}
	all = append(all, s.call("owned, passed to Lambda", "PassRole", s.own("role"), conditionKeys{ownerTag: {s.owner()}, serviceKey: {"lambda.amazonaws.com"}}))
	if s.bounded() {
		all = append(all, s.call("made as if adopted, without the boundary", "CreateRole", s.own("role"), conditionKeys{
			newOwnerTag: {s.owner()}, newAdopted: {"held"}, tagKeys: {"ray-iam:adopted", "ray-iam:owner"},
		}))
	}
	return all
}

func (s deployment) dangerous() []policysim.Case {
	all := slices.Concat(s.nearMisses(), s.claims(), s.beyond(), s.misused(), s.widerRights())
	for _, c := range all { // an adopted role gives the function no further rights, except to release it
		own := c.Resource == s.own("role") || c.Resource == s.own("instance-profile")
		if own && slices.Equal(c.Context[ownerTag], []string{s.owner()}) && !strings.HasPrefix(c.Action, "iam:Untag") {
			held := maps.Clone(c.Context)
			held[adoptedTag] = []string{"held"}
			all = append(all, s.call("adopted, "+c.Name, c.Action, c.Resource, held))
		}
	}
	return all
}

// TestDenied proves that each dangerous call is denied, and for one reason only: the same
// call without its one fault is allowed.
// Reference 8.5.
func TestDenied(t *testing.T) {
	tpl := deployedTemplate(t)
	var cases []policysim.Case
	var want []bool // allowed
	for _, s := range deployments {
		policy := tpl.policy(s, tpl.statements())
		dangerous := s.dangerous()
		for i, list := range [][]policysim.Case{append(s.rightful(), s.reports()...), dangerous} {
			for _, c := range list {
				c.Name, c.Identity = s.name+": "+c.Name, []string{policy}
				cases, want = append(cases, c), append(want, i == 0)
			}
		}
		t.Logf("%s: %d dangerous authorizations, all must be denied", s.name, len(dangerous))
		if len(dangerous) < 60 {
			t.Errorf("%s: %d dangerous authorizations, want more", s.name, len(dangerous))
		}
	}
	counts := map[policysim.Decision]int{}
	for i, got := range policysim.Evaluate(t, cases) {
		counts[got]++
		if (got == policysim.Allowed) != want[i] {
			t.Errorf("the decision is %s, want allowed: %t: %s", got, want[i], cases[i].Name)
		}
	}
	checkout.Report(t, "executionrole-denied", fmt.Sprintf("Execution role, denied: %d authorizations in %d sets of parameters: %v", len(cases), len(deployments), counts))
}
