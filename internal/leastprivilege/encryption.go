package leastprivilege

import (
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// Keys are for use through a service alone, which asks in the node's name: through S3 for
// objects, which the node must be allowed to read or write besides, and through EC2 for the
// volumes of a launch.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service

// encryptedObjects let a node use the objects of its buckets that are under a key. S3 asks
// for Decrypt to end an upload in parts, too.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func encryptedObjects(o Options, s Scope) []policydoc.Statement {
	if len(o.S3Buckets) == 0 {
		return nil
	}
	actions := []string{"kms:Decrypt"}
	if slices.ContainsFunc(o.S3Buckets, func(b S3Bucket) bool { return !b.ReadOnly }) {
		actions = append(actions, "kms:GenerateDataKey")
	}
	st := allow("EncryptedObjects", unique(o.KMSKeyARNs), actions...)
	var via policydoc.Values
	for _, region := range regions(o.KMSKeyARNs) { // a bucket's key is of the bucket's Region
		via = append(via, s.services("s3", region)...)
	}
	st.Condition = condition{"StringEquals": {"kms:ViaService": via}}
	return some(st)
}

// encryptedVolumes let the head launch, and start again, workers whose volumes are under a
// key of the Region. EC2 uses the key by grants, for its own resources alone.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
func encryptedVolumes(o Options, s Scope) []policydoc.Statement {
	keys := slices.DeleteFunc(unique(o.KMSKeyARNs), func(arn string) bool { return !strings.Contains(arn, ":kms:"+s.Region+":") })
	via := condition{"StringEquals": {"kms:ViaService": s.services("ec2", s.Region)}}
	use := allow("EncryptedVolumes", keys, "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")
	use.Condition = via
	grant := allow("GrantToVolumes", keys, "kms:CreateGrant")
	grant.Condition = and(via, condition{"Bool": {"kms:GrantIsForAWSResource": {"true"}}})
	return some(use, grant)
}
