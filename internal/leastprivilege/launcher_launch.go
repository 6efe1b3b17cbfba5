package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

const headKind = "head"

// describe lets the launcher read. With CloudWatch, Ray waits for the head and for the
// commands sent to it, and looks whether an image has the agent. With SessionManager, the
// Session Manager plugin opens a session's data channel with the token that StartSession
// returns. None of these actions supports resource-level permissions.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmessagegatewayservice.html
func (l Launcher) describe() policydoc.Statement {
	actions := []string{
		"ec2:DescribeInstanceTypes",
		"ec2:DescribeInstances",
		"ec2:DescribeLaunchTemplateVersions",
		"ec2:DescribeSecurityGroups",
		"ec2:DescribeSubnets",
	}
	if l.CloudWatch {
		actions = append(actions, "ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ssm:ListCommandInvocations")
	}
	if l.SessionManager {
		actions = append(actions, "ssmmessages:OpenDataChannel")
	}
	return policydoc.Statement{
		Sid:       "Describe",
		Effect:    "Allow",
		Action:    actions,
		Resource:  []string{"*"},
		Condition: condition{"StringEquals": l.inRegion()},
	}
}

// tagKeys returns patterns of the tag keys that Ray sets on a head. The pattern ray-* also
// covers tags of later versions of Ray.
func (l Launcher) tagKeys() policydoc.Values {
	keys := policydoc.Values{"Name", "ray-*"}
	if l.CloudWatch {
		keys = append(keys, agentInstalledTag)
	}
	return keys
}

// launchHead lets the launcher launch an instance that has the tags of the cluster's head from
// the start, and the head's instance profile. A request without tags has no aws:RequestTag, so
// the statement does not allow it.
func (l Launcher) launchHead() policydoc.Statement {
	equal := l.ofKind("aws:RequestTag/", headKind)
	if types := unique(l.InstanceTypes); len(types) > 0 {
		equal["ec2:InstanceType"] = types
	}
	head := condition{
		"StringEquals": equal,
		"ArnEquals":    {"ec2:InstanceProfile": {l.HeadProfileARN}},
	}
	if !l.Spot {
		head = and(head, notSpot())
	}
	return policydoc.Statement{
		Sid:       "LaunchHead",
		Effect:    "Allow",
		Action:    []string{"ec2:RunInstances"},
		Resource:  l.instances(),
		Condition: head,
	}
}

// launchWith allows the resources that a launch needs besides the instance. Snapshots are not
// allowed: a volume made from a snapshot would expose its data.
func (l Launcher) launchWith() policydoc.Statement {
	resources := slices.Concat(
		anywhere("network-interface", nil),
		anywhere("volume", nil),
		anywhere("subnet", l.SubnetIDs),
		anywhere("security-group", l.SecurityGroupIDs),
		anywhere("key-pair", l.KeyNames),
	)
	if len(l.ImageIDs) > 0 {
		resources = append(resources, anywhere("image", l.ImageIDs)...)
	}
	if l.Spot {
		resources = append(resources, anywhere("spot-instances-request", nil)...)
	}
	return policydoc.Statement{
		Sid:       "LaunchWith",
		Effect:    "Allow",
		Action:    []string{"ec2:RunInstances"},
		Resource:  resources,
		Condition: condition{"StringEquals": l.inRegion()},
	}
}

// launchWithTagged allows capacity reservations, launch templates, placement groups and, if
// none are listed, images that their owner has tagged with the cluster's name. Another account
// may own a capacity reservation and share it.
func (l Launcher) launchWithTagged() policydoc.Statement {
	kinds := []string{"capacity-reservation", "launch-template", "placement-group"}
	if len(l.ImageIDs) == 0 {
		kinds = append(kinds, "image")
	}
	var resources []string
	for _, kind := range kinds {
		resources = append(resources, "arn:*:ec2:"+l.Region+":*:"+kind+"/*")
	}
	return policydoc.Statement{
		Sid:       "LaunchWithTagged",
		Effect:    "Allow",
		Action:    []string{"ec2:RunInstances"},
		Resource:  resources,
		Condition: condition{"StringEquals": {"aws:ResourceTag/" + clusterTag: {l.ClusterName}}},
	}
}

// launchPublicImages allows public images. A private image would expose its content to whoever
// launches it.
func (l Launcher) launchPublicImages() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "LaunchPublicImages",
		Effect:    "Allow",
		Action:    []string{"ec2:RunInstances"},
		Resource:  []string{"arn:*:ec2:" + l.Region + "::image/*"},
		Condition: condition{"Bool": {"ec2:Public": {"true"}}},
	}
}

// tagAtLaunch lets a launch set the head's tags: EC2 authorizes the tags of RunInstances as
// CreateTags too. LaunchHead fixes the values of ray-cluster-name and ray-node-type.
func (l Launcher) tagAtLaunch() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "TagAtLaunch",
		Effect:    "Allow",
		Action:    []string{"ec2:CreateTags"},
		Resource:  l.instances(),
		Condition: tagsAtLaunch(l.tagKeys()),
	}
}

// passHeadRole lets the launcher pass the head's role to EC2, and to no other service.
func (l Launcher) passHeadRole() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "PassHeadRole",
		Effect:    "Allow",
		Action:    []string{"iam:PassRole"},
		Resource:  []string{l.HeadRoleARN},
		Condition: condition{"StringEquals": {"iam:PassedToService": l.suffixed("ec2")}},
	}
}
