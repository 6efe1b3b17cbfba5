package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// agentPolicy lets the CloudWatch agent of a node report, and the SSM agent take the commands
// that set it up. It allows what the cluster uses of CloudWatchAgentServerPolicy and
// AmazonSSMManagedInstanceCore: its own metrics, log groups and parameter, by the names
// of Ray's example configuration, and Run Command without the data channels of Session
// Manager.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html
func agentPolicy(o Options, s Scope) string {
	return policydoc.New(metrics(o, s), logs(o, s), agentConfig(o, s), agents(s))
}

// metrics lets a node report to the cluster's own metric namespaces.
func metrics(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "Metrics",
		Effect:   "Allow",
		Action:   []string{"cloudwatch:PutMetricData"},
		Resource: []string{"*"},
		Condition: condition{
			"StringEquals": {"aws:RequestedRegion": {s.Region}},
			"StringLike":   {"cloudwatch:namespace": {o.reportNames()}},
		},
	}
}

// logs lets a node write to the cluster's own log groups, and make them.
func logs(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:    "Logs",
		Effect: "Allow",
		Action: []string{
			"logs:CreateLogGroup",
			"logs:CreateLogStream",
			"logs:DescribeLogStreams",
			"logs:PutLogEvents",
			"logs:PutRetentionPolicy",
		},
		Resource: []string{s.arn("logs", s.Account, "log-group:"+o.reportNames())},
	}
}

// agentConfig lets a node read the agent's configuration, which `ray up` has left in
// a parameter.
func agentConfig(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AgentConfig",
		Effect:   "Allow",
		Action:   []string{"ssm:GetParameter"},
		Resource: []string{o.parameterARN(s, "agent")},
	}
}

// agents lets the CloudWatch agent look its own dimensions up, and the SSM agent
// register the node and take commands. None of these actions knows resources.
func agents(s Scope) policydoc.Statement {
	return policydoc.Statement{
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
		Condition: s.inRegion(),
	}
}

// reportNames is the pattern of the cluster's metric namespaces and log groups in Ray's
// example configuration.
func (o Options) reportNames() string { return o.ClusterName + "-ray*" }

// parameterARN is of the parameter in which Ray keeps one kind of configuration.
func (o Options) parameterARN(s Scope, kind string) string {
	return s.arn("ssm", s.Account, "parameter/AmazonCloudWatch-ray_"+kind+"_config_"+o.ClusterName)
}
