package launcher

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// unnarrowed are the calls that know no resources.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
var unnarrowed = []string{
	"ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions",
	"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ssm:ListCommandInvocations",
}

// authorizations returns what AWS checks for a call: all of them have to be allowed. A
// call or a parameter that is not known here is an error.
func (p place) authorizations(c call) ([]policysim.Case, error) {
	action := c.Service + ":" + c.Operation
	if slices.Contains(unnarrowed, action) {
		return []policysim.Case{p.authorization(action, "*", nil)}, nil
	}
	one := func(service, resource string, context conditionKeys) ([]policysim.Case, error) {
		return []policysim.Case{p.authorization(action, p.arn(service, resource), context)}, nil
	}
	switch action {
	case "ec2:RunInstances":
		return p.launch(c)
	case "ec2:CreateTags", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances":
		return p.onEach(c), nil
	case "ssm:SendCommand", "ssm:StartSession":
		return p.document(c), nil
	case "ssm:GetParameter", "ssm:PutParameter":
		return one("ssm", "parameter/"+text(c.Parameters, "Name"), nil)
	case "cloudwatch:PutDashboard":
		return []policysim.Case{p.authorization(action, "arn:aws:cloudwatch::"+p.account+":dashboard/"+text(c.Parameters, "DashboardName"), nil)}, nil
	case "cloudwatch:PutMetricAlarm":
		context := conditionKeys{}
		if actions := texts(c.Parameters["AlarmActions"]); len(actions) > 0 {
			context["cloudwatch:AlarmActions"] = actions
		}
		return one("cloudwatch", "alarm:"+text(c.Parameters, "AlarmName"), context)
	}
	return nil, fmt.Errorf("%s: the proofs do not know how AWS authorizes it", action)
}

// onEach: calls that name instances are authorized on each, with its tags and its
// instance profile.
func (p place) onEach(c call) []policysim.Case {
	var all []policysim.Case
	for _, id := range c.instances() {
		context := merge(resourceTags("aws:ResourceTag/", c.Tags[id]), p.profileOf(c, c.Tags[id]))
		if c.Operation == "CreateTags" {
			context = merge(context, requestTags(tagList(c.Parameters["Tags"])))
		}
		all = append(all, p.authorization("ec2:"+c.Operation, p.arn("ec2", "instance/"+id), context))
	}
	return all
}

// noProfile stands for the instance profile of a machine that has none.
const noProfile = "none"

// profileOf is the instance profile of machines that a call names: where nothing says
// another, the head's, as the policy demands it.
func (p place) profileOf(c call, t tags) conditionKeys {
	profile := c.Profile
	switch kind := t["ray-user-node-type"]; {
	case profile == noProfile:
		return nil
	case profile == "" && kind != "":
		profile = p.profile(kind)
	case profile == "":
		profile = p.profile("head")
	}
	return conditionKeys{"ec2:InstanceProfile": {profile}}
}

// profiled returns the call on machines that have this instance profile.
func (c call) profiled(profile string) call {
	return c.changed(func(c *call) { c.Profile = profile })
}

// document: a command and a session are authorized on the document and on each instance.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-specify-session-document.html
func (p place) document(c call) []policysim.Case {
	action := "ssm:" + c.Operation
	all := []policysim.Case{p.authorization(action, p.arn("ssm", "document/"+text(c.Parameters, "DocumentName")), nil)}
	for _, id := range c.instances() {
		all = append(all, p.authorization(action, p.arn("ec2", "instance/"+id), resourceTags("ssm:resourceTag/", c.Tags[id])))
	}
	return all
}

// launchParameters are those of RunInstances that the fan-out knows.
var launchParameters = []string{
	"BlockDeviceMappings", "CapacityReservationSpecification", "EbsOptimized", "IamInstanceProfile", "ImageId", "InstanceMarketOptions", "InstanceType", "KeyName",
	"LaunchTemplate", "MaxCount", "MetadataOptions", "MinCount", "NetworkInterfaces", "Placement", "SecurityGroupIds", "SubnetId", "TagSpecifications",
}

// New resources are authorized under an id that is still to be made up.
const toBeMade = "0fedcba9876543210"

