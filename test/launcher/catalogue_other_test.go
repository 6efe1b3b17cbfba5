package launcher

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
)

func (c *catalogue) addPassing() {
	for name, role := range map[string]string{
		"a worker's":               c.Role("cpu"),
		"an administrator's":       c.IAM("role", "admin"),
		"another cluster's head's": c.IAM("role", "ray-vision-head"),
		"one with a longer name":   c.Role("head2"),
		"one of the same name":     c.IAM("role", "elsewhere/ray-research-head"),
		"the provider's":           c.IAM("role", "ray-iam-ExecutionRole-1ABC"),
		"another account's":        strings.Replace(c.Role("head"), c.Account, otherAccount, 1),
	} {
		c.One(passing, name, "iam:PassRole", role, awscall.PassedTo("ec2"))
	}
	head := c.Role("head")
	for _, to := range []string{"lambda", "ecs-tasks", "sagemaker", "glue", "cloudformation", "ssm", "codebuild", "spotfleet"} {
		c.One(passing, "the head's, to "+to, "iam:PassRole", head, awscall.PassedTo(to))
	}
	c.One(passing, "the head's, to nobody", "iam:PassRole", head, nil)
}

// addTakeover adds all actions on machines that Ray does not need, on the cluster's own
// machines and on others.
func (c *catalogue) addTakeover() {
	instance := c.ARN("ec2", "instance/i-0bbbbbbbbbbbbbbbb")
	for _, t := range []tags{ownHead, ownWorker, untagged} {
		c.Each(takeover, instance, awscall.ResourceTags(t),
			"ec2:ModifyInstanceAttribute", "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:DisassociateIamInstanceProfile",
			"ec2:ModifyInstanceMetadataOptions", "ec2:GetPasswordData", "ec2:GetConsoleOutput", "ec2:AttachVolume", "ec2:DetachVolume", "ec2:CreateImage",
			"ec2-instance-connect:SendSSHPublicKey")
	}
	c.Each(takeover, instance, nil, "ec2:DescribeInstanceAttribute") // returns user data
	c.Each(takeover, c.ARN("ec2", "volume/vol-0b"), nil, "ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:DeleteVolume", "ec2:ModifyVolume")
	c.Each(takeover, "arn:aws:ec2:"+c.Region+"::snapshot/snap-0b", nil, "ec2:ModifySnapshotAttribute", "ec2:DeleteSnapshot", "ec2:CopySnapshot")
}

