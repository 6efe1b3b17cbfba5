package launcher

import "strings"

func (c *catalogue) addPassing() {
	const service = "iam:PassedToService"
	for name, role := range map[string]string{
		"a worker's":               c.iam("role", "ray-research-cpu"),
		"an administrator's":       c.iam("role", "admin"),
		"another cluster's head's": c.iam("role", "ray-vision-head"),
		"one whose name begins so": c.iam("role", "ray-research-head2"),
		"one of the same name":     c.iam("role", "elsewhere/ray-research-head"),
		"the provider's":           c.iam("role", "ray-iam-ExecutionRole-1ABC"),
		"another account's":        strings.Replace(c.iam("role", "ray-research-head"), c.account, otherAccount, 1),
	} {
		c.one(passing, name, "iam:PassRole", role, conditionKeys{service: {"ec2.amazonaws.com"}})
	}
	head := c.iam("role", "ray-research-head")
	for _, to := range []string{"lambda", "ecs-tasks", "sagemaker", "glue", "cloudformation", "ssm", "codebuild", "spotfleet"} {
		c.one(passing, "the head's, to "+to, "iam:PassRole", head, conditionKeys{service: {to + ".amazonaws.com"}})
	}
	c.one(passing, "the head's, to nobody", "iam:PassRole", head, nil)
}

// addTakeover: no action on a machine but those that Ray needs, on the cluster's own no
// more than on any other.
func (c *catalogue) addTakeover() {
	instance := c.arn("ec2", "instance/i-0bbbbbbbbbbbbbbbb")
	for _, t := range []tags{ownHead, ownWorker, untagged} {
		c.each(takeover, instance, resourceTags("aws:ResourceTag/", t),
			"ec2:ModifyInstanceAttribute", "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:DisassociateIamInstanceProfile",
			"ec2:ModifyInstanceMetadataOptions", "ec2:GetPasswordData", "ec2:GetConsoleOutput", "ec2:AttachVolume", "ec2:DetachVolume", "ec2:CreateImage",
			"ec2-instance-connect:SendSSHPublicKey")
	}
	c.each(takeover, instance, nil, "ec2:DescribeInstanceAttribute") // shows user data
	c.each(takeover, c.arn("ec2", "volume/vol-0b"), nil, "ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:DeleteVolume", "ec2:ModifyVolume")
	c.each(takeover, "arn:aws:ec2:"+c.region+"::snapshot/snap-0b", nil, "ec2:ModifySnapshotAttribute", "ec2:DeleteSnapshot", "ec2:CopySnapshot")
}

