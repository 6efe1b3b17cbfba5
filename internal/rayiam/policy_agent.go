package rayiam

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// agentPolicy lets the CloudWatch agent of a node report, and the SSM agent take the
// commands that set it up. It is to CloudWatchAgentServerPolicy and
// AmazonSSMManagedInstanceCore what the cluster uses of them: only its own metrics,
// log groups and parameter, by the names of Ray's example configuration, and Run
// Command alone, without the data channels of Session Manager.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html
func agentPolicy(lp LeastPrivilege, stack Stack) string {
	own := lp.ClusterName + "-ray*"
	return policydoc.New(
		policydoc.Statement{
			Sid:      "Metrics",
			Effect:   "Allow",
			Action:   []string{"cloudwatch:PutMetricData"},
			Resource: []string{"*"},
			Condition: condition{
				"StringEquals": {"aws:RequestedRegion": {stack.Region}},
				"StringLike":   {"cloudwatch:namespace": {own}},
			},
		},
		policydoc.Statement{
			Sid:    "Logs",
			Effect: "Allow",
			Action: []string{
				"logs:CreateLogGroup",
				"logs:CreateLogStream",
				"logs:DescribeLogStreams",
				"logs:PutLogEvents",
				"logs:PutRetentionPolicy",
			},
			Resource: []string{stack.arn("logs", stack.Account, "log-group:"+own)},
		},
		policydoc.Statement{
			Sid:      "AgentConfig",
			Effect:   "Allow",
			Action:   []string{"ssm:GetParameter"},
			Resource: []string{lp.parameterARN(stack, "agent")},
		},
		policydoc.Statement{
			Sid:    "Agents",
			Effect: "Allow",
			Action: []string{
				"ec2:DescribeTags",
				"ec2:DescribeVolumes",
				"ec2messages:AcknowledgeMessage",
				"ec2messages:DeleteMessage",
				"ec2messages:FailMessage",
				"ec2messages:GetEndpoint",
				"ec2messages:GetMessages",
				"ec2messages:SendReply",
				"ssm:ListInstanceAssociations",
				"ssm:UpdateInstanceInformation",
				"ssmmessages:CreateControlChannel",
				"ssmmessages:OpenControlChannel",
			},
			Resource:  []string{"*"},
			Condition: stack.inRegion(),
		},
	)
}
