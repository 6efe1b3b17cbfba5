package rayiam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// checkLeastPrivilege finds faults that the schema cannot find: values that the
// administrator's bounds forbid, one bucket named twice, ARNs of another partition, and
// generated policies that are too large for a role.
func (d Declaration) checkLeastPrivilege(bounds Bounds) Faults {
	p := d.properties
	var faults Faults
	for i, group := range p.WorkerGroups {
		path := fmt.Sprintf("WorkerGroups[%d].S3Buckets", i)
		if group.S3Buckets != nil && p.LeastPrivilege == nil {
			faults = append(faults, Fault{path, "", bucketsNeedLeastPrivilege})
		}
		faults = append(faults, checkBuckets(path, group.S3Buckets, bounds)...)
	}
	if p.LeastPrivilege == nil {
		return faults
	}
	o := *p.LeastPrivilege
	faults = append(faults, checkBuckets("LeastPrivilege.S3Buckets", o.S3Buckets, bounds)...)
	faults = append(faults, checkCluster(o, bounds)...)
	faults = append(faults, checkWayAround(o, bounds)...)
	for _, list := range namedByARN(o) {
		for i, arn := range list.arns {
			if partition := arnPart(arn, 1); partition != "" && partition != d.stack.Partition {
				faults = append(faults, Fault{fmt.Sprintf("LeastPrivilege.%s[%d]", list.option, i), Quote(arn), otherPartition(d.stack.Partition)})
			}
		}
	}
	return append(faults, d.checkGeneratedSizes()...)
}

// checkBuckets checks one list of buckets.
func checkBuckets(path string, buckets []leastprivilege.S3Bucket, bounds Bounds) Faults {
	var faults Faults
	seen := map[string]int{}
	for i, bucket := range buckets {
		at := fmt.Sprintf("%s[%d].Name", path, i)
		if bucket.Name == "" {
			continue
		}
		if first, ok := seen[bucket.Name]; ok {
			faults = append(faults, Fault{at, Quote(bucket.Name), bucketNameTaken(first)})
			continue
		}
		seen[bucket.Name] = i
		if !allows(bounds.AllowedBuckets, bucket.Name) {
			faults = append(faults, Fault{at, Quote(bucket.Name), bucketNotAllowed(bounds.AllowedBuckets)})
		}
	}
	return faults
}

// checkCluster checks ClusterName or ClusterNamePrefix against the administrator's patterns.
func checkCluster(o leastprivilege.Options, bounds Bounds) Faults {
	var faults Faults
	if name := o.ClusterName; name != "" && !allows(bounds.AllowedClusterNames, name) {
		faults = append(faults, Fault{"LeastPrivilege.ClusterName", Quote(name), clusterNotAllowed(bounds.AllowedClusterNames)})
	}
	if prefix := o.ClusterNamePrefix; prefix != "" && !allowsAll(bounds.AllowedClusterNames, prefix) {
		faults = append(faults, Fault{"LeastPrivilege.ClusterNamePrefix", Quote(prefix), clustersNotAllowed(bounds.AllowedClusterNames)})
	}
	return faults
}

// checkWayAround refuses options by which a template could get around the administrator's list
// of managed policies: generated policies may permit what no policy of the list permits. They
// are accepted if the administrator's own boundary limits them, or if there are patterns for
// the resources that they name. For keys, secrets, file systems and repositories there are no
// patterns.
func checkWayAround(o leastprivilege.Options, bounds Bounds) Faults {
	if len(bounds.AllowedPolicyARNs) == 0 || bounds.PermissionsBoundary != "" {
		return nil
	}
	if len(bounds.AllowedBuckets) == 0 || len(bounds.AllowedClusterNames) == 0 {
		return Faults{{"LeastPrivilege", "", leastPrivilegeUnbounded}}
	}
	var faults Faults
	for _, list := range append(namedByARN(o), namedList{"EfsFileSystems", make([]string, len(o.EFSFileSystems))}) {
		if len(list.arns) > 0 {
			faults = append(faults, Fault{"LeastPrivilege." + list.option, "", optionUnbounded})
		}
	}
	return faults
}

