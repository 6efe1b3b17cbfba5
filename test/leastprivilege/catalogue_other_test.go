package leastprivilege

import "github.com/ray-iam/custom-rayiam/test/policysim/awscall"

// addMachines adds all actions on instances that Ray does not need, on the cluster's own
// workers and on others.
func (c *catalogue) addMachines() {
	instance := c.ARN("ec2", "instance/i-0bbbbbbbbbbbbbbbb")
	for _, t := range []tags{ownWorker, ownHead, untagged} {
		c.Each(machines, instance, awscall.ResourceTags(t),
			"ec2:ModifyInstanceAttribute", "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:DisassociateIamInstanceProfile",
			"ec2:ModifyInstanceMetadataOptions", "ec2:GetPasswordData", "ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot", "ec2:AttachVolume", "ec2:DetachVolume",
			"ec2:CreateImage", "ec2:MonitorInstances", "ec2:SendDiagnosticInterrupt", "ec2-instance-connect:SendSSHPublicKey")
	}
	c.Each(machines, instance, nil, "ec2:DescribeInstanceAttribute")
	c.Each(machines, "*", nil, "ec2:DescribeIamInstanceProfileAssociations")
	c.Each(machines, c.ARN("ec2", "volume/vol-0b"), nil, "ec2:CreateSnapshot", "ec2:DeleteVolume", "ec2:ModifyVolume")
	c.Each(machines, "arn:aws:ec2:"+c.Region+"::snapshot/snap-0b", nil, "ec2:ModifySnapshotAttribute", "ec2:DeleteSnapshot", "ec2:CopySnapshot")
}

