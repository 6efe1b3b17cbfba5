package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// runHead lets the launcher set the tags that Ray sets on a running head, stop it, start it
// again, and then set the tags of a launch again, but for the cluster's name, and terminate
// it. To set the cluster's name is refused in any case of its key, since no key that IAM
// takes for it may be there. The kind has to stay head. A call without tags in its request
// meets what is said of them. Tags are whoever's who may set them, an instance profile is
// not: a machine that has one has to have the head's.
func (l Launcher) runHead() policydoc.Statement {
	keys := l.tagKeys()
	if l.CloudWatch {
		keys = append(keys, "cloudwatch-config-hash-*")
	}
	return policydoc.Statement{
		Sid:      "RunHead",
		Effect:   "Allow",
		Action:   []string{"ec2:CreateTags", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"},
		Resource: l.instances(),
		Condition: condition{
			"ArnEqualsIfExists":       {"ec2:InstanceProfile": {l.HeadProfileARN}},
			"StringEquals":            l.ofKind("aws:ResourceTag/", headKind),
			"StringEqualsIfExists":    {"aws:RequestTag/" + kindTag: {headKind}},
			"Null":                    {"aws:RequestTag/" + clusterTag: {"true"}},
			"ForAllValues:StringLike": {"aws:TagKeys": keys},
		},
	}
}

// endWorkers lets the launcher stop or terminate the workers: `ray down` does so itself,
// whether the head still runs or not. One that has an instance profile has to have one of
// the cluster's workers'.
func (l Launcher) endWorkers() policydoc.Statement {
	st := policydoc.Statement{
		Sid:       "EndWorkers",
		Effect:    "Allow",
		Action:    []string{"ec2:StopInstances", "ec2:TerminateInstances"},
		Resource:  l.instances(),
		Condition: condition{"StringEquals": l.ofKind("aws:ResourceTag/", workerKind)},
	}
	if len(l.WorkerProfileARNs) > 0 {
		st.Condition["ArnEqualsIfExists"] = map[string]policydoc.Values{"ec2:InstanceProfile": unique(l.WorkerProfileARNs)}
	}
	return st
}

// configureCloudWatch lets the launcher leave the configurations of agent, alarms and
// dashboard where the head and the agents read them, make the dashboard, and send the one
// document with which Ray starts and stops the agent: CommandHead says where to. Each action
// knows one of these kinds of resources alone. The two parameters that begin with a are the
// agent's and the alarms'.
func (l Launcher) configureCloudWatch() policydoc.Statement {
	return policydoc.Statement{
		Sid:    "ConfigureCloudWatch",
		Effect: "Allow",
		Action: []string{"cloudwatch:PutDashboard", "ssm:GetParameter", "ssm:PutParameter", "ssm:SendCommand"},
		Resource: []string{
			l.arn("ssm", "parameter/AmazonCloudWatch-ray_a????_config_"+l.ClusterName),
			l.arn("ssm", "parameter/AmazonCloudWatch-ray_dashboard_config_"+l.ClusterName),
			"arn:*:cloudwatch::" + l.account() + ":dashboard/" + l.ClusterName + "-*",
			l.ofAWS("AmazonCloudWatch-ManageAgent"),
		},
	}
}

// ofAWS returns the ARN of a document of AWS's own, whose account is none in some places and
// the caller's in others. Nobody else has documents of such names.
func (l Launcher) ofAWS(document string) string {
	return "arn:*:ssm:" + l.Region + ":*:document/" + document
}

// commandHead allows the agent's document on the head.
func (l Launcher) commandHead() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "CommandHead",
		Effect:    "Allow",
		Action:    []string{"ssm:SendCommand"},
		Resource:  l.instances(),
		Condition: condition{"StringEquals": l.ofKind("ssm:resourceTag/", headKind)},
	}
}

// alarms lets the launcher make the head's alarms, as the head makes its workers': with no
// action but notifications. Ray's example names an alarm by the instance's id alone, which
// nobody knows before the launch.
func (l Launcher) alarms() policydoc.Statement {
	return policydoc.Statement{
		Sid:    "Alarms",
		Effect: "Allow",
		Action: []string{"cloudwatch:PutMetricAlarm"},
		Resource: []string{
			l.arn("cloudwatch", "alarm:"+ofInstance),
			l.arn("cloudwatch", "alarm:"+l.ClusterName+"-*"),
		},
		Condition: condition{"ForAllValues:StringLike": {"cloudwatch:AlarmActions": {l.arn("sns", "*")}}},
	}
}

// sessions lets the launcher log in to the cluster's machines.
func (l Launcher) sessions() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "Sessions",
		Effect:    "Allow",
		Action:    []string{"ssm:StartSession"},
		Resource:  l.instances(),
		Condition: condition{"StringEquals": l.ofKind("ssm:resourceTag/", headKind, workerKind)},
	}
}

// sessionDocuments allows SSH through Session Manager, as auth.ssh_proxy_command of the
// cluster's YAML has it, and a shell. Documents have no tags of a cluster: hence their own
// statement.
func (l Launcher) sessionDocuments() policydoc.Statement {
	return policydoc.Statement{
		Sid:    "SessionDocuments",
		Effect: "Allow",
		Action: []string{"ssm:StartSession"},
		Resource: []string{
			l.ofAWS("AWS-StartSSHSession"),
			l.arn("ssm", "document/SSM-SessionManagerRunShell"),
		},
	}
}
