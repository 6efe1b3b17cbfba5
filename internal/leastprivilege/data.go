package leastprivilege

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// dataStatements let a node use the named buckets, file systems, images and secrets, and look
// up FSx file systems. Mounting FSx for Lustre needs network access and no permission.
func dataStatements(o Options, s Scope) []policydoc.Statement {
	return slices.Concat(buckets(o, s), encryptedObjects(o, s), fileSystems(o, s), images(o), secrets(o), findFileSystems(o, s))
}

// buckets let a node find, read and write the objects of the named buckets. In each statement,
// actions on buckets apply to the ARNs of buckets, and actions on objects to the ARNs of
// objects.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func buckets(o Options, s Scope) []policydoc.Statement {
	var read, write, locate, uploads []string
	var below []policydoc.Statement
	for _, bucket := range sortedBuckets(o.S3Buckets) {
		arn := s.bucketARN(bucket.Name)
		resources := []string{arn, arn + "/*"}
		if folders := bucket.folders(); len(folders) > 0 {
			resources = nil
			for _, folder := range folders {
				resources = append(resources, arn+"/"+folder)
			}
			below = listBelow(below, arn, folders)
			if bucket.ReadOnly {
				locate = append(locate, arn)
			} else {
				uploads = append(uploads, arn)
			}
		}
		if bucket.ReadOnly {
			read = append(read, resources...)
		} else {
			write = append(write, resources...)
		}
	}
	// Tasks write checkpoints and results in parts, and replace them. Of the actions on
	// buckets, only s3:ListBucket supports the condition key s3:prefix.
	return some(slices.Concat([]policydoc.Statement{
		allow("Read", read, "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"),
		allow("ReadAndWrite", write, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject",
			"s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:PutObject"),
		allow("Locate", locate, "s3:GetBucketLocation"),
		allow("LocateAndWrite", uploads, "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
	}, below)...)
}

// listBelow adds the permission to list a bucket below its prefixes. Only buckets with the
// same prefixes share a statement, because a statement allows listing each of its buckets
// below each of its prefixes.
func listBelow(statements []policydoc.Statement, arn string, prefixes []string) []policydoc.Statement {
	for i, st := range statements {
		if slices.Equal(st.Condition["StringLike"]["s3:prefix"], prefixes) {
			statements[i].Resource = append(st.Resource, arn)
			return statements
		}
	}
	sid := "ListBelow"
	if len(statements) > 0 {
		sid += strconv.Itoa(len(statements) + 1)
	}
	st := allow(sid, []string{arn}, "s3:ListBucket")
	st.Condition = condition{"StringLike": {"s3:prefix": prefixes}}
	return append(statements, st)
}

// folders returns the patterns of the object keys below a bucket's prefixes. Each prefix ends
// with a slash, whether it is written or not, so team-a does not match keys that begin with
// team-ab.
func (b S3Bucket) folders() []string {
	var folders []string
	for _, prefix := range b.Prefixes {
		folders = append(folders, strings.TrimSuffix(prefix, "/")+"/*")
	}
	return unique(folders)
}

func sortedBuckets(buckets []S3Bucket) []S3Bucket {
	return slices.SortedFunc(slices.Values(buckets), func(a, b S3Bucket) int { return strings.Compare(a.Name, b.Name) })
}

// fileSystems let a node mount EFS file systems with IAM authorization, and look up their
// addresses. EFS treats root on a node as the user nobody, unless an access point says
// otherwise.
// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
func fileSystems(o Options, s Scope) []policydoc.Statement {
	var mount, write []string
	for _, fs := range o.EFSFileSystems {
		arn := s.arn("elasticfilesystem", s.Account, "file-system/"+fs.ID)
		if fs.ReadOnly {
			mount = append(mount, arn)
		} else {
			write = append(write, arn)
		}
	}
	return some(
		allow("Mount", unique(mount), "elasticfilesystem:ClientMount", "elasticfilesystem:DescribeMountTargets"),
		allow("MountToWrite", unique(write), "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:DescribeMountTargets"),
	)
}

// findFileSystems lets scripts on a node look up the mount name of an FSx file system, and
// lets the mount helper of EFS look up the Availability Zone of its mount target. Neither
// action is limited to resources here.
// https://github.com/aws/efs-utils
func findFileSystems(o Options, s Scope) []policydoc.Statement {
	var actions []string
	if len(o.EFSFileSystems) > 0 {
		actions = append(actions, "ec2:DescribeAvailabilityZones")
	}
	if o.FSx {
		actions = append(actions, "fsx:DescribeFileSystems")
	}
	if len(actions) == 0 {
		return nil
	}
	st := allow("FileSystems", []string{"*"}, actions...)
	st.Condition = s.inRegion()
	return []policydoc.Statement{st}
}

// images let a node pull images. ecr:GetAuthorizationToken has no resource-level permissions,
// so a condition limits it to the Regions of the repositories.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
func images(o Options) []policydoc.Statement {
	if len(o.ECRRepositoryARNs) == 0 {
		return nil
	}
	token := allow("ImageToken", []string{"*"}, "ecr:GetAuthorizationToken")
	token.Condition = condition{"StringEquals": {"aws:RequestedRegion": regions(o.ECRRepositoryARNs)}}
	return []policydoc.Statement{
		token,
		allow("Images", unique(o.ECRRepositoryARNs), "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
	}
}

// secrets let a node read secrets.
func secrets(o Options) []policydoc.Statement {
	return some(allow("Secrets", unique(o.SecretARNs), "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"))
}

// regions returns the Region of each ARN, sorted and without duplicates.
func regions(arns []string) []string {
	var found []string
	for _, arn := range arns {
		if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
			found = append(found, parts[3])
		}
	}
	return unique(found)
}