func (c *catalogue) addNetworks() {
	c.Each(networks, c.ARN("ec2", "security-group/sg-0b"), nil, "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup")
	c.Each(networks, c.ARN("ec2", "vpc/vpc-0b"), nil, "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:DeleteVpc", "ec2:CreateVpcPeeringConnection", "ec2:CreateVpcEndpoint")
	c.Each(networks, c.ARN("ec2", "key-pair/ray-research"), nil, "ec2:CreateKeyPair", "ec2:ImportKeyPair", "ec2:DeleteKeyPair")
	c.Each(networks, "arn:aws:ec2:"+c.Region+"::image/ami-0b", nil, "ec2:ModifyImageAttribute", "ec2:DeregisterImage", "ec2:RegisterImage")
	c.Each(networks, c.ARN("ec2", "launch-template/lt-0b"), awscall.ResourceTags(ownWorker), "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "ec2:DeleteLaunchTemplate")
	c.Each(networks, c.ARN("ec2", "capacity-reservation/cr-0b"), awscall.ResourceTags(ownWorker), "ec2:CreateCapacityReservation", "ec2:CancelCapacityReservation")
	c.Each(networks, c.ARN("ec2", "placement-group/ray"), awscall.ResourceTags(ownWorker), "ec2:DeletePlacementGroup")
	c.Each(networks, c.ARN("ec2", "network-interface/eni-0b"), nil, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute")
	c.Each(networks, c.ARN("ec2", "spot-instances-request/sir-0b"), nil, "ec2:RequestSpotInstances", "ec2:CancelSpotInstanceRequests")
	c.Each(networks, c.ARN("ec2", "fleet/fleet-0b"), nil, "ec2:CreateFleet", "ec2:DeleteFleets")
	c.Each(networks, "*", nil, "ec2:PurchaseReservedInstancesOffering", "ec2:DisableEbsEncryptionByDefault")
}

func (c *catalogue) addBuckets() {
	const arn = "arn:aws:s3:::"
	for _, other := range []string{"payroll", writable + "-2", "my-" + writable, readable + "-2"} {
		c.Each(buckets, arn+other, nil, "s3:ListBucket", "s3:GetBucketLocation")
		c.Each(buckets, arn+other+"/a", nil, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	}
	c.Each(buckets, arn+readable+"/a", nil, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObjectAcl")
	for _, own := range []string{writable, readable} {
		c.Each(buckets, arn+own, nil, "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutLifecycleConfiguration",
			"s3:PutReplicationConfiguration", "s3:PutBucketVersioning", "s3:PutBucketPublicAccessBlock", "s3:ListBucketVersions")
	}
	c.Each(buckets, arn+writable+"/a", nil, "s3:PutObjectAcl", "s3:DeleteObjectVersion", "s3:GetObjectVersion", "s3:BypassGovernanceRetention")
	c.Each(buckets, arn+readable+"/a", nil, "s3:GetObjectVersion")
	c.Each(buckets, arn+readable, nil, "s3:ListBucketMultipartUploads")
	c.Each(buckets, arn+"payroll", nil, "s3:ListBucketMultipartUploads")
	c.addPrefixes()
	c.Each(buckets, "*", nil, "s3:ListAllMyBuckets")
	c.Each(buckets, arn+"payroll", nil, "s3:CreateBucket")
}

// addPrefixes adds calls on objects outside the prefix in a bucket that other teams use
// too.
func (c *catalogue) addPrefixes() {
	const arn = "arn:aws:s3:::"
	for _, own := range []string{shared, common} {
		c.Each(buckets, arn+own, nil, "s3:ListBucket", "s3:ListBucketVersions", "s3:DeleteBucket", "s3:PutBucketPolicy")
		for _, prefix := range []string{"", "research", "res", "researchers/", "payroll/", "/research/", "Research/"} {
			c.One(buckets, own+" listed below "+prefix, "s3:ListBucket", arn+own, conditionKeys{"s3:prefix": {prefix}})
		}
		for _, key := range []string{"a", "research", "researchers/a", "payroll/a", "x/research/a"} {
			c.Each(buckets, arn+own+"/"+key, nil, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
		}
		c.One(buckets, own+", with old versions", "s3:ListBucketVersions", arn+own, conditionKeys{"s3:prefix": {"research/"}})
		c.One(buckets, own+" by another's prefix", "s3:ListBucket", arn+own+"-2", conditionKeys{"s3:prefix": {"research/"}})
	}
	c.Each(buckets, arn+shared+"/research/a", nil, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	c.Each(buckets, arn+shared, nil, "s3:ListBucketMultipartUploads")
}

// addCommands adds commands: with a shell command on an instance, somebody has the
// instance's role.
func (c *catalogue) addCommands() {
	send := c.recordedCall("SendCommand", anyCall)
	for name, t := range foreign {
		c.Call(commands, "the agent's, to "+name, send.OfAll(t))
	}
	for _, document := range []string{"AWS-RunShellScript", "AWS-RunRemoteScript", "AmazonCloudWatch-ManageAgent2", "AWS-ConfigureAWSPackage", "our-own-script"} {
		c.Call(commands, document+", to an own worker", send.Set("DocumentName", document))
	}
	instance := c.ARN("ec2", "instance/i-0bbbbbbbbbbbbbbbb")
	for _, t := range []tags{ownWorker, untagged} {
		c.Each(commands, instance, awscall.ManagedTags(t), "ssm:StartSession")
	}
	c.Each(commands, c.Document("AmazonCloudWatch-ManageAgent"), nil, "ssm:CreateAssociation")
	c.Each(commands, c.ARN("ssm", "automation-definition/AWS-StopEC2Instance:1"), nil, "ssm:StartAutomationExecution")
	c.Each(commands, c.ARN("ssm", "document/our-own-script"), nil, "ssm:CreateDocument", "ssm:UpdateDocument", "ssm:CreateAssociation", "ssm:ModifyDocumentPermission", "ssm:GetDocument")
	for _, parameter := range []string{"database-password", "AmazonCloudWatch-ray_agent_config_research2", "AmazonCloudWatch-ray_alarm_config_research2", "AmazonCloudWatch-other"} {
		c.Each(commands, c.ARN("ssm", "parameter/"+parameter), nil, "ssm:GetParameter")
	}
	for _, kind := range []string{"agent", "alarm"} {
		c.Each(commands, c.ARN("ssm", "parameter/AmazonCloudWatch-ray_"+kind+"_config_"+cluster), nil, "ssm:PutParameter", "ssm:DeleteParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath")
	}
	c.Each(commands, "*", nil, "ssm:DescribeInstanceInformation", "ssm:DescribeParameters")
	c.Each(commands, c.ARN("ssm", "session/somebody-0123456789abcdef0"), nil, "ssm:TerminateSession", "ssm:ResumeSession")
	c.Each(commands, "*", nil, "ssm:DescribeSessions")
	for _, document := range []string{"SSM-SessionManagerRunShell", "AWS-StartSSHSession"} {
		c.Each(commands, c.Document(document), nil, "ssm:StartSession")
	}
}

func (c *catalogue) addSecrets() {
	for _, call := range [][2]string{
		{"secretsmanager:GetSecretValue", c.ARN("secretsmanager", "secret:database-abcdef")},
		{"secretsmanager:PutSecretValue", c.ARN("secretsmanager", "secret:database-abcdef")},
		{"secretsmanager:ListSecrets", "*"},
		{"kms:Decrypt", c.ARN("kms", "key/0b")}, {"kms:CreateGrant", c.ARN("kms", "key/0b")}, {"kms:ScheduleKeyDeletion", c.ARN("kms", "key/0b")},
		{"sts:AssumeRole", c.IAM("role", "admin")}, {"sts:AssumeRole", c.Role("cpu")},
		{"lambda:InvokeFunction", c.ARN("lambda", "function:ray-iam")}, {"lambda:UpdateFunctionCode", c.ARN("lambda", "function:ray-iam")}, {"lambda:CreateFunction", c.ARN("lambda", "function:x")},
		{"cloudformation:CreateStack", c.ARN("cloudformation", "stack/x/1")}, {"cloudformation:UpdateStack", c.ARN("cloudformation", "stack/x/1")}, {"cloudformation:DeleteStack", c.ARN("cloudformation", "stack/x/1")},
		{"dynamodb:GetItem", c.ARN("dynamodb", "table/x")}, {"rds:DeleteDBInstance", c.ARN("rds", "db:x")}, {"rds:CreateDBSnapshot", c.ARN("rds", "db:x")},
		{"ecr:BatchGetImage", c.ARN("ecr", "repository/x")}, {"ecr:PutImage", c.ARN("ecr", "repository/x")},
		{"sqs:ReceiveMessage", c.ARN("sqs", "x")}, {"sns:Publish", c.ARN("sns", "ray-alarms")}, {"organizations:LeaveOrganization", "*"},
		{"elasticloadbalancing:CreateLoadBalancer", c.ARN("elasticloadbalancing", "loadbalancer/app/x/1")}, {"autoscaling:CreateAutoScalingGroup", c.ARN("autoscaling", "autoScalingGroup:1:autoScalingGroupName/x")},
		{"events:PutRule", c.ARN("events", "rule/x")}, {"logs:DeleteLogGroup", c.ARN("logs", "log-group:/aws/lambda/ray-iam")},
	} {
		c.One(secrets, "no business of Ray's", call[0], call[1], nil)
	}
	c.addKeys()
	c.Each(secrets, secret(c.place), nil, "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy", "secretsmanager:RotateSecret", "secretsmanager:ListSecretVersionIds")
	for _, name := range []string{"research/token-EfGh34", "research/token2-AbCd12", "payroll/token-AbCd12", "research/token-AbCd12-AbCd12"} {
		c.Each(secrets, c.ARN("secretsmanager", "secret:"+name), nil, "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
	}
	c.Each(secrets, repository(c.place), nil, "ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy", "ecr:DeleteRepository", "ecr:ListImages")
	other := c.InAccount(otherAccount)
	for _, repository := range []string{c.ARN("ecr", "repository/ray2"), c.ARN("ecr", "repository/payroll"), c.ARN("ecr", "repository/shared/base"), other.ARN("ecr", "repository/shared/other"), other.ARN("ecr", "repository/ray")} {
		c.Each(secrets, repository, nil, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
	}
}

// addKeys adds uses of the KMS key other than for the named buckets and the workers'
// volumes.
func (c *catalogue) addKeys() {
	uses := []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
	forAWS := awscall.ForAWS("true")
	for _, by := range []string{"", "secretsmanager", "ssm", "dynamodb", "lambda", "rds", "sqs"} {
		context := c.Via(by)
		if by == "" {
			context = nil
		}
		for _, action := range append([]string{"kms:CreateGrant"}, uses...) {
			with := context
			if action == "kms:CreateGrant" {
				with = awscall.Merge(context, forAWS)
			}
			c.One(secrets, "the cluster's key, by "+by, action, key(c.place), with)
		}
	}
	for _, service := range []string{"s3", "ec2"} {
		for _, action := range uses {
			c.One(secrets, "another key, by "+service, action, c.ARN("kms", "key/0b"), c.Via(service))
		}
		elsewhere := c.InRegion("eu-west-1")
		c.One(secrets, "the cluster's key, by another Region's "+service, "kms:Decrypt", key(c.place), elsewhere.Via(service))
		c.One(secrets, "a grant to whoever it says, by "+service, "kms:CreateGrant", key(c.place), awscall.Merge(c.Via(service), awscall.ForAWS("false")))
	}
	c.One(secrets, "a grant that says nothing of AWS", "kms:CreateGrant", key(c.place), c.Via("ec2"))
	c.One(secrets, "a volume's grant, taken away", "kms:RevokeGrant", key(c.place), awscall.Merge(c.Via("ec2"), forAWS))
	c.One(secrets, "a grant for S3", "kms:CreateGrant", key(c.place), awscall.Merge(c.Via("s3"), forAWS))
	c.One(secrets, "a grant on another key", "kms:CreateGrant", c.ARN("kms", "key/0b"), awscall.Merge(c.Via("ec2"), forAWS))
	c.Each(secrets, key(c.place), nil, "kms:Encrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:RevokeGrant", "kms:GetKeyPolicy", "kms:ListGrants")
}
