package leastprivilege

// addMachines: no action on an instance but those that Ray needs, on its own workers no
// more than on any other.
func (c *catalogue) addMachines() {
	instance := c.arn("ec2", "instance/i-0bbbbbbbbbbbbbbbb")
	for _, tags := range []map[string]string{ownWorker, ownHead, untagged} {
		c.each(machines, instance, resourceTags("aws:ResourceTag/", tags),
			"ec2:ModifyInstanceAttribute", "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:DisassociateIamInstanceProfile",
			"ec2:ModifyInstanceMetadataOptions", "ec2:GetPasswordData", "ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot", "ec2:AttachVolume", "ec2:DetachVolume",
			"ec2:CreateImage", "ec2:MonitorInstances", "ec2:SendDiagnosticInterrupt", "ec2-instance-connect:SendSSHPublicKey")
	}
	c.each(machines, instance, nil, "ec2:DescribeInstanceAttribute")
	c.each(machines, "*", nil, "ec2:DescribeIamInstanceProfileAssociations")
	c.each(machines, c.arn("ec2", "volume/vol-0b"), nil, "ec2:CreateSnapshot", "ec2:DeleteVolume", "ec2:ModifyVolume")
	c.each(machines, "arn:aws:ec2:"+c.region+"::snapshot/snap-0b", nil, "ec2:ModifySnapshotAttribute", "ec2:DeleteSnapshot", "ec2:CopySnapshot")
}