func (c *catalogue) addNetworks() {
	c.Each(networks, c.ARN("ec2", "security-group/sg-0b"), nil, "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup")
	c.Each(networks, c.ARN("ec2", "vpc/vpc-0b"), nil, "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:DeleteVpc", "ec2:CreateVpcPeeringConnection")
	c.Each(networks, c.ARN("ec2", "key-pair/ray-research"), nil, "ec2:CreateKeyPair", "ec2:ImportKeyPair", "ec2:DeleteKeyPair")
	c.Each(networks, "arn:aws:ec2:"+c.Region+"::image/ami-0b", nil, "ec2:ModifyImageAttribute", "ec2:DeregisterImage", "ec2:CopyImage")
	c.Each(networks, "arn:aws:ec2:"+c.Region+"::image/ami-0c", conditionKeys{"ec2:Public": {"true"}}, "ec2:ModifyImageAttribute", "ec2:CreateTags")
	c.Each(networks, c.ARN("ec2", "launch-template/lt-0b"), awscall.ResourceTags(ownHead), "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "ec2:DeleteLaunchTemplate")
	c.Each(networks, c.ARN("ec2", "capacity-reservation/cr-0b"), awscall.ResourceTags(ownHead), "ec2:CreateCapacityReservation", "ec2:CancelCapacityReservation")
	c.Each(networks, c.ARN("ec2", "network-interface/eni-0b"), nil, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute")
	c.Each(networks, c.ARN("ec2", "spot-instances-request/sir-0b"), nil, "ec2:RequestSpotInstances", "ec2:CancelSpotInstanceRequests")
	c.Each(networks, c.ARN("ec2", "fleet/fleet-0b"), nil, "ec2:CreateFleet", "ec2:DeleteFleets")
	c.Each(networks, "*", nil, "ec2:PurchaseReservedInstancesOffering", "ec2:DisableEbsEncryptionByDefault")
}

// addSessions adds sessions and commands: with a shell on a machine, or a command, somebody
// has the machine's role.
func (c *catalogue) addSessions() {
	const other = "i-0bbbbbbbbbbbbbbbb"
	session := call{Service: "ssm", Operation: "StartSession", Parameters: map[string]any{"Target": other, "DocumentName": "AWS-StartSSHSession"}, Tags: map[string]tags{other: ownHead}}
	send := call{Service: "ssm", Operation: "SendCommand", Parameters: map[string]any{"InstanceIds": []any{other}, "DocumentName": "AmazonCloudWatch-ManageAgent"}, Tags: map[string]tags{other: ownHead}}
	for name, t := range foreign {
		c.Call(sessions, "on "+name, session.OfAll(t))
		c.Call(sessions, "a shell on "+name, session.Set("DocumentName", "SSM-SessionManagerRunShell").OfAll(t))
		c.Call(sessions, "the agent's, to "+name, send.OfAll(t))
	}
	c.Call(sessions, "the agent's, to an own worker, as the head sends it", send.OfAll(ownWorker))
	for _, document := range []string{"AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartInteractiveCommand", "AWS-StartNonInteractiveCommand", "our-own-session"} {
		c.Call(sessions, document+", on the head", session.Set("DocumentName", document))
	}
	for _, document := range []string{"AWS-RunShellScript", "AWS-RunRemoteScript", "AmazonCloudWatch-ManageAgent2", "AWS-ConfigureAWSPackage", "our-own-script"} {
		c.Call(sessions, document+", to the head", send.Set("DocumentName", document))
	}
	c.Each(sessions, c.ARN("ssm", "session/somebody-else-0b"), nil, "ssm:TerminateSession", "ssm:ResumeSession") // other people's sessions
	c.Each(sessions, c.ARN("ssm", "managed-instance/mi-0b"), nil, "ssm:StartSession", "ssm:SendCommand")
	c.Each(sessions, c.ARN("ssm", "automation-definition/AWS-StopEC2Instance:1"), nil, "ssm:StartAutomationExecution")
	c.Each(sessions, c.ARN("ssm", "document/SSM-SessionManagerRunShell"), nil, "ssm:CreateDocument", "ssm:UpdateDocument", "ssm:ModifyDocumentPermission", "ssm:CreateAssociation", "ssm:SendCommand")
	c.Each(sessions, "*", nil, "ssm:DescribeSessions", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel")
	if !c.launcher.SessionManager {
		c.Each(sessions, "*", nil, "ssmmessages:OpenDataChannel")
	}
}

// addWatching adds alarms: an alarm's action can stop or terminate any instance, whatever
// the rights of the person who makes the alarm.
func (c *catalogue) addWatching() {
	alarm := call{Service: "cloudwatch", Operation: "PutMetricAlarm", Parameters: map[string]any{"AlarmName": cluster + "-cpu-i-0b", "AlarmActions": []any{c.ARN("sns", "ray-alarms")}}}
	for name, action := range map[string]string{
		"that terminates":               "arn:aws:automate:" + c.Region + ":ec2:terminate",
		"that starts a Lambda function": c.ARN("lambda", "function:x"),
		"that tells another account":    c.InAccount(otherAccount).ARN("sns", "x"),
		"that tells another Region":     c.InRegion("eu-west-1").ARN("sns", "x"),
	} {
		c.Call(watching, "an alarm "+name, alarm.Set("AlarmActions", []any{action}))
		c.Call(watching, "an alarm "+name+" and notifies", alarm.Set("AlarmActions", []any{c.ARN("sns", "ray-alarms"), action}))
	}
	for _, name := range []string{"billing", "research2-cpu", "my-research-cpu", "prod_i-forgot", "cpu_i-0123456789abcdef0-disk", "disk-i-0123456789abcdef0"} {
		c.Call(watching, "over the alarm "+name, alarm.Set("AlarmName", name))
	}
	c.Each(watching, c.ARN("cloudwatch", "alarm:research-cpu-i-0b"), nil, "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:SetAlarmState")
	dashboard := "arn:aws:cloudwatch::" + c.Account + ":dashboard/"
	for _, name := range []string{"company", "research2-x", "my-research-x"} {
		c.Each(watching, dashboard+name, nil, "cloudwatch:PutDashboard")
	}
	c.Each(watching, "arn:aws:cloudwatch::"+otherAccount+":dashboard/research-x", nil, "cloudwatch:PutDashboard")
	c.Each(watching, dashboard+"research-x", nil, "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard")
	for _, name := range []string{
		"database-password", "AmazonCloudWatch-ray_agent_config_research2", "AmazonCloudWatch-ray_alarm_config_my-research", "AmazonCloudWatch-ray_dashboard_config_research2",
		"AmazonCloudWatch-ray_agent_config_x_config_research", "AmazonCloudWatch-linux",
	} {
		c.Each(watching, c.ARN("ssm", "parameter/"+name), nil, "ssm:GetParameter", "ssm:PutParameter")
	}
	c.Each(watching, c.ARN("ssm", "parameter/AmazonCloudWatch-ray_agent_config_research"), nil, "ssm:DeleteParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory", "ssm:LabelParameterVersion")
	c.Each(watching, c.ARN("logs", "log-group:research-ray_logs_out"), nil, "logs:DeleteLogGroup", "logs:FilterLogEvents", "logs:PutSubscriptionFilter")
	c.Each(watching, "*", nil, "ssm:DescribeParameters")
	c.Each(watching, c.ARN("cloudwatch", "alarm:research-x"), nil, "cloudwatch:PutCompositeAlarm")
}

func (c *catalogue) addIdentity() {
	for _, role := range []string{"ray-research-head", "ray-research-cpu", "admin", "ray-launcher"} {
		c.Each(identity, c.IAM("role", role), nil, "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy",
			"iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreateRole", "iam:DeleteRole", "iam:TagRole")
	}
	c.Each(identity, c.Profile("head"), nil, "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:TagInstanceProfile")
	c.Each(identity, c.IAM("policy", "ray-launcher"), nil, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion")
	c.Each(identity, c.IAM("user", "x"), nil, "iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:CreateLoginProfile")
	for _, service := range []string{"spot", "ssm", "spotfleet"} {
		role := "aws-service-role/" + service + ".amazonaws.com/AWSServiceRoleForX"
		c.One(identity, "for "+service, "iam:CreateServiceLinkedRole", c.IAM("role", role), conditionKeys{"iam:AWSServiceName": {service + ".amazonaws.com"}})
	}
}

func (c *catalogue) addSecrets() {
	via := conditionKeys{"kms:ViaService": {"ec2." + c.Region + ".amazonaws.com"}}
	for _, action := range []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"} {
		c.One(secrets, "the volumes' key, past EC2", action, key(c.place), nil)
		c.One(secrets, "the volumes' key, by S3", action, key(c.place), conditionKeys{"kms:ViaService": {"s3." + c.Region + ".amazonaws.com"}})
		c.One(secrets, "another key", action, c.ARN("kms", "key/0b"), via)
	}
	granted := awscall.ForAWS("true")
	c.One(secrets, "for oneself, by EC2", "kms:CreateGrant", key(c.place), awscall.Merge(via, awscall.ForAWS("false")))
	c.One(secrets, "for whom is not said", "kms:CreateGrant", key(c.place), via)
	c.One(secrets, "past EC2", "kms:CreateGrant", key(c.place), granted)
	c.One(secrets, "of another key", "kms:CreateGrant", c.ARN("kms", "key/0b"), awscall.Merge(via, granted))
	c.One(secrets, "a grant of another's", "kms:RevokeGrant", key(c.place), awscall.Merge(via, granted))
	c.Each(secrets, key(c.place), via, "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:GenerateDataKey")
	for _, call := range [][2]string{
		{"s3:GetObject", "arn:aws:s3:::research-results/a"}, {"s3:ListBucket", "arn:aws:s3:::research-results"}, {"s3:ListAllMyBuckets", "*"},
		{"secretsmanager:GetSecretValue", c.ARN("secretsmanager", "secret:database-abcdef")}, {"sts:AssumeRole", c.Role("head")},
		{"sts:AssumeRole", c.IAM("role", "admin")}, {"lambda:InvokeFunction", c.ARN("lambda", "function:ray-iam")},
		{"lambda:UpdateFunctionCode", c.ARN("lambda", "function:ray-iam")}, {"cloudformation:UpdateStack", c.ARN("cloudformation", "stack/x/1")},
		{"cloudformation:DeleteStack", c.ARN("cloudformation", "stack/x/1")}, {"sns:Publish", c.ARN("sns", "ray-alarms")},
		{"autoscaling:CreateAutoScalingGroup", c.ARN("autoscaling", "autoScalingGroup:1:autoScalingGroupName/x")},
	} {
		c.One(secrets, "no business of a launcher's", call[0], call[1], nil)
	}
}
