package leastprivilege

import (
	"slices"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
)

// A right is a group of calls that the policies allow and that Ray's head does not make
// itself, so that they are not recorded.
type right struct {
	option string // the option that gives the right
	why    string // who calls
	head   bool   // whether only the head has it
	cases  []policysim.Case
}

// rights returns all rights. The head has each; a worker has those of data and agents. If
// no option is set, the head has the rights without an option.
func (p played) rights() []right {
	return slices.Concat(p.rightsOfAgents(), p.rightsToData(), p.rightsToLaunch())
}

// someWorker returns the ARN of an instance.
func (p played) someWorker() string { return p.ARN("ec2", "instance/i-0123456789abcdef0") }

func (p played) rightsOfAgents() []right {
	group, worker := "log-group:"+cluster+"-ray_logs_out", p.someWorker()
	return []right{
		{"CloudWatch", "the CloudWatch agent", false, slices.Concat(
			p.permit(p.dataset(), conditionKeys{"cloudwatch:namespace": {cluster + "-ray-CWAgent"}}, "cloudwatch:PutMetricData"),
			p.permit(p.ARN("logs", group), nil, "logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:PutRetentionPolicy"),
			p.permit(p.ARN("logs", group+":log-stream:i-0123456789abcdef0"), nil, "logs:CreateLogStream", "logs:PutLogEvents"),
			p.permit("*", nil, "ec2:DescribeTags", "ec2:DescribeVolumes", "logs:DescribeLogGroups"),
			p.permit(p.ARN("ssm", "parameter/AmazonCloudWatch-ray_agent_config_"+cluster), nil, "ssm:GetParameter"))},
		{"CloudWatch", "Ray, by the other form of the document's ARN", true, p.permit(p.ARN("ssm", "document/AmazonCloudWatch-ManageAgent"), nil, "ssm:SendCommand")},
		{"CloudWatch", "the SSM agent", false, slices.Concat(
			p.permit("*", nil, "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint",
				"ec2messages:GetMessages", "ec2messages:SendReply", "ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"),
			p.permit(worker, nil, "ssm:ListInstanceAssociations", "ssm:UpdateInstanceInformation"))},
		{"SessionManager", "the SSM agent, in a session", false, slices.Concat(p.permit(worker, nil, "ssm:UpdateInstanceInformation"),
			p.permit("*", nil, "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"))},
	}
}

