package leastprivilege

// Options say what a cluster needs. No string holds a wildcard or a policy
// variable, so that each stands for itself alone in a policy.
type Options struct {
	ClusterName string     // cluster_name of the Ray cluster's YAML
	S3Buckets   []S3Bucket // the buckets that head and workers use
	FSx         bool       // find FSx file systems
	CloudWatch  bool       // Ray's CloudWatch integration
	Spot        bool       // launch Spot Instances

	// What the head may launch. An empty list allows anything of its kind.
	SubnetIDs        []string
	SecurityGroupIDs []string
	ImageIDs         []string
	KeyNames         []string // names of key pairs
	InstanceTypes    []string
}

// An S3Bucket is one entry of S3Buckets.
type S3Bucket struct {
	Name     string
	ReadOnly bool
}
