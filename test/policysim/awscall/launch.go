package awscall

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// launchParameters are the parameters of RunInstances that this package knows.
var launchParameters = []string{
	"BlockDeviceMappings", "CapacityReservationSpecification", "EbsOptimized", "IamInstanceProfile", "ImageId", "InstanceMarketOptions", "InstanceType", "KeyName",
	"LaunchTemplate", "MaxCount", "MetadataOptions", "MinCount", "NetworkInterfaces", "Placement", "SecurityGroupIds", "SubnetId", "TagSpecifications",
}

// ToBeMade ends the id of new resources in an authorization: EC2 has not given them an id
// yet.
const ToBeMade = "0fedcba9876543210"

// launch returns the authorizations of RunInstances: on the instance, on each resource that
// it uses, on each resource that is made with it, CreateTags on each resource that is
// tagged, PassRole, and the authorizations on the volumes' KMS keys.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
func (p Place) launch(c Call) ([]policysim.Case, error) {
	for name := range c.Parameters {
		if !slices.Contains(launchParameters, name) {
			return nil, fmt.Errorf("RunInstances has %s, and the proofs do not know how EC2 authorizes it", name)
		}
	}
	profile := Text(c.Parameters, "IamInstanceProfile", "Arn")
	all := []policysim.Case{p.Authorization("ec2:RunInstances", p.EC2("instance", "i-"+ToBeMade), instanceKeys(c, profile))}
	for _, part := range parts(c) {
		kind, id, _ := strings.Cut(part, "/")
		context := ResourceTags(c.Tags[id])
		if kind == "image" {
			context["ec2:Public"] = []string{fmt.Sprint(c.Public)}
		}
		all = append(all, p.Authorization("ec2:RunInstances", p.EC2(kind, id), context))
	}
	for _, specification := range List(c.Parameters["TagSpecifications"]) {
		kind := Text(specification, "ResourceType")
		tags := ReadTags(specification.(map[string]any)["Tags"])
		all = append(all, p.Authorization("ec2:CreateTags", p.ARN("ec2", kind+"/"+kind[:1]+"-"+ToBeMade), AtLaunch(tags)))
	}
	if profile != "" {
		role := strings.Replace(profile, ":instance-profile/", ":role/", 1)
		all = append(all, p.Authorization("iam:PassRole", role, PassedTo("ec2")))
	}
	for _, mapping := range List(c.Parameters["BlockDeviceMappings"]) {
		if key := Text(mapping, "Ebs", "KmsKeyId"); key != "" {
			all = append(all, p.Encrypted(key)...)
		}
	}
	return all, nil
}

// Instance returns the authorization of a launch on the instance itself.
func (p Place) Instance(launch Call) policysim.Case {
	cases, err := p.launch(launch)
	if err != nil {
		panic(err)
	}
	return cases[0]
}

// instanceKeys returns the condition keys of the launched instance.
func instanceKeys(c Call, profile string) Keys {
	context := Keys{"ec2:InstanceType": {Text(c.Parameters, "InstanceType")}, "ec2:MetadataHttpTokens": {"required"}, "ec2:InstanceMarketType": {"on-demand"}}
	if market := Text(c.Parameters, "InstanceMarketOptions", "MarketType"); market != "" {
		context["ec2:InstanceMarketType"] = []string{market}
	}
	if profile != "" {
		context["ec2:InstanceProfile"] = []string{profile}
	}
	maps.Copy(context, RequestTags(c.LaunchTags()))
	return context
}

// parts returns the resources of a launch other than the instance, as kind/id. EC2
// authorizes a Spot request only if the launch tags it.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-spot-instances
func parts(c Call) []string {
	parameters := c.Parameters
	all := []string{"volume/vol-" + ToBeMade, "image/" + Text(parameters, "ImageId")}
	add := func(kind, name string) {
		if name != "" {
			all = append(all, kind+"/"+name)
		}
	}
	interfaces := List(parameters["NetworkInterfaces"])
	if len(interfaces) == 0 {
		interfaces = []any{map[string]any{"SubnetId": parameters["SubnetId"], "Groups": parameters["SecurityGroupIds"]}}
	}
	for _, network := range interfaces {
		add("network-interface", "eni-"+ToBeMade)
		add("subnet", Text(network, "SubnetId"))
		for _, group := range texts(network.(map[string]any)["Groups"]) {
			add("security-group", group)
		}
	}
	for _, mapping := range List(parameters["BlockDeviceMappings"]) {
		add("snapshot", Text(mapping, "Ebs", "SnapshotId"))
	}
	add("key-pair", Text(parameters, "KeyName"))
	add("launch-template", Text(parameters, "LaunchTemplate", "LaunchTemplateId"))
	add("placement-group", Text(parameters, "Placement", "GroupName"))
	add("capacity-reservation", Text(parameters, "CapacityReservationSpecification", "CapacityReservationTarget", "CapacityReservationId"))
	for _, specification := range List(parameters["TagSpecifications"]) {
		if kind := Text(specification, "ResourceType"); kind == "spot-instances-request" {
			add(kind, "sir-"+ToBeMade)
		}
	}
	return all
}
