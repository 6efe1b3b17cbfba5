package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// autoscalerPolicy lets the head do what Ray's autoscaler does, to the workers of its own
// cluster alone. That is read from Ray's sources, python/ray/autoscaler/
// _private/aws/node_provider.py and config.py; actions, resources and condition
// keys are those of
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func autoscalerPolicy(o Options, s Scope) string {
	statements := []policydoc.Statement{describe(o, s), launchWorkers(o, s), launchWith(o, s), launchWithTagged(o, s)}
	if len(o.ImageIDs) == 0 {
		statements = append(statements, launchPublic(s))
	}
	statements = append(statements, tagAtLaunch(o, s))
	if len(o.InstanceTagKeys) > 0 {
		statements = append(statements, tagPartsAtLaunch(o, s))
	}
	statements = append(statements, runWorkers(o, s), noOtherCase())
	if o.Spot {
		statements = append(statements, spotRole(s))
	}
	return policydoc.New(append(statements, encryptedVolumes(o, s)...)...)
}

// describe lets the head look. The autoscaler itself asks for instances and their
// types. It asks for the rest when it takes its workers down: with `ray teardown`, at
// the end of `ray submit --stop` and when the autoscaler fails. With CloudWatch it waits for
// a worker and for its commands, and sees whether an image has the agent. AWS narrows none
// of these actions to resources: ssm:ListCommandInvocations shows the commands that
// anybody sent in the Region, and the beginning of what they printed.
func describe(o Options, s Scope) policydoc.Statement {
	actions := []string{
		"ec2:DescribeInstances",
		"ec2:DescribeInstanceTypes",
		"ec2:DescribeLaunchTemplateVersions",
		"ec2:DescribeSecurityGroups",
		"ec2:DescribeSubnets",
	}
	if o.CloudWatch {
		actions = append(actions, "ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ssm:ListCommandInvocations")
	}
	st := allow("Describe", []string{"*"}, unique(actions)...)
	st.Condition = s.inRegion()
	return st
}

// launchWorkers lets the head launch instances that are workers of this cluster from
// their first moment and carry one of its workers' instance profiles. With the head's
// own profile, an instance could do all that the head can.
func launchWorkers(o Options, s Scope) policydoc.Statement {
	workers := and(o.ownWorkers("aws:RequestTag/"), s.workersProfile())
	if types := unique(o.InstanceTypes); len(types) > 0 {
		workers = and(workers, condition{"StringEquals": {"ec2:InstanceType": types}})
	}
	if !o.Spot {
		workers = and(workers, notSpot())
	}
	return policydoc.Statement{
		Sid:       "LaunchWorkers",
		Effect:    "Allow",
		Action:    []string{"ec2:RunInstances"},
		Resource:  s.instances(),
		Condition: workers,
	}
}

// launchWith allows what a launch needs besides the instance. In a shared VPC, subnets
// and security groups belong to another account; an image's ARN names no account. A
// snapshot is not allowed: a volume made of it would show what is in it, and a launch
// does not ask for those of its image.
func launchWith(o Options, s Scope) policydoc.Statement {
	resources := slices.Concat(
		s.ec2ARNs(s.Account, "network-interface", nil),
		s.ec2ARNs(s.Account, "volume", nil),
		s.ec2ARNs(s.Account, "key-pair", o.KeyNames),
		s.listed("*", "security-group", o.SecurityGroupIDs),
		s.listed("*", "subnet", o.SubnetIDs),
	)
	if len(o.ImageIDs) > 0 {
		resources = append(resources, s.listed("", "image", o.ImageIDs)...)
	}
	if o.Spot {
		resources = append(resources, s.ec2ARNs(s.Account, "spot-instances-request", nil)...)
	}
	return policydoc.Statement{
		Sid:      "LaunchWith",
		Effect:   "Allow",
		Action:   []string{"ec2:RunInstances"},
		Resource: resources,
	}
}

