package awscall

import (
	"fmt"
	"slices"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// unnarrowed are the actions that do not support resource-level permissions.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
var unnarrowed = []string{
	"ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions",
	"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ssm:ListCommandInvocations",
}

// NamesNothing reports whether the action does not support resource-level permissions: IAM
// then authorizes it on "*".
func (c Call) NamesNothing() bool { return slices.Contains(unnarrowed, c.Action()) }

// Authorizations returns the authorizations of a call. AWS allows the call only if each of
// them is allowed. A call or a parameter that this package does not know is an error.
func (p Place) Authorizations(c Call) ([]policysim.Case, error) {
	if c.NamesNothing() {
		return []policysim.Case{p.Authorization(c.Action(), "*", nil)}, nil
	}
	one := func(resource string, context Keys) ([]policysim.Case, error) {
		return []policysim.Case{p.Authorization(c.Action(), resource, context)}, nil
	}
	switch c.Action() {
	case "ec2:RunInstances":
		return p.launch(c)
	case "ec2:CreateTags", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances":
		return p.onEach(c), nil
	case "ssm:SendCommand", "ssm:StartSession":
		return p.byDocument(c), nil
	case "ssm:GetParameter", "ssm:PutParameter":
		return one(p.ARN("ssm", "parameter/"+Text(c.Parameters, "Name")), nil)
	case "cloudwatch:PutDashboard":
		return one("arn:aws:cloudwatch::"+p.Account+":dashboard/"+Text(c.Parameters, "DashboardName"), nil)
	case "cloudwatch:PutMetricAlarm":
		context := Keys{}
		if actions := texts(c.Parameters["AlarmActions"]); len(actions) > 0 {
			context["cloudwatch:AlarmActions"] = actions
		}
		return one(p.ARN("cloudwatch", "alarm:"+Text(c.Parameters, "AlarmName")), context)
	}
	return nil, fmt.Errorf("%s: the proofs do not know how AWS authorizes it", c.Action())
}

// onEach returns the authorizations of a call that names instances, or any taggable
// resources: one for each resource, with its tags, and an instance's with its instance
// profile.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func (p Place) onEach(c Call) []policysim.Case {
	var all []policysim.Case
	for _, id := range c.Instances() {
		context := ResourceTags(c.Tags[id])
		if kindOf(id) == "instance" {
			context = Merge(context, p.profileOf(c, c.Tags[id]))
		}
		if c.Operation == "CreateTags" {
			context = Merge(context, RequestTags(ReadTags(c.Parameters["Tags"])))
		}
		all = append(all, p.Authorization(c.Action(), p.ByID(id), context))
	}
	return all
}

// byDocument returns the authorizations of a command or a session: one for the document and
// one for each instance.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-specify-session-document.html
func (p Place) byDocument(c Call) []policysim.Case {
	all := []policysim.Case{p.Authorization(c.Action(), p.Document(Text(c.Parameters, "DocumentName")), nil)}
	for _, id := range c.Instances() {
		all = append(all, p.Authorization(c.Action(), p.EC2("instance", id), ManagedTags(c.Tags[id])))
	}
	return all
}

// Encrypted returns the authorizations on a KMS key with which EC2 encrypts a volume, in
// the name of the caller who launches or starts the instance.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
func (p Place) Encrypted(key string) []policysim.Case {
	via := p.Via("ec2")
	all := []policysim.Case{p.Authorization("kms:CreateGrant", key, Merge(via, ForAWS("true")))}
	for _, action := range []string{"Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"} {
		all = append(all, p.Authorization("kms:"+action, key, via))
	}
	return all
}

// ForAWS returns the condition key that says whether a grant on a KMS key is for an AWS
// service: "true" or "false".
func ForAWS(is string) Keys { return Keys{"kms:GrantIsForAWSResource": {is}} }
