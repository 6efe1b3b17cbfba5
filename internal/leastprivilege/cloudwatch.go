package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// The tags by which Ray's CloudWatch integration remembers what it did to a worker.
const agentInstalledTag = "cloudwatch-agent-installed"

var agentConfigTags = []string{"cloudwatch-config-hash-agent", "cloudwatch-config-hash-alarm", "cloudwatch-config-hash-dashboard"}

// cloudWatchPolicy lets the head set up the CloudWatch agent on its workers, as Ray's
// python/ray/autoscaler/_private/aws/cloudwatch/cloudwatch_helper.py does: by one SSM
// document, with what `ray up` left in the cluster's parameters.
func cloudWatchPolicy(o Options, s Scope) string {
	return policydoc.New(observe(s), agentCommand(s), commandWorkers(o, s), alarmConfig(o, s), alarms(o, s))
}

// observe lets the head wait for a worker and for its commands, and see whether an image
// has the agent. None of these actions knows resources.
func observe(s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:       "Observe",
		Effect:    "Allow",
		Action:    []string{"ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ssm:ListCommandInvocations"},
		Resource:  []string{"*"},
		Condition: s.inRegion(),
	}
}

// agentCommand allows the one document with which Ray starts and stops the agent. It
// runs no command of the head's choice.
func agentCommand(s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AgentCommand",
		Effect:   "Allow",
		Action:   []string{"ssm:SendCommand"},
		Resource: []string{s.arn("ssm", "", "document/AmazonCloudWatch-ManageAgent")},
	}
}

// commandWorkers allows that document on the cluster's own workers.
func commandWorkers(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:       "CommandWorkers",
		Effect:    "Allow",
		Action:    []string{"ssm:SendCommand"},
		Resource:  s.instances(),
		Condition: o.ownWorkers("ssm:resourceTag/"),
	}
}

// alarmConfig lets the head read the configuration of its alarms, which `ray up` has
// left in a parameter.
func alarmConfig(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AlarmConfig",
		Effect:   "Allow",
		Action:   []string{"ssm:GetParameter"},
		Resource: []string{o.parameterARN(s, "alarm")},
	}
}

// alarms lets the head make alarms for its workers. The configuration's author names
// them: in Ray's example a name ends with the instance's id. An alarm's action can stop
// or terminate any instance, without the permissions of whoever made the alarm, so the
// only actions allowed are notifications.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html
func alarms(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:    "Alarms",
		Effect: "Allow",
		Action: []string{"cloudwatch:PutMetricAlarm"},
		Resource: []string{
			s.arn("cloudwatch", s.Account, "alarm:*_i-*"),
			s.arn("cloudwatch", s.Account, "alarm:"+o.ClusterName+"-*"),
		},
		Condition: condition{"ForAllValues:StringLike": {"cloudwatch:AlarmActions": {s.arn("sns", s.Account, "*")}}},
	}
}
