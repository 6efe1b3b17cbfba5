package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// autoscalerPolicy lets the head do what Ray's autoscaler does, only to the workers of its own
// cluster. The calls come from Ray's sources,
// python/ray/autoscaler/_private/aws/node_provider.py and config.py. The actions, resources
// and condition keys come from
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

// describe lets the head read. The autoscaler itself describes instances and instance types.
// It describes the rest when it takes its workers down: with `ray teardown`, at the end of
// `ray submit --stop` and when the autoscaler fails. With CloudWatch, Ray waits for a worker
// and for the commands sent to it, and looks whether an image has the agent. None of these
// actions supports resource-level permissions: ssm:ListCommandInvocations shows the commands
// that anybody sent in the Region, and the beginning of their output.
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

// launchWorkers lets the head launch instances that have the tags of this cluster's workers
// from the start, and one of the workers' instance profiles. An instance with the head's own
// profile would have all of the head's permissions.
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

// launchWith allows the resources that a launch needs besides the instance. In a shared VPC,
// subnets and security groups belong to another account. An image's ARN has no account.
// Snapshots are not allowed: a volume made from a snapshot would expose its data. EC2 does not
// authorize a launch on the snapshots of the image.
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

// launchWithTagged allows capacity reservations, launch templates, placement groups and, if
// none are listed, images that their owner has tagged with the cluster's name. Another account
// may own a capacity reservation and share it.
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

// launchPublic allows public images. A private image would expose its content to whoever
// launches it.
func launchPublic(s Scope) policydoc.Statement {
	st := allow("LaunchPublic", s.ec2ARNs("", "image", nil), "ec2:RunInstances")
	st.Condition = condition{"Bool": {"ec2:Public": {"true"}}}
	return st
}

// tagAtLaunch lets a launch set Ray's tags: EC2 authorizes the tags of RunInstances as
// CreateTags too. LaunchWorkers fixes the values of ray-cluster-name and ray-node-type.
func tagAtLaunch(o Options, s Scope) policydoc.Statement {
	keys := []string{"Name", "ray-*"}
	if o.CloudWatch {
		keys = append(keys, agentInstalledTag)
	}
	return atLaunch("TagAtLaunch", s.instances(), append(keys, o.InstanceTagKeys...))
}

// tagPartsAtLaunch lets a launch set the owner's own tags, and none of Ray's tags, on the
// network interfaces, volumes and Spot requests that it creates.
func tagPartsAtLaunch(o Options, s Scope) policydoc.Statement {
	resources := slices.Concat(s.ec2ARNs(s.Account, "network-interface", nil), s.ec2ARNs(s.Account, "volume", nil))
	if o.Spot {
		resources = append(resources, s.ec2ARNs(s.Account, "spot-instances-request", nil)...)
	}
	return atLaunch("TagPartsAtLaunch", resources, o.InstanceTagKeys)
}

// atLaunch returns a statement that allows tags with these keys as part of a launch.
func atLaunch(sid string, resources, keys []string) policydoc.Statement {
	st := allow(sid, resources, "ec2:CreateTags")
	st.Condition = tagsAtLaunch(keys)
	return st
}

// runWorkers lets the head start, stop and terminate the cluster's workers, and set Ray's tags
// on them. The pattern ray-* also covers tags of later versions of Ray. When Ray starts a
// stopped worker again, it sets the tags of a launch again, except ray-cluster-name. So the
// head may set ray-node-type, only to worker, and may not set ray-cluster-name. A call without
// tags in its request meets these conditions on tags. The head is not one of the workers: it
// ends itself by `shutdown`, which needs no permission.
//
// Anyone with ec2:CreateTags can set these tags, or tags whose keys differ in case, which IAM
// does not tell apart. ec2:CreateTags cannot change an instance profile. So an instance that
// has a profile must have a worker's profile. An instance without a profile is judged by its
// tags alone: Ray's own default gives workers no profile, and a cluster that changes to these
// policies still has to end the workers that it launched before.
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

// spotRole lets the account's first Spot launch create the service-linked role
// AWSServiceRoleForEC2Spot.
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