// A namedList is an option that names resources by their ARNs.
type namedList struct {
	option string
	arns   []string
}

func namedByARN(o leastprivilege.Options) []namedList {
	return []namedList{{"EcrRepositoryArns", o.ECRRepositoryARNs}, {"KmsKeyArns", o.KMSKeyARNs}, {"SecretArns", o.SecretARNs}}
}

// arnPart returns one of the six parts of an ARN, and an empty string if the text is not an
// ARN.
func arnPart(arn string, i int) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[i]
	}
	return ""
}

// checkGeneratedSizes finds the first role whose inline policies are together too large for
// IAM. The fault's sentence says how many characters each list takes, the largest first.
func (d Declaration) checkGeneratedSizes() Faults {
	for i, node := range d.nodes {
		size := sizeOf(node.builtIn)
		if size <= maxInlinePolicy {
			continue
		}
		type share struct {
			option string
			size   int
		}
		var shares []share
		for option, without := range withoutEach(d.properties) {
			if left := size - sizeOf(Declare(without, d.stack).nodes[i].builtIn); left > 0 {
				shares = append(shares, share{option, left})
			}
		}
		slices.SortFunc(shares, func(a, b share) int {
			return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.option, b.option))
		})
		var longest []string
		for _, s := range shares[:min(4, len(shares))] {
			longest = append(longest, fmt.Sprintf("%s %d", s.option, s.size))
		}
		return Faults{{"LeastPrivilege", "", generatedTooLarge(node.name, size, longest)}}
	}
	return nil
}

// withoutEach returns the properties without each option that makes policies longer: with
// the shortest name, or an empty list.
func withoutEach(p Properties) map[string]Properties {
	all := map[string]Properties{}
	without := func(option string, empty func(*leastprivilege.Options)) {
		o, q := *p.LeastPrivilege, p
		empty(&o)
		q.LeastPrivilege = &o
		all[option] = q
	}
	if p.LeastPrivilege.ClusterName != "" {
		without("ClusterName", func(o *leastprivilege.Options) { o.ClusterName = "x" })
	} else {
		without("ClusterNamePrefix", func(o *leastprivilege.Options) { o.ClusterNamePrefix = "x" })
	}
	without("S3Buckets", func(o *leastprivilege.Options) { o.S3Buckets = nil })
	without("EfsFileSystems", func(o *leastprivilege.Options) { o.EFSFileSystems = nil })
	without("EcrRepositoryArns", func(o *leastprivilege.Options) { o.ECRRepositoryARNs = nil })
	without("KmsKeyArns", func(o *leastprivilege.Options) { o.KMSKeyARNs = nil })
	without("SecretArns", func(o *leastprivilege.Options) { o.SecretARNs = nil })
	without("SubnetIds", func(o *leastprivilege.Options) { o.SubnetIDs = nil })
	without("SecurityGroupIds", func(o *leastprivilege.Options) { o.SecurityGroupIDs = nil })
	without("ImageIds", func(o *leastprivilege.Options) { o.ImageIDs = nil })
	without("KeyNames", func(o *leastprivilege.Options) { o.KeyNames = nil })
	without("InstanceTypes", func(o *leastprivilege.Options) { o.InstanceTypes = nil })
	without("InstanceTagKeys", func(o *leastprivilege.Options) { o.InstanceTagKeys = nil })
	groups := p
	groups.WorkerGroups = slices.Clone(p.WorkerGroups)
	for i := range groups.WorkerGroups {
		if groups.WorkerGroups[i].S3Buckets != nil {
			groups.WorkerGroups[i].S3Buckets = []leastprivilege.S3Bucket{}
		}
	}
	all["WorkerGroups[].S3Buckets"] = groups
	return all
}
