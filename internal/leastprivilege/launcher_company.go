package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// ownTagsAtLaunch lets a launch set tags of the owner's own on the head, beside Ray's. One
// statement has to allow all keys of a request.
func (l Launcher) ownTagsAtLaunch() policydoc.Statement {
	return policydoc.Statement{
		Sid:       "OwnTagsAtLaunch",
		Effect:    "Allow",
		Action:    []string{"ec2:CreateTags"},
		Resource:  l.instances(),
		Condition: tagsAtLaunch(append(l.tagKeys(), l.InstanceTagKeys...)),
	}
}

// ownTagsOnParts lets a launch set them on what is made with the head.
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

// useKeys lets EC2 use the keys of encrypted volumes in the launcher's name, when it
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

// grantKeys lets EC2 hand a key on to the volume, and nobody else.
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