// launch: RunInstances is authorized on the instance, on each thing that it is made of,
// on each that is made with it, as CreateTags on what is tagged, as PassRole, and with
// the keys of its volumes.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
func (p place) launch(c call) ([]policysim.Case, error) {
	for name := range c.Parameters {
		if !slices.Contains(launchParameters, name) {
			return nil, fmt.Errorf("RunInstances has %s, and the proofs do not know how EC2 authorizes it", name)
		}
	}
	profile := text(c.Parameters, "IamInstanceProfile", "Arn")
	all := []policysim.Case{p.authorization("ec2:RunInstances", p.arn("ec2", "instance/i-"+toBeMade), instanceKeys(c, profile))}
	for _, resource := range parts(c) {
		kind, id, _ := strings.Cut(resource, "/")
		context := resourceTags("aws:ResourceTag/", c.Tags[id])
		if kind == "image" {
			context["ec2:Public"] = []string{fmt.Sprint(c.Public)}
		}
		all = append(all, p.authorization("ec2:RunInstances", p.ofKind(kind, id), context))
	}
	for _, specification := range anyList(c.Parameters["TagSpecifications"]) {
		kind := text(specification, "ResourceType")
		context := merge(requestTags(tagList(specification.(map[string]any)["Tags"])), conditionKeys{"ec2:CreateAction": {"RunInstances"}})
		all = append(all, p.authorization("ec2:CreateTags", p.arn("ec2", kind+"/"+kind[:1]+"-"+toBeMade), context))
	}
	if profile != "" {
		role := strings.Replace(profile, ":instance-profile/", ":role/", 1)
		all = append(all, p.authorization("iam:PassRole", role, conditionKeys{"iam:PassedToService": {"ec2.amazonaws.com"}}))
	}
	for _, mapping := range anyList(c.Parameters["BlockDeviceMappings"]) {
		if key := text(mapping, "Ebs", "KmsKeyId"); key != "" {
			all = append(all, p.encrypted(key)...)
		}
	}
	return all, nil
}

// encrypted is what EC2 does with a key in the name of whoever launches or starts a
// machine with an encrypted volume.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
func (p place) encrypted(key string) []policysim.Case {
	via := conditionKeys{"kms:ViaService": {"ec2." + p.region + ".amazonaws.com"}}
	all := []policysim.Case{p.authorization("kms:CreateGrant", key, merge(via, conditionKeys{"kms:GrantIsForAWSResource": {"true"}}))}
	for _, action := range []string{"Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"} {
		all = append(all, p.authorization("kms:"+action, key, via))
	}
	return all
}

// instanceKeys are the condition keys of the instance that is launched.
func instanceKeys(c call, profile string) conditionKeys {
	context := conditionKeys{"ec2:InstanceType": {text(c.Parameters, "InstanceType")}, "ec2:MetadataHttpTokens": {"required"}, "ec2:InstanceMarketType": {"on-demand"}}
	if market := text(c.Parameters, "InstanceMarketOptions", "MarketType"); market != "" {
		context["ec2:InstanceMarketType"] = []string{market}
	}
	if profile != "" {
		context["ec2:InstanceProfile"] = []string{profile}
	}
	maps.Copy(context, requestTags(c.launchTags()))
	return context
}

// parts are the resources of a launch besides the instance, without Region and account. Of
// a Spot request, EC2 asks if it has tags alone.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-spot-instances
func parts(c call) []string {
	parameters := c.Parameters
	all := []string{"volume/vol-" + toBeMade, "image/" + text(parameters, "ImageId")}
	add := func(kind, name string) {
		if name != "" {
			all = append(all, kind+"/"+name)
		}
	}
	interfaces := anyList(parameters["NetworkInterfaces"])
	if len(interfaces) == 0 {
		interfaces = []any{map[string]any{"SubnetId": parameters["SubnetId"], "Groups": parameters["SecurityGroupIds"]}}
	}
	for _, network := range interfaces {
		add("network-interface", "eni-"+toBeMade)
		add("subnet", text(network, "SubnetId"))
		for _, group := range texts(network.(map[string]any)["Groups"]) {
			add("security-group", group)
		}
	}
	for _, mapping := range anyList(parameters["BlockDeviceMappings"]) {
		add("snapshot", text(mapping, "Ebs", "SnapshotId"))
	}
	add("key-pair", text(parameters, "KeyName"))
	add("launch-template", text(parameters, "LaunchTemplate", "LaunchTemplateId"))
	add("placement-group", text(parameters, "Placement", "GroupName"))
	add("capacity-reservation", text(parameters, "CapacityReservationSpecification", "CapacityReservationTarget", "CapacityReservationId"))
	for _, specification := range anyList(parameters["TagSpecifications"]) {
		if kind := text(specification, "ResourceType"); kind == "spot-instances-request" {
			add(kind, "sir-"+toBeMade)
		}
	}
	return all
}
