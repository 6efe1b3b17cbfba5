package leastprivilege

import "github.com/ray-iam/custom-rayiam/internal/policydoc"

// dataPolicy lets a node use the named buckets and find its FSx for Lustre file system.
// Mounting that takes the network alone.
func dataPolicy(o Options, s Scope) string {
	var buckets, read, write []string
	for _, bucket := range o.S3Buckets {
		arn := s.bucketARN(bucket.Name)
		buckets = append(buckets, arn)
		if bucket.ReadOnly {
			read = append(read, arn+"/*")
		} else {
			write = append(write, arn+"/*")
		}
	}
	var statements []policydoc.Statement
	if len(buckets) > 0 {
		statements = append(statements, listBuckets(buckets))
	}
	if len(read) > 0 {
		statements = append(statements, readObjects(read))
	}
	if len(write) > 0 {
		statements = append(statements, readAndWriteObjects(write))
	}
	if o.FSx {
		statements = append(statements, fileSystems(s))
	}
	return policydoc.New(statements...)
}

// listBuckets lets a node find objects in the named buckets.
func listBuckets(buckets []string) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "Buckets",
		Effect:   "Allow",
		Action:   []string{"s3:GetBucketLocation", "s3:ListBucket"},
		Resource: unique(buckets),
	}
}

// readObjects is for the buckets that are ReadOnly.
func readObjects(objects []string) policydoc.Statement {
	return policydoc.Statement{
		Sid:      "Read",
		Effect:   "Allow",
		Action:   []string{"s3:GetObject"},
		Resource: unique(objects),
	}
}

// readAndWriteObjects is for the other buckets: checkpoints and results are written in
// parts, and replaced.
func readAndWriteObjects(objects []string) policydoc.Statement {
	return policydoc.Statement{
		Sid:    "ReadAndWrite",
		Effect: "Allow",
		Action: []string{
			"s3:AbortMultipartUpload",
			"s3:DeleteObject",
			"s3:GetObject",
			"s3:ListMultipartUploadParts",
			"s3:PutObject",
		},
		Resource: unique(objects),
	}
}

// fileSystems lets scripts on a node look up the mount name of its file system.
func fileSystems(s Scope) policydoc.Statement {
	return policydoc.Statement{
		Sid:       "FileSystems",
		Effect:    "Allow",
		Action:    []string{"fsx:DescribeFileSystems"},
		Resource:  []string{"*"},
		Condition: s.inRegion(),
	}
}
