package rayiam

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// autoscalerPolicy lets the head do what Ray's autoscaler does, to the workers of
// its own cluster alone. That is read from Ray's sources, python/ray/autoscaler/
// _private/aws/node_provider.py and config.py; actions, resources and condition
// keys are those of
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func autoscalerPolicy(p Properties, stack Stack) string {
	lp := *p.LeastPrivilege
	statements := []policydoc.Statement{
		describe(stack),
		launchWorkers(p, stack),
		launchWith(lp, stack),
		launchWithTagged(lp, stack),
		tagAtLaunch(lp, stack),
		tagWorkers(lp, stack),
		runWorkers(lp, stack),
	}
	if lp.Spot {
		statements = append(statements, spotRole(stack))
	}
	return policydoc.New(statements...)
}

// describe: the first two are the autoscaler's own; it asks for the others when it
// takes its workers down with `ray teardown`, at the end of `ray submit --stop` and
// when the autoscaler fails. None of them knows resources.
func describe(stack Stack) policydoc.Statement {
	return policydoc.Statement{
		Sid:    "Describe",
		Effect: "Allow",
		Action: []string{
			"ec2:DescribeInstances",
			"ec2:DescribeInstanceTypes",
			"ec2:DescribeLaunchTemplateVersions",
			"ec2:DescribeSecurityGroups",
			"ec2:DescribeSubnets",
		},
		Resource:  []string{"*"},
		Condition: stack.inRegion(),
	}
}

// launchWorkers: what is launched is a worker of this cluster from its first moment
// and carries one of its workers' instance profiles. The head's own would be a way
// around all that is here.
func launchWorkers(p Properties, stack Stack) policydoc.Statement {
	var profiles []string
	for _, g := range p.WorkerGroups {
		profiles = append(profiles, stack.instanceProfileARN(p.Path, WorkerName(p.NamePrefix, g.Name)))
	}
	equal := p.LeastPrivilege.ownWorkers("aws:RequestTag/")
	if types := unique(p.LeastPrivilege.InstanceTypes); len(types) > 0 {
		equal["ec2:InstanceType"] = types
	}
	return policydoc.Statement{
		Sid:      "LaunchWorkers",
		Effect:   "Allow",
		Action:   []string{"ec2:RunInstances"},
		Resource: stack.ec2ARNs(stack.Account, "instance", nil),
		Condition: condition{
			"StringEquals": equal,
			"ArnEquals":    {"ec2:InstanceProfile": unique(profiles)},
		},
	}
}

// launchWith: what a launch touches besides the instance. In a shared VPC subnets and
// security groups are another account's; an image has none in its ARN. A snapshot
// is not among them: a volume made of any snapshot would show what is in it.
func launchWith(lp LeastPrivilege, stack Stack) policydoc.Statement {
	var resources []string
	add := func(account, kind string, names []string) {
		resources = append(resources, stack.ec2ARNs(account, kind, names)...)
	}
	add(stack.Account, "network-interface", nil)
	add(stack.Account, "volume", nil)
	add("", "image", lp.ImageIDs)
	add(stack.Account, "key-pair", lp.KeyNames)
	add("*", "security-group", lp.SecurityGroupIDs)
	add("*", "subnet", lp.SubnetIDs)
	if lp.Spot {
		add(stack.Account, "spot-instances-request", nil)
	}
	return policydoc.Statement{
		Sid:      "LaunchWith",
		Effect:   "Allow",
		Action:   []string{"ec2:RunInstances"},
		Resource: resources,
	}
}

// launchWithTagged: what a cluster may have of its own, once its owner tagged it.
func launchWithTagged(lp LeastPrivilege, stack Stack) policydoc.Statement {
	var resources []string
	for _, kind := range []string{"capacity-reservation", "launch-template", "placement-group"} {
		resources = append(resources, stack.ec2ARNs(stack.Account, kind, nil)...)
	}
	return policydoc.Statement{
		Sid:       "LaunchWithTagged",
		Effect:    "Allow",
		Action:    []string{"ec2:RunInstances"},
		Resource:  resources,
		Condition: condition{"StringEquals": {"aws:ResourceTag/" + clusterTag: {lp.ClusterName}}},
	}
}

// tagAtLaunch: RunInstances with tags is authorized as CreateTags too. What the tags
// of the cluster and of the node's kind say is pinned by LaunchWorkers.
func tagAtLaunch(lp LeastPrivilege, stack Stack) policydoc.Statement {
	keys := []string{"Name", "ray-*"}
	if lp.CloudWatch {
		keys = append(keys, agentInstalledTag)
	}
	return policydoc.Statement{
		Sid:      "TagAtLaunch",
		Effect:   "Allow",
		Action:   []string{"ec2:CreateTags"},
		Resource: stack.ec2ARNs(stack.Account, "instance", nil),
		Condition: condition{
			"StringEquals":            {"ec2:CreateAction": {"RunInstances"}},
			"ForAllValues:StringLike": {"aws:TagKeys": keys},
		},
	}
}

// tagWorkers: the tags that Ray sets later, among them those of a launch on a stopped
// worker that is started again. So the kind is one of them, but it stays a worker,
// and the cluster's is not.
func tagWorkers(lp LeastPrivilege, stack Stack) policydoc.Statement {
	keys := []string{
		"Name",
		"ray-file-mounts-contents",
		"ray-launch-config",
		"ray-launch-request",
		"ray-node-status",
		kindTag,
		"ray-runtime-config",
		"ray-user-node-type",
	}
	if lp.CloudWatch {
		keys = append(keys, agentInstalledTag, agentConfigTags)
	}
	return policydoc.Statement{
		Sid:      "TagWorkers",
		Effect:   "Allow",
		Action:   []string{"ec2:CreateTags"},
		Resource: stack.ec2ARNs(stack.Account, "instance", nil),
		Condition: condition{
			"StringEquals":            lp.ownWorkers("aws:ResourceTag/"),
			"StringEqualsIfExists":    {"aws:RequestTag/" + kindTag: {workerKind}},
			"ForAllValues:StringLike": {"aws:TagKeys": keys},
		},
	}
}

// runWorkers: the head is none of them. It ends itself by `shutdown`, which takes no
// permission.
func runWorkers(lp LeastPrivilege, stack Stack) policydoc.Statement {
	return policydoc.Statement{
		Sid:       "RunWorkers",
		Effect:    "Allow",
		Action:    []string{"ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"},
		Resource:  stack.ec2ARNs(stack.Account, "instance", nil),
		Condition: condition{"StringEquals": lp.ownWorkers("aws:ResourceTag/")},
	}
}

// spotRole: the first Spot Instance of an account needs the role that Spot works with.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
func spotRole(stack Stack) policydoc.Statement {
	const service = "spot.amazonaws.com"
	return policydoc.Statement{
		Sid:       "SpotRole",
		Effect:    "Allow",
		Action:    []string{"iam:CreateServiceLinkedRole"},
		Resource:  []string{stack.roleARN("/aws-service-role/"+service+"/", "AWSServiceRoleForEC2Spot")},
		Condition: condition{"StringEquals": {"iam:AWSServiceName": {service}}},
	}
}
