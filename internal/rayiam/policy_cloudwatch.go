package rayiam

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// The tags by which Ray's CloudWatch integration remembers what it did to a worker.
const (
	agentInstalledTag = "cloudwatch-agent-installed"
	agentConfigTags   = "cloudwatch-config-hash-*"
)

// cloudWatchPolicy lets the head set up the CloudWatch agent on its workers, as
// Ray's python/ray/autoscaler/_private/aws/cloudwatch/cloudwatch_helper.py does: by
// one SSM document, with what `ray up` left in the cluster's parameters.
func cloudWatchPolicy(lp LeastPrivilege, stack Stack) string {
	return policydoc.New(
		policydoc.Statement{
			Sid:       "Observe",
			Effect:    "Allow",
			Action:    []string{"ec2:DescribeImages", "ec2:DescribeInstanceStatus", "ssm:ListCommandInvocations"},
			Resource:  []string{"*"},
			Condition: stack.inRegion(),
		},
		policydoc.Statement{
			Sid:      "AgentCommand",
			Effect:   "Allow",
			Action:   []string{"ssm:SendCommand"},
			Resource: []string{stack.arn("ssm", "", "document/AmazonCloudWatch-ManageAgent")},
		},
		policydoc.Statement{
			Sid:       "CommandWorkers",
			Effect:    "Allow",
			Action:    []string{"ssm:SendCommand"},
			Resource:  stack.ec2ARNs(stack.Account, "instance", nil),
			Condition: condition{"StringEquals": lp.ownWorkers("ssm:resourceTag/")},
		},
		policydoc.Statement{
			Sid:      "AlarmConfig",
			Effect:   "Allow",
			Action:   []string{"ssm:GetParameter"},
			Resource: []string{lp.parameterARN(stack, "alarm")},
		},
		alarms(lp, stack),
	)
}

// alarms: their names are the author's, by Ray's example with the instance's id at the
// end. An alarm's action can stop or terminate any instance, without the
// permissions of whoever made it: those here only notify.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html
func alarms(lp LeastPrivilege, stack Stack) policydoc.Statement {
	return policydoc.Statement{
		Sid:    "Alarms",
		Effect: "Allow",
		Action: []string{"cloudwatch:PutMetricAlarm"},
		Resource: []string{
			stack.arn("cloudwatch", stack.Account, "alarm:*_i-*"),
			stack.arn("cloudwatch", stack.Account, "alarm:"+lp.ClusterName+"-*"),
		},
		Condition: condition{"ForAllValues:StringLike": {"cloudwatch:AlarmActions": {stack.arn("sns", stack.Account, "*")}}},
	}
}

// parameterARN is of the parameter in which Ray keeps one kind of configuration.
func (lp LeastPrivilege) parameterARN(stack Stack, kind string) string {
	return stack.arn("ssm", stack.Account, "parameter/AmazonCloudWatch-ray_"+kind+"_config_"+lp.ClusterName)
}
