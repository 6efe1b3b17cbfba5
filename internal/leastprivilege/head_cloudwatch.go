package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// The tags in which Ray's CloudWatch integration records what it did to a worker.
const agentInstalledTag = "cloudwatch-agent-installed"

// manageAgent is the SSM document with which Ray starts and stops the agent.
const manageAgent = "AmazonCloudWatch-ManageAgent"

var agentConfigTags = []string{"cloudwatch-config-hash-agent", "cloudwatch-config-hash-alarm", "cloudwatch-config-hash-dashboard"}

// cloudWatchPolicy lets the head set up the CloudWatch agent on its workers, as Ray's
// python/ray/autoscaler/_private/aws/cloudwatch/cloudwatch_helper.py does: with one SSM
// document, and with the configuration that `ray up` has stored in the cluster's parameters.
func cloudWatchPolicy(o Options, s Scope) string {
	return policydoc.New(agentCommand(s), commandWorkers(o, s), alarmConfig(o, s), alarms(o, s))
}

// agentCommand allows the one SSM document with which Ray starts and stops the agent. The
// document runs no command of the head's choice. AWS owns it. Some pages of Systems Manager
// write its ARN without an account and some with the caller's account. No account can have
// another document whose name begins with Amazon.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
func agentCommand(s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AgentCommand",
		Effect:   "Allow",
		Action:   []string{"ssm:SendCommand"},
		Resource: []string{s.arn("ssm", "", "document/"+manageAgent), s.arn("ssm", s.Account, "document/"+manageAgent)},
	}
}

// commandWorkers allows commands to the cluster's own workers. A command needs this statement
// and AgentCommand.
func commandWorkers(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:       "CommandWorkers",
		Effect:    "Allow",
		Action:    []string{"ssm:SendCommand"},
		Resource:  s.instances(),
		Condition: o.ownWorkers("ssm:resourceTag/"),
	}
}

// alarmConfig lets the head read the configuration of its alarms, which `ray up` has stored in
// an SSM parameter.
func alarmConfig(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AlarmConfig",
		Effect:   "Allow",
		Action:   []string{"ssm:GetParameter"},
		Resource: []string{o.parameterARN(s, "alarm")},
	}
}

// ofInstance is the pattern of the alarm names in Ray's example, such as
// high_CPUUtilization_i-0123456789abcdef0, which end with the instance's id.
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/aws/cloudwatch/example-cloudwatch-alarm-config.json
const ofInstance = "*_i-?????????????????"

// alarms lets the head create alarms for its workers. The author of the configuration names
// them. In Ray's example a name ends with the instance's id and does not contain the cluster's
// name, so the head may also replace such an alarm of another instance. An alarm's action can
// stop or terminate any instance, whatever permissions the alarm's creator has, so the only
// actions allowed are notifications.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html
func alarms(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:    "Alarms",
		Effect: "Allow",
		Action: []string{"cloudwatch:PutMetricAlarm"},
		Resource: []string{
			s.arn("cloudwatch", s.Account, "alarm:"+ofInstance),
			s.arn("cloudwatch", s.Account, "alarm:"+o.names()+"-*"),
		},
		Condition: condition{"ForAllValues:StringLike": {"cloudwatch:AlarmActions": {s.arn("sns", s.Account, "*")}}},
	}
}
