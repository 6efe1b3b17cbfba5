package leastprivilege

import (
	"fmt"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
)

// addWatching adds alarms: an alarm's action can stop or terminate any instance, whatever
// the rights of the caller who makes the alarm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html
func (c *catalogue) addWatching() {
	alarm := c.recordedCall("PutMetricAlarm", anyCall)
	for name, action := range map[string]string{
		"that terminates":                   "arn:aws:automate:" + c.Region + ":ec2:terminate",
		"that stops, by a role":             "arn:aws:swf:" + c.Region + ":" + c.Account + ":action/actions/AWS_EC2.InstanceId.Stop/1.0",
		"that starts a Lambda function":     c.ARN("lambda", "function:x"),
		"that runs an automation":           c.ARN("ssm", "opsitem:1"),
		"that tells another account":        c.InAccount(otherAccount).ARN("sns", "x"),
		"that scales somebody else's group": c.ARN("autoscaling", "scalingPolicy:1:autoScalingGroupName/x:policyName/y"),
	} {
		c.Call(watching, "an alarm "+name, alarm.Set("AlarmActions", []any{action}))
		c.Call(watching, "an alarm "+name+" and notifies", alarm.Set("AlarmActions", []any{alarm.Parameters["AlarmActions"].([]any)[0], action}))
	}
	for _, name := range []string{"prod_i-forgot", "cpu_i-0123456789abcdef0-disk", "disk-i-0123456789abcdef0", "billing", "research2-cpu", "my-research-cpu"} {
		c.Call(watching, "over the alarm "+name, alarm.Set("AlarmName", name))
	}
	for _, own := range []string{"research-cpu-i-0b", "billing"} {
		c.Each(watching, c.ARN("cloudwatch", "alarm:"+own), nil, "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:SetAlarmState")
	}
	c.Each(watching, "arn:aws:cloudwatch::"+c.Account+":dashboard/x", nil, "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards")
	for _, namespace := range []string{"AWS/EC2", "production", "research2-ray-CWAgent", "CWAgent"} {
		c.One(watching, "to "+namespace, "cloudwatch:PutMetricData", c.dataset(), conditionKeys{"cloudwatch:namespace": {namespace}})
	}
	for _, group := range []string{"/aws/lambda/payroll", "research2-ray_logs_out", "my-research-ray"} {
		c.Each(watching, c.ARN("logs", "log-group:"+group), nil, "logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:PutRetentionPolicy")
		c.Each(watching, c.ARN("logs", "log-group:"+group+":log-stream:x"), nil, "logs:CreateLogStream", "logs:PutLogEvents")
	}
	own := c.ARN("logs", "log-group:research-ray_logs_out")
	c.Each(watching, own, nil, "logs:DeleteLogGroup", "logs:FilterLogEvents", "logs:PutSubscriptionFilter", "logs:DeleteRetentionPolicy")
	c.Each(watching, own+":log-stream:x", nil, "logs:GetLogEvents", "logs:DeleteLogStream")
	c.Each(watching, c.ARN("fsx", "file-system/fs-0b"), nil, "fsx:CreateFileSystem", "fsx:UpdateFileSystem", "fsx:DeleteFileSystem", "fsx:TagResource")
	c.Each(watching, c.fileSystem("fs-0ccccccccccccccccc"), nil, "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:DescribeMountTargets")
	c.Each(watching, c.fileSystem(archive), nil, "elasticfilesystem:ClientWrite")
	for _, own := range []string{fileSystem, archive} {
		c.Each(watching, c.fileSystem(own), nil, "elasticfilesystem:ClientRootAccess", "elasticfilesystem:DeleteFileSystem", "elasticfilesystem:PutFileSystemPolicy", "elasticfilesystem:CreateMountTarget")
	}
	c.Each(watching, c.ARN("fsx", "backup/backup-0b"), nil, "fsx:CreateBackup", "fsx:DeleteBackup", "fsx:CreateFileSystemFromBackup")
}

func (c *catalogue) addIdentity() {
	for _, own := range []string{"ray-research-head", "ray-research-cpu", "admin"} {
		c.Each(identity, c.IAM("role", own), nil, "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy",
			"iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreateRole", "iam:DeleteRole", "iam:GetRolePolicy")
	}
	c.Each(identity, c.Profile("cpu"), nil, "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:GetInstanceProfile")
	c.Each(identity, c.IAM("policy", "x"), nil, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
	c.Each(identity, c.IAM("user", "x"), nil, "iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:CreateLoginProfile", "iam:ListAccessKeys")
	const key = "iam:AWSServiceName"
	spot := c.IAM("role", "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot")
	for name, context := range map[string]conditionKeys{"for Spot Fleet": {key: {"spotfleet.amazonaws.com"}}, "for no service": nil} {
		c.One(identity, "the Spot role "+name, "iam:CreateServiceLinkedRole", spot, context)
	}
	for _, role := range []string{"aws-service-role/spot.amazonaws.com/Another", "aws-service-role/spotfleet.amazonaws.com/AWSServiceRoleForEC2Spot"} {
		c.One(identity, "another role for Spot", "iam:CreateServiceLinkedRole", c.IAM("role", role), conditionKeys{key: {"spot.amazonaws.com"}})
	}
	c.Each(identity, spot, nil, "iam:DeleteServiceLinkedRole")
	c.One(identity, "SSM's role", "iam:CreateServiceLinkedRole", c.IAM("role", "aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"), conditionKeys{key: {"ssm.amazonaws.com"}})
}

// addRegions adds calls that are right except that they go to another Region, where the
// cluster has nothing.
func (c *catalogue) addRegions() {
	there := c.InRegion("eu-west-1")
	for _, recorded := range c.perAction() {
		c.CallAt(there, regions, "in Ireland", recorded)
	}
	seen := map[string]bool{} // two options may give the same right
	for _, r := range c.rights() {
		for _, right := range r.cases {
			if key := fmt.Sprint(right.Action, right.Resource, right.Context); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			if strings.HasPrefix(right.Resource, "arn:aws:s3:") || strings.HasPrefix(right.Resource, "arn:aws:iam:") {
				continue // calls without a Region
			}
			right.Resource = strings.Replace(right.Resource, ":"+c.Region+":", ":"+there.Region+":", 1)
			c.Add(regions, right.Action+" in Ireland", there.Authorization(right.Action, right.Resource, withoutRegion(right.Context)))
		}
	}
}

// addWorkers adds the calls that only the head may make, made by a worker.
func (c *catalogue) addWorkers() {
	for _, recorded := range c.perAction() {
		if awscall.Text(recorded.Parameters, "Name") == "AmazonCloudWatch-ray_agent_config_"+cluster {
			continue // a worker's agent makes this call
		}
		cases, err := c.Authorizations(recorded)
		if err != nil {
			panic(err)
		}
		c.AddBy("cpu", workers, recorded.Operation, cases...)
	}
	for _, d := range c.Dangers {
		if d.Category == buckets || d.Category == secrets {
			c.AddBy("cpu", workers, d.Name, d.Cases...)
		}
	}
	for _, r := range c.rights() {
		if r.head {
			for _, right := range r.cases {
				c.AddBy("cpu", workers, right.Action+" as "+r.why, right)
			}
		}
	}
	c.AddBy("cpu", workers, "iam:PassRole", c.Authorization("iam:PassRole", c.Role("gpu"), awscall.PassedTo("ec2")))
}
