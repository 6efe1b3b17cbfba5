package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A right is calls that the policies allow and that Ray's head does not make by itself,
// so that no recording has them.
type right struct {
	option string // that gives it
	why    string // who calls
	cases  []policysim.Case
}

// rights are all of them. The head has each, a worker those of data and agents. Without an
// option, the head has those that no option gives.
func (p played) rights() []right {
	group := "log-group:" + cluster + "-ray_logs_out"
	each := func(resource string, context conditionKeys, actions ...string) []policysim.Case {
		var all []policysim.Case
		for _, action := range actions {
			all = append(all, p.authorization(action, resource, context))
		}
		return all
	}
	worker := p.arn("ec2", "instance/i-0123456789abcdef0")
	later := requestTags(map[string]string{"ray-key-of-a-later-ray": "x", "ray-node-status": "up-to-date", "ray-node-type": "worker"})
	in := func(bucket string) string { return "arn:aws:s3:::" + bucket }
	return []right{
		{"CloudWatch", "the CloudWatch agent", slices.Concat(
			each(p.dataset(), conditionKeys{"cloudwatch:namespace": {cluster + "-ray-CWAgent"}}, "cloudwatch:PutMetricData"),
			each(p.arn("logs", group), nil, "logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:PutRetentionPolicy"),
			each(p.arn("logs", group+":log-stream:i-0123456789abcdef0"), nil, "logs:CreateLogStream", "logs:PutLogEvents"),
			each("*", nil, "ec2:DescribeTags", "ec2:DescribeVolumes"),
			each(p.arn("ssm", "parameter/AmazonCloudWatch-ray_agent_config_"+cluster), nil, "ssm:GetParameter"))},
		{"CloudWatch", "the SSM agent", slices.Concat(
			each("*", nil, "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint",
				"ec2messages:GetMessages", "ec2messages:SendReply", "ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"),
			each(p.arn("ec2", "instance/i-0123456789abcdef0"), nil, "ssm:ListInstanceAssociations", "ssm:UpdateInstanceInformation"))},
		{"S3Buckets", "tasks that read and write data", slices.Concat(
			each(in(writable), nil, "s3:GetBucketLocation", "s3:ListBucket"),
			each(in(readable), nil, "s3:GetBucketLocation", "s3:ListBucket"),
			each(in(readable)+"/a", nil, "s3:GetObject"),
			each(in(writable)+"/a", nil, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"))},
		{"FSx", "scripts that mount a file system", each("*", nil, "fsx:DescribeFileSystems")},
		{"", "a later Ray, on a running worker", each(worker, merge(resourceTags("aws:ResourceTag/", ownWorker), later), "ec2:CreateTags")},
		{"", "a later Ray, at a launch", each(worker, merge(later, conditionKeys{"ec2:CreateAction": {"RunInstances"}}), "ec2:CreateTags")},
		{"Spot", "EC2, at an account's first Spot Instance", each(p.iam("role", "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"),
			conditionKeys{"iam:AWSServiceName": {"spot.amazonaws.com"}}, "iam:CreateServiceLinkedRole")},
	}
}

// dataset is where metrics go.
func (p place) dataset() string { return p.arn("cloudwatch", "dataset/default") }

// recordedCall returns the first call of the head that fits, in the state that it met.
func (p played) recordedCall(operation string, fits func(call) bool) call {
	for _, c := range p.calls {
		if c.Who == "head" && c.Operation == operation && fits(c) {
			return p.owned(c)
		}
	}
	panic("the head never called such a " + operation)
}

// launched returns how the head launches a worker of a type.
func (p played) launched(nodeType string) call {
	return p.recordedCall("RunInstances", func(c call) bool { return c.launchTags()["ray-user-node-type"] == nodeType })
}

// launchTags are the tags that the instance is launched with.
func (c call) launchTags() map[string]string {
	for _, specification := range anyList(c.Parameters["TagSpecifications"]) {
		if text(specification, "ResourceType") == "instance" {
			return tagList(specification.(map[string]any)["Tags"])
		}
	}
	return nil
}

func anyCall(call) bool { return true }