func (c *catalogue) addNetworks() {
	c.each(networks, c.arn("ec2", "security-group/sg-0b"), nil, "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup")
	c.each(networks, c.arn("ec2", "vpc/vpc-0b"), nil, "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:DeleteVpc", "ec2:CreateVpcPeeringConnection")
	c.each(networks, c.arn("ec2", "key-pair/ray-research"), nil, "ec2:CreateKeyPair", "ec2:ImportKeyPair", "ec2:DeleteKeyPair")
	c.each(networks, "arn:aws:ec2:"+c.region+"::image/ami-0b", nil, "ec2:ModifyImageAttribute", "ec2:DeregisterImage", "ec2:CopyImage")
	c.each(networks, "arn:aws:ec2:"+c.region+"::image/ami-0c", conditionKeys{"ec2:Public": {"true"}}, "ec2:ModifyImageAttribute", "ec2:CreateTags")
	c.each(networks, c.arn("ec2", "launch-template/lt-0b"), resourceTags("aws:ResourceTag/", ownHead), "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "ec2:DeleteLaunchTemplate")
	c.each(networks, c.arn("ec2", "capacity-reservation/cr-0b"), resourceTags("aws:ResourceTag/", ownHead), "ec2:CreateCapacityReservation", "ec2:CancelCapacityReservation")
	c.each(networks, c.arn("ec2", "network-interface/eni-0b"), nil, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute")
	c.each(networks, c.arn("ec2", "spot-instances-request/sir-0b"), nil, "ec2:RequestSpotInstances", "ec2:CancelSpotInstanceRequests")
	c.each(networks, c.arn("ec2", "fleet/fleet-0b"), nil, "ec2:CreateFleet", "ec2:DeleteFleets")
	c.each(networks, "*", nil, "ec2:PurchaseReservedInstancesOffering", "ec2:DisableEbsEncryptionByDefault")
}

// addSessions: whoever has a shell on a machine, or may send it a command, has its role.
func (c *catalogue) addSessions() {
	const other = "i-0bbbbbbbbbbbbbbbb"
	session := call{Service: "ssm", Operation: "StartSession", Parameters: map[string]any{"Target": other, "DocumentName": "AWS-StartSSHSession"}, Tags: map[string]tags{other: ownHead}}
	send := call{Service: "ssm", Operation: "SendCommand", Parameters: map[string]any{"InstanceIds": []any{other}, "DocumentName": "AmazonCloudWatch-ManageAgent"}, Tags: map[string]tags{other: ownHead}}
	for name, t := range foreign {
		c.call(sessions, "on "+name, session.onAll(t))
		c.call(sessions, "a shell on "+name, session.set("DocumentName", "SSM-SessionManagerRunShell").onAll(t))
		c.call(sessions, "the agent's, to "+name, send.onAll(t))
	}
	c.call(sessions, "the agent's, to an own worker, as the head sends it", send.onAll(ownWorker))
	for _, document := range []string{"AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartInteractiveCommand", "AWS-StartNonInteractiveCommand", "our-own-session"} {
		c.call(sessions, document+", on the head", session.set("DocumentName", document))
	}
	for _, document := range []string{"AWS-RunShellScript", "AWS-RunRemoteScript", "AmazonCloudWatch-ManageAgent2", "AWS-ConfigureAWSPackage", "our-own-script"} {
		c.call(sessions, document+", to the head", send.set("DocumentName", document))
	}
	c.each(sessions, c.arn("ssm", "session/somebody-else-0b"), nil, "ssm:TerminateSession", "ssm:ResumeSession") // of one's own no more
	c.each(sessions, c.arn("ssm", "managed-instance/mi-0b"), nil, "ssm:StartSession", "ssm:SendCommand")
	c.each(sessions, c.arn("ssm", "automation-definition/AWS-StopEC2Instance:1"), nil, "ssm:StartAutomationExecution")
	c.each(sessions, c.arn("ssm", "document/SSM-SessionManagerRunShell"), nil, "ssm:CreateDocument", "ssm:UpdateDocument", "ssm:ModifyDocumentPermission", "ssm:CreateAssociation", "ssm:SendCommand")
	c.each(sessions, "*", nil, "ssm:DescribeSessions", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel")
	if !c.launcher.SessionManager {
		c.each(sessions, "*", nil, "ssmmessages:OpenDataChannel")
	}
}

// addWatching: an alarm's action can stop or terminate any instance, without asking what
// its maker may do.
func (c *catalogue) addWatching() {
	alarm := call{Service: "cloudwatch", Operation: "PutMetricAlarm", Parameters: map[string]any{"AlarmName": cluster + "-cpu-i-0b", "AlarmActions": []any{c.arn("sns", "ray-alarms")}}}
	for name, action := range map[string]string{
		"that terminates":               "arn:aws:automate:" + c.region + ":ec2:terminate",
		"that starts a Lambda function": c.arn("lambda", "function:x"),
		"that tells another account":    place{otherAccount, c.region}.arn("sns", "x"),
		"that tells another Region":     place{c.account, "eu-west-1"}.arn("sns", "x"),
	} {
		c.call(watching, "an alarm "+name, alarm.set("AlarmActions", []any{action}))
		c.call(watching, "an alarm "+name+" and notifies", alarm.set("AlarmActions", []any{c.arn("sns", "ray-alarms"), action}))
	}
	for _, name := range []string{"billing", "research2-cpu", "my-research-cpu", "prod_i-forgot", "cpu_i-0123456789abcdef0-disk", "disk-i-0123456789abcdef0"} {
		c.call(watching, "over the alarm "+name, alarm.set("AlarmName", name))
	}
	c.each(watching, c.arn("cloudwatch", "alarm:research-cpu-i-0b"), nil, "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:SetAlarmState")
	dashboard := "arn:aws:cloudwatch::" + c.account + ":dashboard/"
	for _, name := range []string{"company", "research2-x", "my-research-x"} {
		c.each(watching, dashboard+name, nil, "cloudwatch:PutDashboard")
	}
	c.each(watching, "arn:aws:cloudwatch::"+otherAccount+":dashboard/research-x", nil, "cloudwatch:PutDashboard")
	c.each(watching, dashboard+"research-x", nil, "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard")
	for _, name := range []string{
		"database-password", "AmazonCloudWatch-ray_agent_config_research2", "AmazonCloudWatch-ray_alarm_config_my-research", "AmazonCloudWatch-ray_dashboard_config_research2",
		"AmazonCloudWatch-ray_agent_config_x_config_research", "AmazonCloudWatch-linux",
	} {
		c.each(watching, c.arn("ssm", "parameter/"+name), nil, "ssm:GetParameter", "ssm:PutParameter")
	}
	c.each(watching, c.arn("ssm", "parameter/AmazonCloudWatch-ray_agent_config_research"), nil, "ssm:DeleteParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory", "ssm:LabelParameterVersion")
	c.each(watching, c.arn("logs", "log-group:research-ray_logs_out"), nil, "logs:DeleteLogGroup", "logs:FilterLogEvents", "logs:PutSubscriptionFilter")
	c.each(watching, "*", nil, "ssm:DescribeParameters")
	c.each(watching, c.arn("cloudwatch", "alarm:research-x"), nil, "cloudwatch:PutCompositeAlarm")
}

func (c *catalogue) addIdentity() {
	for _, role := range []string{"ray-research-head", "ray-research-cpu", "admin", "ray-launcher"} {
		c.each(identity, c.iam("role", role), nil, "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy",
			"iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreateRole", "iam:DeleteRole", "iam:TagRole")
	}
	c.each(identity, c.profile("head"), nil, "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:TagInstanceProfile")
	c.each(identity, c.iam("policy", "ray-launcher"), nil, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion")
	c.each(identity, c.iam("user", "x"), nil, "iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:CreateLoginProfile")
	for _, service := range []string{"spot", "ssm", "spotfleet"} {
		role := "aws-service-role/" + service + ".amazonaws.com/AWSServiceRoleForX"
		c.one(identity, "for "+service, "iam:CreateServiceLinkedRole", c.iam("role", role), conditionKeys{"iam:AWSServiceName": {service + ".amazonaws.com"}})
	}
}

func (c *catalogue) addSecrets() {
	via := conditionKeys{"kms:ViaService": {"ec2." + c.region + ".amazonaws.com"}}
	for _, action := range []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"} {
		c.one(secrets, "the volumes' key, past EC2", action, key(c.place), nil)
		c.one(secrets, "the volumes' key, by S3", action, key(c.place), conditionKeys{"kms:ViaService": {"s3." + c.region + ".amazonaws.com"}})
		c.one(secrets, "another key", action, c.arn("kms", "key/0b"), via)
	}
	granted := conditionKeys{"kms:GrantIsForAWSResource": {"true"}}
	c.one(secrets, "for oneself, by EC2", "kms:CreateGrant", key(c.place), merge(via, conditionKeys{"kms:GrantIsForAWSResource": {"false"}}))
	c.one(secrets, "for whom is not said", "kms:CreateGrant", key(c.place), via)
	c.one(secrets, "past EC2", "kms:CreateGrant", key(c.place), granted)
	c.one(secrets, "of another key", "kms:CreateGrant", c.arn("kms", "key/0b"), merge(via, granted))
	c.one(secrets, "a grant of another's", "kms:RevokeGrant", key(c.place), merge(via, granted))
	c.each(secrets, key(c.place), via, "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:GenerateDataKey")
	for _, call := range [][2]string{
		{"s3:GetObject", "arn:aws:s3:::research-results/a"}, {"s3:ListBucket", "arn:aws:s3:::research-results"}, {"s3:ListAllMyBuckets", "*"},
		{"secretsmanager:GetSecretValue", c.arn("secretsmanager", "secret:database-abcdef")}, {"sts:AssumeRole", c.iam("role", "ray-research-head")},
		{"sts:AssumeRole", c.iam("role", "admin")}, {"lambda:InvokeFunction", c.arn("lambda", "function:ray-iam")},
		{"lambda:UpdateFunctionCode", c.arn("lambda", "function:ray-iam")}, {"cloudformation:UpdateStack", c.arn("cloudformation", "stack/x/1")},
		{"cloudformation:DeleteStack", c.arn("cloudformation", "stack/x/1")}, {"sns:Publish", c.arn("sns", "ray-alarms")},
		{"autoscaling:CreateAutoScalingGroup", c.arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/x")},
	} {
		c.one(secrets, "no business of a launcher's", call[0], call[1], nil)
	}
}
