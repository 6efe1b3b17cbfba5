package leastprivilege

// Ray's tags, on which the policies rest. The tag that tells head from worker has a
// key that says type:
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/tags.py
const (
	clusterTag = "ray-cluster-name"
	kindTag    = "ray-node-type"
	workerKind = "worker"
)

// names is the pattern of the names of the clusters: of one, or of all that begin alike.
func (o Options) names() string {
	if o.ClusterName != "" {
		return o.ClusterName
	}
	return o.ClusterNamePrefix + "*"
}

// ofCluster is the condition that something has the tag of the cluster, or of one of the
// clusters: prefix is the condition key without the tag, such as aws:ResourceTag/.
//
// IAM takes the name of a condition key for the same in any case, and EC2 takes keys of tags
// that differ in case for two: so this alone is also met by a tag Ray-Cluster-Name, which
// Ray does not know. In a request, noOtherCase refuses those.
func (o Options) ofCluster(prefix string) condition {
	operator := "StringEquals"
	if o.ClusterName == "" {
		operator = "StringLike"
	}
	return condition{operator: {prefix + clusterTag: {o.names()}}}
}

// ownWorkers is the condition that something has the tags of the cluster's own workers.
func (o Options) ownWorkers(prefix string) condition {
	return and(o.ofCluster(prefix), condition{"StringEquals": {prefix + kindTag: {workerKind}}})
}

// reportNames is the pattern of the cluster's metric namespaces and log groups in Ray's
// example configuration, such as research-ray-CWAgent and research-ray_logs_out.
func (o Options) reportNames() string { return o.names() + "-ray*" }

// parameterARN is of the parameter in which Ray keeps one kind of configuration.
func (o Options) parameterARN(s Scope, kind string) string {
	return s.arn("ssm", s.Account, "parameter/AmazonCloudWatch-ray_"+kind+"_config_"+o.names())
}
