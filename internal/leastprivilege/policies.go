package leastprivilege

// A Policy is an inline policy of a role.
type Policy struct {
	Name     string // what follows the NamePrefix and a hyphen in its name
	Document string // JSON
}

// Policies are what the roles of one cluster carry.
type Policies struct {
	Head   []Policy
	Worker []Policy // of every worker group
}

// Build writes each policy once. The head carries what a worker does, and what the
// autoscaler needs.
func Build(o Options, s Scope) Policies {
	node := nodePolicies(o, s)
	head := []Policy{{"autoscaler-policy", autoscalerPolicy(o, s)}}
	if o.CloudWatch {
		head = append(head, Policy{"cloudwatch-policy", cloudWatchPolicy(o, s)})
	}
	return Policies{Head: append(head, node...), Worker: node}
}

// nodePolicies returns what head and workers have in common.
func nodePolicies(o Options, s Scope) []Policy {
	var policies []Policy
	if len(o.S3Buckets) > 0 || o.FSx {
		policies = append(policies, Policy{"data-policy", dataPolicy(o, s)})
	}
	if o.CloudWatch {
		policies = append(policies, Policy{"agent-policy", agentPolicy(o, s)})
	}
	return policies
}

// Ray's tags, on which the policies rest. The tag that tells head from worker has a
// key that says type:
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/tags.py
const (
	clusterTag = "ray-cluster-name"
	kindTag    = "ray-node-type"
	workerKind = "worker"
)

// ownWorkers is the condition that something has the tags of the cluster's own workers:
// prefix is the condition key without the tag, such as aws:ResourceTag/.
//
// IAM takes the name of a condition key for the same in any case, and EC2 takes keys of tags
// that differ in case for two: so this alone is also met by a tag Ray-Cluster-Name, which
// Ray does not know. In a request, noOtherCase refuses those.
func (o Options) ownWorkers(prefix string) condition {
	return condition{"StringEquals": {prefix + clusterTag: {o.ClusterName}, prefix + kindTag: {workerKind}}}
}
