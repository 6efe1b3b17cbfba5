package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// agentStatements let the CloudWatch agent of a node report, and the SSM agent take the
// commands that set it up, or the sessions of people who log in. They allow what the
// cluster uses of CloudWatchAgentServerPolicy and AmazonSSMManagedInstanceCore: its own
// metrics, log groups and parameter, by the names of Ray's example configuration, Run
// Command without the data channels of Session Manager, and Session Manager without Run
// Command and without every parameter of the account.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html
func agentStatements(o Options, s Scope) []policydoc.Statement {
	var statements []policydoc.Statement
	if o.CloudWatch {
		statements = append(statements, metrics(o, s), logs(o, s), agentConfig(o, s))
	}
	if o.CloudWatch || o.SessionManager {
		statements = append(statements, agents(o, s))
	}
	return statements
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

// agents lets the SSM agent register the node and take commands or sessions, and the
// CloudWatch agent look its own dimensions up, and whether a log group has its retention
// yet. None of these actions knows resources but ssm:UpdateInstanceInformation and
// ssm:ListInstanceAssociations, which know instances: a policy has no room to say so.
//
// Who may start a session is said in the policies of people. The head starts none: Ray rids
// its configuration of ssh_proxy_command and ssh_proxy_use_node_id.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func agents(o Options, s Scope) policydoc.Statement {
	actions := []string{"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"}
	if o.CloudWatch {
		actions = append(actions,
			"ec2:DescribeTags",
			"ec2:DescribeVolumes",
			"ec2messages:AcknowledgeMessage",
			"ec2messages:DeleteMessage",
			"ec2messages:FailMessage",
			"ec2messages:GetEndpoint",
			"ec2messages:GetMessages",
			"ec2messages:SendReply",
			"logs:DescribeLogGroups",
			"ssm:ListInstanceAssociations",
		)
	}
	if o.SessionManager {
		actions = append(actions, "ssmmessages:CreateDataChannel", "ssmmessages:OpenDataChannel")
	}
	st := allow("Agents", []string{"*"}, unique(actions)...)
	st.Condition = s.inRegion()
	return st
}
