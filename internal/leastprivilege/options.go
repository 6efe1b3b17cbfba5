package leastprivilege

// Options say what a cluster needs. No string has a wildcard or a policy variable, so that
// each value matches only itself in a policy. The published schema has the form of each field.
type Options struct {
	// Exactly one of these two is set.
	ClusterName       string // cluster_name of the Ray cluster's YAML
	ClusterNamePrefix string // prefix of cluster_name, for several clusters

	S3Buckets      []S3Bucket      // the buckets that head and workers use
	EFSFileSystems []EFSFileSystem // the EFS file systems that they mount
	FSx            bool            // nodes may look up FSx file systems
	CloudWatch     bool            // Ray's CloudWatch integration
	Spot           bool            // the head may launch Spot Instances
	SessionManager bool            // people may log in by Session Manager

	ECRRepositoryARNs []string // repositories of images, of any account
	KMSKeyARNs        []string // keys of the buckets, and of the workers' volumes
	SecretARNs        []string // secrets of Secrets Manager, with the six characters at their end

	// The resources that the head may launch workers with. An empty list allows any resource
	// of its kind. An empty list of images allows public images, and images tagged for the
	// cluster.
	SubnetIDs        []string
	SecurityGroupIDs []string
	ImageIDs         []string
	KeyNames         []string // names of key pairs
	InstanceTypes    []string

	InstanceTagKeys []string // keys of the owner's own tags on the resources that a launch creates
}

// An S3Bucket is one entry of S3Buckets.
type S3Bucket struct {
	Name     string
	ReadOnly bool
	Prefixes []string // of object keys, with or without the slash at the end; empty for all objects
}

// An EFSFileSystem is one entry of EfsFileSystems.
type EFSFileSystem struct {
	ID       string
	ReadOnly bool
}