func (p played) rightsToData() []right {
	in := func(bucket string) string { return "arn:aws:s3:::" + bucket }
	return []right{
		{"S3Buckets", "tasks that read and write data", false, slices.Concat(
			p.permit(in(writable), nil, "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
			p.permit(in(readable), nil, "s3:GetBucketLocation", "s3:ListBucket"),
			p.permit(in(readable)+"/a", nil, "s3:GetObject"),
			p.permit(in(writable)+"/a", nil, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"))},
		{"Prefixes", "tasks that read and write data below a prefix", false, slices.Concat(
			p.permit(in(shared), nil, "s3:GetBucketLocation"),
			p.permit(in(shared), conditionKeys{"s3:prefix": {"research/"}}, "s3:ListBucket"),
			p.permit(in(shared), conditionKeys{"s3:prefix": {"research/2026/"}, "s3:delimiter": {"/"}}, "s3:ListBucket"),
			p.permit(in(shared)+"/research/a", nil, "s3:GetObject"),
			p.permit(in(common), nil, "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
			p.permit(in(common), conditionKeys{"s3:prefix": {"research/"}}, "s3:ListBucket"),
			p.permit(in(common)+"/research/a", nil, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"))},
		{"EfsFileSystems", "a node that mounts", false, slices.Concat(
			p.permit(p.fileSystem(fileSystem), nil, "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:DescribeMountTargets"),
			p.permit(p.fileSystem(archive), nil, "elasticfilesystem:ClientMount", "elasticfilesystem:DescribeMountTargets"),
			p.permit("*", nil, "ec2:DescribeAvailabilityZones"))},
		{"EcrRepositoryArns", "a node that pulls an image", false, slices.Concat(p.permit("*", nil, "ecr:GetAuthorizationToken"),
			p.permit(repository(p.place), nil, "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
			p.permit(sharedRepository(p.place), nil, "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"))},
		{"SecretArns", "tasks that read a secret", false, p.permit(secret(p.place), nil, "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")},
		{"FSx", "scripts that mount a file system", false, p.permit("*", nil, "fsx:DescribeFileSystems")},
	}
}

func (p played) rightsToLaunch() []right {
	worker := p.someWorker()
	later := awscall.RequestTags(tags{"ray-key-of-a-later-ray": "x", "ray-node-status": "up-to-date", "ray-node-type": "worker"})
	return []right{
		{"KmsKeyArns", "S3, for a task", false, p.permit(key(p.place), p.Via("s3"), "kms:Decrypt", "kms:GenerateDataKey")},
		{"KmsKeyArns", "EC2, for a launch", true, slices.Concat(
			p.permit(key(p.place), p.Via("ec2"), "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
			p.permit(key(p.place), awscall.Merge(p.Via("ec2"), awscall.ForAWS("true")), "kms:CreateGrant"))},
		{"InstanceTagKeys", "a launch, with tags of the owner's", true, slices.Concat(
			p.permit(worker, awscall.AtLaunch(tags{"Team": "a", "Project": "b", "Name": "c", "ray-cluster-name": cluster}), "ec2:CreateTags"),
			p.permit(p.ARN("ec2", "volume/vol-"+awscall.ToBeMade), awscall.AtLaunch(tags{"Team": "a", "Project": "b"}), "ec2:CreateTags"),
			p.permit(p.ARN("ec2", "network-interface/eni-"+awscall.ToBeMade), awscall.AtLaunch(tags{"Team": "a"}), "ec2:CreateTags"),
			p.permit(p.ARN("ec2", "spot-instances-request/sir-"+awscall.ToBeMade), awscall.AtLaunch(tags{"Project": "b"}), "ec2:CreateTags"))},
		{"", "a launch in a capacity reservation that another account shares", true, p.permit(p.InAccount(otherAccount).ARN("ec2", "capacity-reservation/cr-0123456789abcdef0"),
			awscall.ResourceTags(ownWorker), "ec2:RunInstances")},
		{"", "a later Ray, on a running worker", true, p.permit(worker, awscall.Merge(awscall.ResourceTags(ownWorker), p.ProfileOf(ownWorker), later), "ec2:CreateTags")},
		{"", "a head that takes over workers of Ray's own default, which have no profile", true, slices.Concat(
			p.permit(worker, awscall.ResourceTags(ownWorker), "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"),
			p.permit(worker, awscall.Merge(awscall.ResourceTags(ownWorker), awscall.RequestTags(tags{"ray-node-status": "x"})), "ec2:CreateTags"))},
		{"", "a later Ray, at a launch", true, p.permit(worker, awscall.Merge(later, awscall.AsPartOf("RunInstances")), "ec2:CreateTags")},
		{"Spot", "a launch whose Spot request has tags", true, p.permit(p.ARN("ec2", "spot-instances-request/sir-"+awscall.ToBeMade), nil, "ec2:RunInstances")},
		{"Spot", "EC2, at an account's first Spot Instance", true, p.permit(p.IAM("role", "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"),
			conditionKeys{"iam:AWSServiceName": {"spot.amazonaws.com"}}, "iam:CreateServiceLinkedRole")},
	}
}

// permit returns one authorization for each action, on one resource.
func (p played) permit(resource string, context conditionKeys, actions ...string) []policysim.Case {
	var all []policysim.Case
	for _, action := range actions {
		all = append(all, p.Authorization(action, resource, context))
	}
	return all
}

// The resources that the options name.
const (
	fileSystem = "fs-0aaaaaaaaaaaaaaaa"
	archive    = "fs-0bbbbbbbbbbbbbbbb" // ReadOnly
)

func (p played) fileSystem(id string) string { return p.ARN("elasticfilesystem", "file-system/"+id) }
func repository(p place) string              { return p.ARN("ecr", "repository/ray") }
func sharedRepository(p place) string {
	return p.InAccount(otherAccount).ARN("ecr", "repository/shared/base")
}
func key(p place) string    { return p.ARN("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab") }
func secret(p place) string { return p.ARN("secretsmanager", "secret:research/token-AbCd12") }

// dataset returns the ARN under which metrics are sent.
func (p played) dataset() string { return p.ARN("cloudwatch", "dataset/default") }

// recordedCall returns the head's first recorded call that fits, with the tags of that
// moment.
func (p played) recordedCall(operation string, fits func(call) bool) call {
	return p.owned(awscall.First(p.calls, operation, func(c call) bool { return c.Who == "head" && fits(c) }))
}

// launched returns the head's launch of a worker of a type.
func (p played) launched(nodeType string) call {
	return p.recordedCall("RunInstances", func(c call) bool { return c.LaunchTags()["ray-user-node-type"] == nodeType })
}

func anyCall(call) bool { return true }
