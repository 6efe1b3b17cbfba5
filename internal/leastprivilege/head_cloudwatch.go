package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// The tags by which Ray's CloudWatch integration remembers what it did to a worker.
const agentInstalledTag = "cloudwatch-agent-installed"

// manageAgent is the document by which Ray starts and stops the agent.
const manageAgent = "AmazonCloudWatch-ManageAgent"

var agentConfigTags = []string{"cloudwatch-config-hash-agent", "cloudwatch-config-hash-alarm", "cloudwatch-config-hash-dashboard"}

// cloudWatchPolicy lets the head set up the CloudWatch agent on its workers, as Ray's
// python/ray/autoscaler/_private/aws/cloudwatch/cloudwatch_helper.py does: by one SSM
// document, with what `ray up` left in the cluster's parameters.
func cloudWatchPolicy(o Options, s Scope) string {
	return policydoc.New(agentCommand(s), commandWorkers(o, s), alarmConfig(o, s), alarms(o, s))
}

// agentCommand allows the one document with which Ray starts and stops the agent. It
// runs no command of the head's choice. The document is AWS's own, whose ARN some of the
// Systems Manager's pages write without an account and some with the caller's: no account
// can have another document whose name begins with Amazon.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
func agentCommand(s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AgentCommand",
		Effect:   "Allow",
		Action:   []string{"ssm:SendCommand"},
		Resource: []string{s.arn("ssm", "", "document/"+manageAgent), s.arn("ssm", s.Account, "document/"+manageAgent)},
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

// ofInstance is the pattern of the names of alarms in Ray's example, such as
// high_CPUUtilization_i-0123456789abcdef0: they end with the instance's id.
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/aws/cloudwatch/example-cloudwatch-alarm-config.json
const ofInstance = "*_i-?????????????????"

// alarms lets the head make alarms for its workers. The configuration's author names
// them: in Ray's example a name ends with the instance's id, which says nothing of the
// cluster; so the head may also replace such an alarm of another instance. An alarm's action can stop
// or terminate any instance, without the permissions of whoever made the alarm, so the
// only actions allowed are notifications.
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
