package leastprivilege

import (
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A node may use a KMS key only through a service that calls KMS on the node's behalf: through
// S3 for objects, which the node must also be allowed to read or write, and through EC2 for
// the volumes of a launch.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service

// encryptedObjects let a node use the objects of its buckets that are encrypted with one of
// the keys. Completing a multipart upload needs kms:Decrypt, too.
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

// encryptedVolumes let the head launch workers whose volumes are encrypted with a key of the
// Region, and start them again. EC2 uses the key through grants, and only AWS services may
// create these.
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
