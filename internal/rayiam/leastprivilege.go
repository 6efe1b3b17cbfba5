package rayiam

import (
	"fmt"
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// LeastPrivilege asks for generated inline policies in place of the recipe's
// managed ones, and says what the cluster needs. The strings are checked: none can
// stand for more than itself in a policy.
type LeastPrivilege struct {
	ClusterName                string // cluster_name of the Ray cluster's YAML
	S3Buckets                  []S3Bucket
	FSx, CloudWatch, Spot      bool
	SubnetIDs                  []string // where the head may launch; nil for anywhere, as for the other lists
	SecurityGroupIDs, ImageIDs []string
	KeyNames, InstanceTypes    []string
}

// An S3Bucket is one entry of S3Buckets.
type S3Bucket struct {
	Name     string
	ReadOnly bool
}

// Ray's tags, on which the policies rest. That of the node's kind has a key that
// says type: https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/tags.py
const (
	clusterTag = "ray-cluster-name"
	kindTag    = "ray-node-type"
	workerKind = "worker"
)

// builtinHeadPolicies returns the inline policies that the head carries besides
// its declared ones.
func builtinHeadPolicies(p Properties, stack Stack) []InlinePolicy {
	policies := []InlinePolicy{{Name: passRolePolicyName(p.NamePrefix), Document: passRolePolicy(p, stack)}}
	if p.LeastPrivilege == nil {
		return policies
	}
	policies = append(policies, InlinePolicy{p.NamePrefix + "-autoscaler-policy", autoscalerPolicy(p, stack)})
	if p.LeastPrivilege.CloudWatch {
		policies = append(policies, InlinePolicy{p.NamePrefix + "-cloudwatch-policy", cloudWatchPolicy(*p.LeastPrivilege, stack)})
	}
	return append(policies, nodePolicies(p, stack)...)
}

// builtinWorkerPolicies returns the inline policies that every worker group
// carries besides its declared ones.
func builtinWorkerPolicies(p Properties, stack Stack) []InlinePolicy {
	if p.LeastPrivilege == nil {
		return nil
	}
	return nodePolicies(p, stack)
}

// nodePolicies returns what head and workers have in common.
func nodePolicies(p Properties, stack Stack) []InlinePolicy {
	var policies []InlinePolicy
	lp := *p.LeastPrivilege
	if len(lp.S3Buckets) > 0 || lp.FSx {
		policies = append(policies, InlinePolicy{p.NamePrefix + "-data-policy", dataPolicy(lp, stack)})
	}
	if lp.CloudWatch {
		policies = append(policies, InlinePolicy{p.NamePrefix + "-agent-policy", agentPolicy(lp, stack)})
	}
	return policies
}

// checkLeastPrivilege finds what the schema cannot say: one bucket named twice, and
// generated policies that are too large for a role.
func checkLeastPrivilege(p Properties, stack Stack) Faults {
	if p.LeastPrivilege == nil {
		return nil
	}
	var faults Faults
	seen := map[string]int{}
	for i, bucket := range p.LeastPrivilege.S3Buckets {
		if first, ok := seen[bucket.Name]; ok && bucket.Name != "" {
			faults = append(faults, Fault{fmt.Sprintf("LeastPrivilege.S3Buckets[%d].Name", i), Quote(bucket.Name), fmt.Sprintf("S3Buckets[%d] has this name already", first)})
			continue
		}
		seen[bucket.Name] = i
	}
	if size := sizeOf(builtinHeadPolicies(p, stack)); size > maxInlinePolicy {
		faults = append(faults, Fault{"LeastPrivilege", "", fmt.Sprintf("the policies of role %s would have %d characters in all, IAM allows %d: list fewer or shorter names, or leave a list out", HeadName(p.NamePrefix), size, maxInlinePolicy)})
	}
	return faults
}

// condition is the Condition element of a statement: operators, keys, values.
type condition = map[string]map[string]policydoc.Values

// ownWorkers holds for what carries the tags of one of the cluster's workers.
func (lp LeastPrivilege) ownWorkers(prefix string) map[string]policydoc.Values {
	return map[string]policydoc.Values{prefix + clusterTag: {lp.ClusterName}, prefix + kindTag: {workerKind}}
}

// inRegion holds for calls to the stack's Region, for actions that know no resource.
func (s Stack) inRegion() condition {
	return condition{"StringEquals": {"aws:RequestedRegion": {s.Region}}}
}

func (s Stack) arn(service, account, resource string) string {
	return "arn:" + s.Partition + ":" + service + ":" + s.Region + ":" + account + ":" + resource
}

// ec2ARNs returns an ARN for each name, or one for all names of the kind where
// there are none.
func (s Stack) ec2ARNs(account, kind string, names []string) []string {
	if len(names) == 0 {
		names = []string{"*"}
	}
	var arns []string
	for _, name := range unique(names) {
		arns = append(arns, s.arn("ec2", account, kind+"/"+name))
	}
	return arns
}

// unique returns the distinct strings of list, sorted.
func unique(list []string) []string { return slices.Compact(sorted(list)) }
