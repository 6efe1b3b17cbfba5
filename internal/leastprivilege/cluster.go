package leastprivilege

// Ray's tags, which the conditions of the policies use. ray-node-type tells a head from a
// worker:
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/tags.py
const (
	clusterTag = "ray-cluster-name"
	kindTag    = "ray-node-type"
	workerKind = "worker"
)

// names returns the cluster's name, or the pattern of all names that begin with
// ClusterNamePrefix.
func (o Options) names() string {
	if o.ClusterName != "" {
		return o.ClusterName
	}
	return o.ClusterNamePrefix + "*"
}

// ofCluster returns the condition that the tag ray-cluster-name is the name of the cluster, or
// of one of the clusters. prefix is the condition key without the tag's key, such as
// aws:ResourceTag/.
//
// IAM ignores case in the name of a condition key, and EC2's tag keys are case-sensitive. So a
// tag Ray-Cluster-Name, which Ray does not read, also meets this condition. In a request,
// noOtherCase denies such a tag.
func (o Options) ofCluster(prefix string) condition {
	operator := "StringEquals"
	if o.ClusterName == "" {
		operator = "StringLike"
	}
	return condition{operator: {prefix + clusterTag: {o.names()}}}
}

// ownWorkers returns the condition that the tags are the tags of one of the cluster's own
// workers. prefix is as for ofCluster.
func (o Options) ownWorkers(prefix string) condition {
	return and(o.ofCluster(prefix), condition{"StringEquals": {prefix + kindTag: {workerKind}}})
}

// reportNames returns the pattern of the cluster's metric namespaces and log groups in Ray's
// example configuration, such as research-ray-CWAgent and research-ray_logs_out.
func (o Options) reportNames() string { return o.names() + "-ray*" }

// parameterARN returns the ARN of the SSM parameter in which Ray keeps the configuration of a
// kind: agent or alarm.
func (o Options) parameterARN(s Scope, kind string) string {
	return s.arn("ssm", s.Account, "parameter/AmazonCloudWatch-ray_"+kind+"_config_"+o.names())
}