func (c *catalogue) addNetworks() {
	c.each(networks, c.arn("ec2", "security-group/sg-0b"), nil, "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup")
	c.each(networks, c.arn("ec2", "vpc/vpc-0b"), nil, "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:DeleteVpc", "ec2:CreateVpcPeeringConnection", "ec2:CreateVpcEndpoint")
	c.each(networks, c.arn("ec2", "key-pair/ray-research"), nil, "ec2:CreateKeyPair", "ec2:ImportKeyPair", "ec2:DeleteKeyPair")
	c.each(networks, "arn:aws:ec2:"+c.region+"::image/ami-0b", nil, "ec2:ModifyImageAttribute", "ec2:DeregisterImage", "ec2:RegisterImage")
	c.each(networks, c.arn("ec2", "launch-template/lt-0b"), resourceTags("aws:ResourceTag/", ownWorker), "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "ec2:DeleteLaunchTemplate")
	c.each(networks, c.arn("ec2", "capacity-reservation/cr-0b"), resourceTags("aws:ResourceTag/", ownWorker), "ec2:CreateCapacityReservation", "ec2:CancelCapacityReservation")
	c.each(networks, c.arn("ec2", "placement-group/ray"), resourceTags("aws:ResourceTag/", ownWorker), "ec2:DeletePlacementGroup")
	c.each(networks, c.arn("ec2", "network-interface/eni-0b"), nil, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute")
	c.each(networks, c.arn("ec2", "spot-instances-request/sir-0b"), nil, "ec2:RequestSpotInstances", "ec2:CancelSpotInstanceRequests")
	c.each(networks, c.arn("ec2", "fleet/fleet-0b"), nil, "ec2:CreateFleet", "ec2:DeleteFleets")
	c.each(networks, "*", nil, "ec2:PurchaseReservedInstancesOffering", "ec2:DisableEbsEncryptionByDefault")
}

func (c *catalogue) addBuckets() {
	const arn = "arn:aws:s3:::"
	for _, other := range []string{"payroll", writable + "-2", "my-" + writable, readable + "-2"} {
		c.each(buckets, arn+other, nil, "s3:ListBucket", "s3:GetBucketLocation")
		c.each(buckets, arn+other+"/a", nil, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	}
	c.each(buckets, arn+readable+"/a", nil, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObjectAcl")
	for _, own := range []string{writable, readable} {
		c.each(buckets, arn+own, nil, "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutLifecycleConfiguration",
			"s3:PutReplicationConfiguration", "s3:PutBucketVersioning", "s3:PutBucketPublicAccessBlock", "s3:ListBucketVersions")
	}
	c.each(buckets, arn+writable+"/a", nil, "s3:PutObjectAcl", "s3:DeleteObjectVersion", "s3:GetObjectVersion", "s3:BypassGovernanceRetention")
	c.each(buckets, arn+readable+"/a", nil, "s3:GetObjectVersion")
	c.each(buckets, arn+readable, nil, "s3:ListBucketMultipartUploads")
	c.each(buckets, arn+"payroll", nil, "s3:ListBucketMultipartUploads")
	c.addPrefixes()
	c.each(buckets, "*", nil, "s3:ListAllMyBuckets")
	c.each(buckets, arn+"payroll", nil, "s3:CreateBucket")
}

// addPrefixes: of a bucket that other teams use too, nothing but what is below the prefix.
func (c *catalogue) addPrefixes() {
	const arn = "arn:aws:s3:::"
	for _, own := range []string{shared, common} {
		c.each(buckets, arn+own, nil, "s3:ListBucket", "s3:ListBucketVersions", "s3:DeleteBucket", "s3:PutBucketPolicy")
		for _, prefix := range []string{"", "research", "res", "researchers/", "payroll/", "/research/", "Research/"} {
			c.one(buckets, own+" listed below "+prefix, "s3:ListBucket", arn+own, conditionKeys{"s3:prefix": {prefix}})
		}
		for _, key := range []string{"a", "research", "researchers/a", "payroll/a", "x/research/a"} {
			c.each(buckets, arn+own+"/"+key, nil, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
		}
		c.one(buckets, own+", with old versions", "s3:ListBucketVersions", arn+own, conditionKeys{"s3:prefix": {"research/"}})
		c.one(buckets, own+" by another's prefix", "s3:ListBucket", arn+own+"-2", conditionKeys{"s3:prefix": {"research/"}})
	}
	c.each(buckets, arn+shared+"/research/a", nil, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	c.each(buckets, arn+shared, nil, "s3:ListBucketMultipartUploads")
}

// addCommands: whoever may send a shell command to an instance has its role.
func (c *catalogue) addCommands() {
	send := c.recordedCall("SendCommand", anyCall)
	for name, tags := range foreign {
		c.call(commands, "the agent's, to "+name, send.tagged(tags))
	}
	for _, document := range []string{"AWS-RunShellScript", "AWS-RunRemoteScript", "AmazonCloudWatch-ManageAgent2", "AWS-ConfigureAWSPackage", "our-own-script"} {
		c.call(commands, document+", to an own worker", set(send, "DocumentName", document))
	}
	instance := c.arn("ec2", "instance/i-0bbbbbbbbbbbbbbbb")
	for _, tags := range []map[string]string{ownWorker, untagged} {
		c.each(commands, instance, resourceTags("ssm:resourceTag/", tags), "ssm:StartSession")
	}
	c.each(commands, place{documentsOwner, c.region}.arn("ssm", "document/AmazonCloudWatch-ManageAgent"), nil, "ssm:CreateAssociation")
	c.each(commands, c.arn("ssm", "automation-definition/AWS-StopEC2Instance:1"), nil, "ssm:StartAutomationExecution")
	c.each(commands, c.arn("ssm", "document/our-own-script"), nil, "ssm:CreateDocument", "ssm:UpdateDocument", "ssm:CreateAssociation", "ssm:ModifyDocumentPermission", "ssm:GetDocument")
	for _, parameter := range []string{"database-password", "AmazonCloudWatch-ray_agent_config_research2", "AmazonCloudWatch-ray_alarm_config_research2", "AmazonCloudWatch-other"} {
		c.each(commands, c.arn("ssm", "parameter/"+parameter), nil, "ssm:GetParameter")
	}
	for _, kind := range []string{"agent", "alarm"} {
		c.each(commands, c.arn("ssm", "parameter/AmazonCloudWatch-ray_"+kind+"_config_"+cluster), nil, "ssm:PutParameter", "ssm:DeleteParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath")
	}
	c.each(commands, "*", nil, "ssm:DescribeInstanceInformation", "ssm:DescribeParameters")
	c.each(commands, c.arn("ssm", "session/somebody-0123456789abcdef0"), nil, "ssm:TerminateSession", "ssm:ResumeSession")
	c.each(commands, "*", nil, "ssm:DescribeSessions")
	for _, document := range []string{"SSM-SessionManagerRunShell", "AWS-StartSSHSession"} {
		owner := c.place
		if document == "AWS-StartSSHSession" {
			owner.account = documentsOwner
		}
		c.each(commands, owner.arn("ssm", "document/"+document), nil, "ssm:StartSession")
	}
}

func (c *catalogue) addSecrets() {
	for _, call := range [][2]string{
		{"secretsmanager:GetSecretValue", c.arn("secretsmanager", "secret:database-abcdef")},
		{"secretsmanager:PutSecretValue", c.arn("secretsmanager", "secret:database-abcdef")},
		{"secretsmanager:ListSecrets", "*"},
		{"kms:Decrypt", c.arn("kms", "key/0b")}, {"kms:CreateGrant", c.arn("kms", "key/0b")}, {"kms:ScheduleKeyDeletion", c.arn("kms", "key/0b")},
		{"sts:AssumeRole", c.iam("role", "admin")}, {"sts:AssumeRole", c.iam("role", "ray-research-cpu")},
		{"lambda:InvokeFunction", c.arn("lambda", "function:ray-iam")}, {"lambda:UpdateFunctionCode", c.arn("lambda", "function:ray-iam")}, {"lambda:CreateFunction", c.arn("lambda", "function:x")},
		{"cloudformation:CreateStack", c.arn("cloudformation", "stack/x/1")}, {"cloudformation:UpdateStack", c.arn("cloudformation", "stack/x/1")}, {"cloudformation:DeleteStack", c.arn("cloudformation", "stack/x/1")},
		{"dynamodb:GetItem", c.arn("dynamodb", "table/x")}, {"rds:DeleteDBInstance", c.arn("rds", "db:x")}, {"rds:CreateDBSnapshot", c.arn("rds", "db:x")},
		{"ecr:BatchGetImage", c.arn("ecr", "repository/x")}, {"ecr:PutImage", c.arn("ecr", "repository/x")},
		{"sqs:ReceiveMessage", c.arn("sqs", "x")}, {"sns:Publish", c.arn("sns", "ray-alarms")}, {"organizations:LeaveOrganization", "*"},
		{"elasticloadbalancing:CreateLoadBalancer", c.arn("elasticloadbalancing", "loadbalancer/app/x/1")}, {"autoscaling:CreateAutoScalingGroup", c.arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/x")},
		{"events:PutRule", c.arn("events", "rule/x")}, {"logs:DeleteLogGroup", c.arn("logs", "log-group:/aws/lambda/ray-iam")},
	} {
		c.one(secrets, "no business of Ray's", call[0], call[1], nil)
	}
	c.addKeys()
	c.each(secrets, c.secret(), nil, "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy", "secretsmanager:RotateSecret", "secretsmanager:ListSecretVersionIds")
	for _, name := range []string{"research/token-EfGh34", "research/token2-AbCd12", "payroll/token-AbCd12", "research/token-AbCd12-AbCd12"} {
		c.each(secrets, c.arn("secretsmanager", "secret:"+name), nil, "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
	}
	c.each(secrets, c.repository(), nil, "ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy", "ecr:DeleteRepository", "ecr:ListImages")
	other := place{otherAccount, c.region}
	for _, repository := range []string{c.arn("ecr", "repository/ray2"), c.arn("ecr", "repository/payroll"), c.arn("ecr", "repository/shared/base"), other.arn("ecr", "repository/shared/other"), other.arn("ecr", "repository/ray")} {
		c.each(secrets, repository, nil, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
	}
}

// addKeys: a key serves the named buckets and the volumes of workers.
func (c *catalogue) addKeys() {
	uses := []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
	forAWS := conditionKeys{"kms:GrantIsForAWSResource": {"true"}}
	for _, by := range []string{"", "secretsmanager", "ssm", "dynamodb", "lambda", "rds", "sqs"} {
		context := c.via(by)
		if by == "" {
			context = nil
		}
		for _, action := range append([]string{"kms:CreateGrant"}, uses...) {
			with := context
			if action == "kms:CreateGrant" {
				with = merge(context, forAWS)
			}
			c.one(secrets, "the cluster's key, by "+by, action, c.key(), with)
		}
	}
	for _, service := range []string{"s3", "ec2"} {
		for _, action := range uses {
			c.one(secrets, "another key, by "+service, action, c.arn("kms", "key/0b"), c.via(service))
		}
		elsewhere := place{c.account, "eu-west-1"}
		c.one(secrets, "the cluster's key, by another Region's "+service, "kms:Decrypt", c.key(), elsewhere.via(service))
		c.one(secrets, "a grant to whoever it says, by "+service, "kms:CreateGrant", c.key(), merge(c.via(service), conditionKeys{"kms:GrantIsForAWSResource": {"false"}}))
	}
	c.one(secrets, "a grant that says nothing of AWS", "kms:CreateGrant", c.key(), c.via("ec2"))
	c.one(secrets, "a volume's grant, taken away", "kms:RevokeGrant", c.key(), merge(c.via("ec2"), forAWS))
	c.one(secrets, "a grant for S3", "kms:CreateGrant", c.key(), merge(c.via("s3"), forAWS))
	c.one(secrets, "a grant on another key", "kms:CreateGrant", c.arn("kms", "key/0b"), merge(c.via("ec2"), forAWS))
	c.each(secrets, c.key(), nil, "kms:Encrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:RevokeGrant", "kms:GetKeyPolicy", "kms:ListGrants")
}
