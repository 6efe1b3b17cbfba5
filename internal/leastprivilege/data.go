package leastprivilege

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// dataStatements let a node use the named buckets, file systems, images and secrets, and
// find its FSx for Lustre file system. Mounting that takes the network alone.
func dataStatements(o Options, s Scope) []policydoc.Statement {
	return slices.Concat(buckets(o, s), encryptedObjects(o, s), fileSystems(o, s), images(o), secrets(o), findFileSystems(o, s))
}

// buckets let a node find, read and write the objects of the named buckets. Of a statement,
// the actions on buckets are for its ARNs of buckets, and those on objects for the others.
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
	// Checkpoints and results are written in parts, and replaced. Of the actions on buckets,
	// only the listing of objects knows their prefix as a condition.
	return some(slices.Concat([]policydoc.Statement{
		allow("Read", read, "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"),
		allow("ReadAndWrite", write, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject",
			"s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:PutObject"),
		allow("Locate", locate, "s3:GetBucketLocation"),
		allow("LocateAndWrite", uploads, "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
	}, below)...)
}

// listBelow adds to statements that a bucket may be listed below prefixes. Buckets with the
// same prefixes share a statement, and no others: each bucket of a statement may be listed
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

// folders are the patterns of the keys below a bucket's prefixes. The slash at the end of
// a prefix belongs to it, written or not: team-a does not stand for team-ab.
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

// fileSystems let a node mount EFS file systems by IAM, and look up their addresses. Root
// on a node is nobody on the file system, unless an access point says otherwise.
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
// the mount helper of EFS the zone of its mount target. Neither action is narrowed here.
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

// images let a node pull images. The token knows no repository, and is of a Region.
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

// regions are those of ARNs, each once.
func regions(arns []string) []string {
	var found []string
	for _, arn := range arns {
		if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
			found = append(found, parts[3])
		}
	}
	return unique(found)
}
