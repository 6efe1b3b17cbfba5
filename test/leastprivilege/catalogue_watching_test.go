package leastprivilege

import (
	"fmt"
	"strings"
)

// addWatching: an alarm's action can stop or terminate any instance, without asking what
// its maker may do.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html
func (c *catalogue) addWatching() {
	alarm := c.recordedCall("PutMetricAlarm", anyCall)
	for name, action := range map[string]string{
		"that terminates":                   "arn:aws:automate:" + c.region + ":ec2:terminate",
		"that stops, by a role":             "arn:aws:swf:" + c.region + ":" + c.account + ":action/actions/AWS_EC2.InstanceId.Stop/1.0",
		"that starts a Lambda function":     c.arn("lambda", "function:x"),
		"that runs an automation":           c.arn("ssm", "opsitem:1"),
		"that tells another account":        place{otherAccount, c.region}.arn("sns", "x"),
		"that scales somebody else's group": c.arn("autoscaling", "scalingPolicy:1:autoScalingGroupName/x:policyName/y"),
	} {
		c.call(watching, "an alarm "+name, set(alarm, "AlarmActions", []any{action}))
		c.call(watching, "an alarm "+name+" and notifies", set(alarm, "AlarmActions", []any{alarm.Parameters["AlarmActions"].([]any)[0], action}))
	}
	for _, name := range []string{"prod_i-forgot", "cpu_i-0123456789abcdef0-disk", "disk-i-0123456789abcdef0", "billing", "research2-cpu", "my-research-cpu"} {
		c.call(watching, "over the alarm "+name, set(alarm, "AlarmName", name))
	}
	for _, own := range []string{"research-cpu-i-0b", "billing"} {
		c.each(watching, c.arn("cloudwatch", "alarm:"+own), nil, "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:SetAlarmState")
	}
	c.each(watching, "arn:aws:cloudwatch::"+c.account+":dashboard/x", nil, "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards")
	for _, namespace := range []string{"AWS/EC2", "production", "research2-ray-CWAgent", "CWAgent"} {
		c.one(watching, "to "+namespace, "cloudwatch:PutMetricData", c.dataset(), conditionKeys{"cloudwatch:namespace": {namespace}})
	}
	for _, group := range []string{"/aws/lambda/payroll", "research2-ray_logs_out", "my-research-ray"} {
		c.each(watching, c.arn("logs", "log-group:"+group), nil, "logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:PutRetentionPolicy")
		c.each(watching, c.arn("logs", "log-group:"+group+":log-stream:x"), nil, "logs:CreateLogStream", "logs:PutLogEvents")
	}
	own := c.arn("logs", "log-group:research-ray_logs_out")
	c.each(watching, own, nil, "logs:DeleteLogGroup", "logs:FilterLogEvents", "logs:PutSubscriptionFilter", "logs:DeleteRetentionPolicy")
	c.each(watching, own+":log-stream:x", nil, "logs:GetLogEvents", "logs:DeleteLogStream")
	c.each(watching, c.arn("fsx", "file-system/fs-0b"), nil, "fsx:CreateFileSystem", "fsx:UpdateFileSystem", "fsx:DeleteFileSystem", "fsx:TagResource")
	c.each(watching, c.fileSystem("fs-0ccccccccccccccccc"), nil, "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:DescribeMountTargets")
	c.each(watching, c.fileSystem(archive), nil, "elasticfilesystem:ClientWrite")
	for _, own := range []string{fileSystem, archive} {
		c.each(watching, c.fileSystem(own), nil, "elasticfilesystem:ClientRootAccess", "elasticfilesystem:DeleteFileSystem", "elasticfilesystem:PutFileSystemPolicy", "elasticfilesystem:CreateMountTarget")
	}
	c.each(watching, c.arn("fsx", "backup/backup-0b"), nil, "fsx:CreateBackup", "fsx:DeleteBackup", "fsx:CreateFileSystemFromBackup")
}

func (c *catalogue) addIdentity() {
	for _, own := range []string{"ray-research-head", "ray-research-cpu", "admin"} {
		c.each(identity, c.iam("role", own), nil, "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy",
			"iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreateRole", "iam:DeleteRole", "iam:GetRolePolicy")
	}
	c.each(identity, c.profile("cpu"), nil, "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:GetInstanceProfile")
	c.each(identity, c.iam("policy", "x"), nil, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
	c.each(identity, c.iam("user", "x"), nil, "iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:CreateLoginProfile", "iam:ListAccessKeys")
	const key = "iam:AWSServiceName"
	spot := c.iam("role", "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot")
	for name, context := range map[string]conditionKeys{"for Spot Fleet": {key: {"spotfleet.amazonaws.com"}}, "for no service": nil} {
		c.one(identity, "the Spot role "+name, "iam:CreateServiceLinkedRole", spot, context)
	}
	for _, role := range []string{"aws-service-role/spot.amazonaws.com/Another", "aws-service-role/spotfleet.amazonaws.com/AWSServiceRoleForEC2Spot"} {
		c.one(identity, "another role for Spot", "iam:CreateServiceLinkedRole", c.iam("role", role), conditionKeys{key: {"spot.amazonaws.com"}})
	}
	c.each(identity, spot, nil, "iam:DeleteServiceLinkedRole")
	c.one(identity, "SSM's role", "iam:CreateServiceLinkedRole", c.iam("role", "aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"), conditionKeys{key: {"ssm.amazonaws.com"}})
}

// addRegions: what is right, but in another Region, where the cluster has nothing.
func (c *catalogue) addRegions() {
	there := place{c.account, "eu-west-1"}
	for _, recorded := range c.perAction() {
		cases, err := there.authorizations(recorded)
		if err != nil {
			panic(err)
		}
		c.add(regions, recorded.Operation+" in Ireland", "head", cases)
	}
	seen := map[string]bool{} // one right may come of two options
	for _, r := range c.rights() {
		for _, right := range r.cases {
			if key := fmt.Sprint(right.Action, right.Resource, right.Context); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			if strings.HasPrefix(right.Resource, "arn:aws:s3:") || strings.HasPrefix(right.Resource, "arn:aws:iam:") {
				continue // in no Region
			}
			right.Resource = strings.Replace(right.Resource, ":"+c.region+":", ":"+there.region+":", 1)
			c.add(regions, right.Action+" in Ireland", "head", []caseOf{there.authorization(right.Action, right.Resource, withoutRegion(right.Context))})
		}
	}
}

// addWorkers: a worker has no right to anything that the head alone does.
func (c *catalogue) addWorkers() {
	for _, recorded := range c.perAction() {
		if text(recorded.Parameters, "Name") == "AmazonCloudWatch-ray_agent_config_"+cluster {
			continue // a worker's agent reads it
		}
		cases, err := c.authorizations(recorded)
		if err != nil {
			panic(err)
		}
		c.add(workers, recorded.Operation, "cpu", cases)
	}
	for _, danger := range c.dangers {
		if danger.category == buckets || danger.category == secrets {
			c.add(workers, danger.name, "cpu", danger.cases)
		}
	}
	for _, r := range c.rights() {
		if r.head {
			for _, right := range r.cases {
				c.add(workers, right.Action+" as "+r.why, "cpu", []caseOf{right})
			}
		}
	}
	passed := c.iam("role", "ray-research-gpu")
	c.add(workers, "iam:PassRole", "cpu", []caseOf{c.authorization("iam:PassRole", passed, conditionKeys{"iam:PassedToService": {"ec2.amazonaws.com"}})})
}
