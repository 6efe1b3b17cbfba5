package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// agentStatements let the CloudWatch agent of a node send metrics and logs, and let the SSM
// agent receive the Run Command commands that set the CloudWatch agent up, or the sessions of
// people who log in. They allow the part of CloudWatchAgentServerPolicy and
// AmazonSSMManagedInstanceCore that the cluster uses: metrics, log groups and the parameter
// with the cluster's names in Ray's example configuration, Run Command without the data
// channels of Session Manager, and Session Manager without Run Command. They do not allow
// reading every parameter of the account.
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

// metrics lets a node put metrics into the cluster's own metric namespaces.
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

// logs lets a node create the cluster's own log groups and write to them.
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

// agentConfig lets a node read the configuration of the CloudWatch agent, which `ray up` has
// stored in an SSM parameter.
func agentConfig(o Options, s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "AgentConfig",
		Effect:   "Allow",
		Action:   []string{"ssm:GetParameter"},
		Resource: []string{o.parameterARN(s, "agent")},
	}
}

// agents lets the SSM agent register the node and receive commands or sessions. It lets the
// CloudWatch agent look up its own dimensions, and whether a log group already has its
// retention. Only ssm:UpdateInstanceInformation and ssm:ListInstanceAssociations support
// resource-level permissions, on instances, and a role's policies have no room for another
// statement.
//
// The policies of people say who may start a session. The head starts none: Ray removes
// ssh_proxy_command and ssh_proxy_use_node_id from the head's configuration.
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
