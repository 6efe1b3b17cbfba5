package leastprivilege

// Options say what a cluster needs. No string holds a wildcard or a policy
// variable, so that each stands for itself alone in a policy.
type Options struct {
	// One of the two is set.
	ClusterName       string // cluster_name of the Ray cluster's YAML
	ClusterNamePrefix string // what the cluster_name of several clusters begins with

	S3Buckets      []S3Bucket      // the buckets that head and workers use
	EFSFileSystems []EFSFileSystem // the EFS file systems that they mount
	FSx            bool            // find FSx file systems
	CloudWatch     bool            // Ray's CloudWatch integration
	Spot           bool            // launch Spot Instances
	SessionManager bool            // let people log in by Session Manager

	ECRRepositoryARNs []string // repositories of images, of any account
	KMSKeyARNs        []string // keys of the buckets, and of the workers' volumes
	SecretARNs        []string // secrets of Secrets Manager, with the six characters at their end

	// What the head may launch. An empty list allows anything of its kind, but of
	// images the public ones and the cluster's own alone.
	SubnetIDs        []string
	SecurityGroupIDs []string
	ImageIDs         []string
	KeyNames         []string // names of key pairs
	InstanceTypes    []string

	InstanceTagKeys []string // keys of the owner's own tags on what a launch makes
}

// An S3Bucket is one entry of S3Buckets.
type S3Bucket struct {
	Name     string
	ReadOnly bool
	Prefixes []string // of keys, with or without the slash at the end; empty for all objects
}

// An EFSFileSystem is one entry of EfsFileSystems.
type EFSFileSystem struct {
	ID       string
	ReadOnly bool
}