// launchWithTagged allows what a cluster may have of its own, once its owner has
// tagged it with the cluster's name: images too, where none are listed. A capacity
// reservation may be another account's, which shares it.
func launchWithTagged(o Options, s Scope) policydoc.Statement {
	resources := slices.Concat(
		s.ec2ARNs("*", "capacity-reservation", nil),
		s.ec2ARNs(s.Account, "launch-template", nil),
		s.ec2ARNs(s.Account, "placement-group", nil),
	)
	if len(o.ImageIDs) == 0 {
		resources = append(resources, s.ec2ARNs("", "image", nil)...)
	}
	st := allow("LaunchWithTagged", resources, "ec2:RunInstances")
	st.Condition = o.ofCluster("aws:ResourceTag/")
	return st
}

// launchPublic allows the images that everybody may launch. Another one would show what
// is in it to whoever launches it.
func launchPublic(s Scope) policydoc.Statement {
	st := allow("LaunchPublic", s.ec2ARNs("", "image", nil), "ec2:RunInstances")
	st.Condition = condition{"Bool": {"ec2:Public": {"true"}}}
	return st
}

// tagAtLaunch lets a launch set Ray's tags: EC2 authorizes RunInstances with tags as
// CreateTags too. LaunchWorkers fixes the values of the cluster's and the kind's tag.
func tagAtLaunch(o Options, s Scope) policydoc.Statement {
	keys := []string{"Name", "ray-*"}
	if o.CloudWatch {
		keys = append(keys, agentInstalledTag)
	}
	return atLaunch("TagAtLaunch", s.instances(), append(keys, o.InstanceTagKeys...))
}

// tagPartsAtLaunch lets a launch set the owner's own tags on what it makes besides the
// instance, and no tag of Ray's.
func tagPartsAtLaunch(o Options, s Scope) policydoc.Statement {
	resources := slices.Concat(s.ec2ARNs(s.Account, "network-interface", nil), s.ec2ARNs(s.Account, "volume", nil))
	if o.Spot {
		resources = append(resources, s.ec2ARNs(s.Account, "spot-instances-request", nil)...)
	}
	return atLaunch("TagPartsAtLaunch", resources, o.InstanceTagKeys)
}

// atLaunch allows tags with these keys, as part of a launch.
func atLaunch(sid string, resources, keys []string) policydoc.Statement {
	st := allow(sid, resources, "ec2:CreateTags")
	st.Condition = tagsAtLaunch(keys)
	return st
}

// runWorkers lets the head start, stop and terminate the cluster's workers, and set Ray's
// tags on them, those of a later Ray included. When Ray starts a stopped worker again, it
// sets those of a launch again: so the kind is among them, and has to stay worker. The
// cluster's name is not among them. A call without tags in its request meets what is said
// of them. The head is not one of the workers: it ends itself by `shutdown`, which needs no
// permission.
//
// Tags are whoever's who may set them, and to IAM also those whose keys differ in case; an
// instance profile is not. So one that has a profile has to have a worker's. One that has none
// goes by its tags: Ray's own default gives workers none, and a cluster that takes these
// policies on still has to end those that it launched before.
func runWorkers(o Options, s Scope) policydoc.Statement {
	keys := []string{"Name", "ray-*"}
	if o.CloudWatch {
		keys = append(append(keys, agentInstalledTag), agentConfigTags...)
	}
	return policydoc.Statement{
		Sid:      "RunWorkers",
		Effect:   "Allow",
		Action:   []string{"ec2:CreateTags", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"},
		Resource: s.instances(),
		Condition: and(o.ownWorkers("aws:ResourceTag/"), s.noOtherProfile(), condition{
			"StringEqualsIfExists":    {"aws:RequestTag/" + kindTag: {workerKind}},
			"Null":                    {"aws:RequestTag/" + clusterTag: {"true"}},
			"ForAllValues:StringLike": {"aws:TagKeys": keys},
		}),
	}
}

// spotRole lets the account's first Spot Instance create the role that Spot works with.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
func spotRole(s Scope) policydoc.Statement {
	const service = "spot.amazonaws.com"
	return policydoc.Statement{
		Sid:       "SpotRole",
		Effect:    "Allow",
		Action:    []string{"iam:CreateServiceLinkedRole"},
		Resource:  []string{"arn:" + s.Partition + ":iam::" + s.Account + ":role/aws-service-role/" + service + "/AWSServiceRoleForEC2Spot"},
		Condition: condition{"StringEquals": {"iam:AWSServiceName": {service}}},
	}
}
