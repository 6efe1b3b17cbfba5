package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// runHead lets the launcher set Ray's tags on a running head, and stop, start and terminate
// the head. When Ray starts the head again, it sets the tags of a launch again, except
// ray-cluster-name. No request may set the tag ray-cluster-name, in any case: IAM ignores case
// in the name of the condition key. ray-node-type may only be set to head. A call without tags
// in its request meets these conditions on tags. Anyone with ec2:CreateTags can set these
// tags, but not change an instance profile: so an instance that has a profile must have the
// head's profile.
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
// whether the head is running or not. If WorkerProfileARNs are given, a worker that has an
// instance profile must have one of these.
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

// configureCloudWatch lets the launcher store the configurations of agent, alarms and
// dashboard in the parameters that the head and the agents read, put the dashboard, and send
// the one SSM document with which Ray starts and stops the agent. CommandHead limits where it
// may send the document. Each action supports only one of these resource types. The pattern
// a???? matches agent and alarm.
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

// ofAWS returns the ARN of an SSM document that AWS owns. AWS writes it without an account in
// some places and with the caller's account in others. Only AWS can have documents with such
// names.
func (l Launcher) ofAWS(document string) string {
	return "arn:*:ssm:" + l.Region + ":*:document/" + document
}

// commandHead allows commands to the head. A command needs this statement and
// ConfigureCloudWatch.
func (l Launcher) commandHead() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "CommandHead",
		Effect:    "Allow",
		Action:    []string{"ssm:SendCommand"},
		Resource:  l.instances(),
		Condition: condition{"StringEquals": l.ofKind("ssm:resourceTag/", headKind)},
	}
}

// alarms lets the launcher create the head's alarms, as the head creates its workers' alarms:
// with no action but notifications. Ray's example names an alarm by the instance's id alone,
// which nobody knows before the launch.
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

// sessions lets the launcher log in to the cluster's instances.
func (l Launcher) sessions() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "Sessions",
		Effect:    "Allow",
		Action:    []string{"ssm:StartSession"},
		Resource:  l.instances(),
		Condition: condition{"StringEquals": l.ofKind("ssm:resourceTag/", headKind, workerKind)},
	}
}

// sessionDocuments allows SSH through Session Manager, as auth.ssh_proxy_command in the
// cluster's YAML starts it, and a shell. Documents do not have the cluster's tags, so they
// need their own statement.
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
