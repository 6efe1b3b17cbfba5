package leastprivilege

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
	switch action {
	case "ec2:RunInstances":
		return p.launch(c)
	case "ec2:CreateTags", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances":
		return p.onEach(c), nil
	case "ssm:SendCommand":
		return p.command(c), nil
	case "ssm:GetParameter":
		return []policysim.Case{p.authorization(action, p.arn("ssm", "parameter/"+text(c.Parameters, "Name")), nil)}, nil
	case "cloudwatch:PutMetricAlarm":
		context := conditionKeys{}
		if actions := texts(c.Parameters["AlarmActions"]); len(actions) > 0 {
			context["cloudwatch:AlarmActions"] = actions
		}
		return []policysim.Case{p.authorization(action, p.arn("cloudwatch", "alarm:"+text(c.Parameters, "AlarmName")), context)}, nil
	}
	return nil, fmt.Errorf("%s: the proofs do not know how AWS authorizes it", action)
}

// onEach: calls that name instances, or any taggable resources, are authorized on each, with
// its tags, and an instance's profile.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func (p place) onEach(c call) []policysim.Case {
	var all []policysim.Case
	for _, id := range c.instances() {
		context := resourceTags("aws:ResourceTag/", c.Tags[id])
		if kindOf(id) == "instance" {
			context = merge(context, p.profileOf(c, c.Tags[id]))
		}
		if c.Operation == "CreateTags" {
			context = merge(context, requestTags(tagList(c.Parameters["Tags"])))
		}
		all = append(all, p.authorization("ec2:"+c.Operation, p.arn("ec2", kindOf(id)+"/"+id), context))
	}
	return all
}

// documentsOwner stands for no account in the ARN of a document of AWS's own, in cases
// and policies alike: the simulator takes no such ARN.
const documentsOwner = "000000000000"

// command: SendCommand is authorized on the document and on each instance.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
func (p place) command(c call) []policysim.Case {
	document := text(c.Parameters, "DocumentName")
	owner := p
	if strings.HasPrefix(document, "Amazon") || strings.HasPrefix(document, "AWS-") {
		owner.account = documentsOwner
	}
	all := []policysim.Case{p.authorization("ssm:SendCommand", owner.arn("ssm", "document/"+document), nil)}
	for _, id := range c.instances() {
		all = append(all, p.authorization("ssm:SendCommand", p.arn("ec2", "instance/"+id), resourceTags("ssm:resourceTag/", c.Tags[id])))
	}
	return all
}

// launchParameters are those of RunInstances that the fan-out knows.
var launchParameters = []string{
	"BlockDeviceMappings", "CapacityReservationSpecification", "IamInstanceProfile", "ImageId", "InstanceMarketOptions", "InstanceType", "KeyName",
	"LaunchTemplate", "MaxCount", "MetadataOptions", "MinCount", "NetworkInterfaces", "Placement", "SecurityGroupIds", "SubnetId", "TagSpecifications",
}

// New resources are authorized under an id that is still to be made up.
const toBeMade = "0fedcba9876543210"

// launch: RunInstances is authorized on the instance, on each thing that it is made of,
// on each that is made with it, as CreateTags on what is tagged, and as PassRole.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
func (p place) launch(c call) ([]policysim.Case, error) {
	for name := range c.Parameters {
		if !slices.Contains(launchParameters, name) {
			return nil, fmt.Errorf("RunInstances has %s, and the proofs do not know how EC2 authorizes it", name)
		}
	}
	profile := text(c.Parameters, "IamInstanceProfile", "Arn")
	all := []policysim.Case{p.authorization("ec2:RunInstances", p.arn("ec2", "instance/i-"+toBeMade), p.instanceKeys(c, profile))}
	for _, resource := range p.parts(c) {
		kind, id, _ := strings.Cut(resource, "/")
		context := resourceTags("aws:ResourceTag/", c.Tags[id])
		if kind == "image" {
			context["ec2:Public"] = []string{fmt.Sprint(c.Public)}
		}
		all = append(all, p.authorization("ec2:RunInstances", p.ofKind(kind, id), context))
	}
	for _, specification := range anyList(c.Parameters["TagSpecifications"]) {
		kind := text(specification, "ResourceType")
		tags := tagList(specification.(map[string]any)["Tags"])
		context := merge(requestTags(tags), conditionKeys{"ec2:CreateAction": {"RunInstances"}})
		all = append(all, p.authorization("ec2:CreateTags", p.arn("ec2", kind+"/"+kind[:1]+"-"+toBeMade), context))
	}
	if profile != "" {
		role := strings.Replace(profile, ":instance-profile/", ":role/", 1)
		all = append(all, p.authorization("iam:PassRole", role, conditionKeys{"iam:PassedToService": {"ec2.amazonaws.com"}}))
	}
	return all, nil
}

// instanceKeys are the condition keys of the instance that is launched.
func (p place) instanceKeys(c call, profile string) conditionKeys {
	context := conditionKeys{"ec2:InstanceType": {text(c.Parameters, "InstanceType")}, "ec2:MetadataHttpTokens": {"required"}, "ec2:InstanceMarketType": {"on-demand"}}
	if market := text(c.Parameters, "InstanceMarketOptions", "MarketType"); market != "" {
		context["ec2:InstanceMarketType"] = []string{market}
	}
	if profile != "" {
		context["ec2:InstanceProfile"] = []string{profile}
	}
	for _, specification := range anyList(c.Parameters["TagSpecifications"]) {
		if text(specification, "ResourceType") == "instance" {
			maps.Copy(context, requestTags(tagList(specification.(map[string]any)["Tags"])))
		}
	}
	return context
}

// parts are the resources of a launch besides the instance, without Region and account. Of
// a Spot request, EC2 asks if it has tags alone.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-spot-instances
func (p place) parts(c call) []string {
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
