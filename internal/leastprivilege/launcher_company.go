package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// ownTagsAtLaunch lets a launch set the owner's own tags on the head, together with Ray's
// tags. A single statement has to allow all tag keys of a request.
func (l Launcher) ownTagsAtLaunch() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "OwnTagsAtLaunch",
		Effect:    "Allow",
		Action:    []string{"ec2:CreateTags"},
		Resource:  l.instances(),
		Condition: tagsAtLaunch(append(l.tagKeys(), l.InstanceTagKeys...)),
	}
}

// ownTagsOnParts lets a launch set the owner's own tags on the head's network interfaces,
// volumes and Spot requests.
func (l Launcher) ownTagsOnParts() policydoc.Statement {
	resources := []string{l.arn("ec2", "network-interface/*"), l.arn("ec2", "volume/*")}
	if l.Spot {
		resources = append(resources, l.arn("ec2", "spot-instances-request/*"))
	}
	return policydoc.Statement{
		Sid:       "OwnTagsOnParts",
		Effect:    "Allow",
		Action:    []string{"ec2:CreateTags"},
		Resource:  resources,
		Condition: tagsAtLaunch(l.InstanceTagKeys),
	}
}

// useKeys lets EC2 use the keys of encrypted volumes on the launcher's behalf, when it
// launches or starts the head.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
func (l Launcher) useKeys() policydoc.Statement {
	return policydoc.Statement{
		Sid:    "UseKeys",
		Effect: "Allow",
		Action: []string{
			"kms:Decrypt",
			"kms:DescribeKey",
			"kms:GenerateDataKeyWithoutPlaintext",
			"kms:ReEncryptFrom",
			"kms:ReEncryptTo",
		},
		Resource:  unique(l.KMSKeyARNs),
		Condition: condition{"StringEquals": {"kms:ViaService": l.viaEC2()}},
	}
}

// grantKeys lets EC2, and nobody else, create the grant with which a volume uses a key.
func (l Launcher) grantKeys() policydoc.Statement {
	return policydoc.Statement{
		Sid:      "GrantKeys",
		Effect:   "Allow",
		Action:   []string{"kms:CreateGrant"},
		Resource: unique(l.KMSKeyARNs),
		Condition: condition{
			"StringEquals": {"kms:ViaService": l.viaEC2()},
			"Bool":         {"kms:GrantIsForAWSResource": {"true"}},
		},
	}
}

func (l Launcher) viaEC2() policydoc.Values { return l.suffixed("ec2." + l.Region) }
