package rayiam

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// dataPolicy lets a node use the named buckets, and find its FSx for Lustre file
// system, which it then mounts over the network alone.
func dataPolicy(lp LeastPrivilege, stack Stack) string {
	var buckets, read, write []string
	for _, bucket := range lp.S3Buckets {
		arn := "arn:" + stack.Partition + ":s3:::" + bucket.Name
		buckets = append(buckets, arn)
		if bucket.ReadOnly {
			read = append(read, arn+"/*")
		} else {
			write = append(write, arn+"/*")
		}
	}
	var statements []policydoc.Statement
	allow := func(sid string, resources []string, actions ...string) {
		if len(resources) > 0 {
			statements = append(statements, policydoc.Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: unique(resources)})
		}
	}
	allow("Buckets", buckets, "s3:GetBucketLocation", "s3:ListBucket")
	allow("Read", read, "s3:GetObject")
	allow("ReadAndWrite", write, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
	if lp.FSx {
		statements = append(statements, policydoc.Statement{
			Sid:       "FileSystems",
			Effect:    "Allow",
			Action:    []string{"fsx:DescribeFileSystems"},
			Resource:  []string{"*"},
			Condition: stack.inRegion(),
		})
	}
	return policydoc.New(statements...)
}
