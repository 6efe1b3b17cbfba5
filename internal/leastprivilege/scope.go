package leastprivilege

import (
	"maps"
	"slices"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Scope says where the policies apply, and with which instance profiles the head may launch
// workers.
type Scope struct {
	Partition string // aws, aws-cn, aws-us-gov, ...
	Region    string
	Account   string // 12 digits

	// WorkerProfileARNs are the workers' instance profiles.
	WorkerProfileARNs []string
}

// condition is the Condition element of a statement: operators, keys, values.
type condition = map[string]map[string]policydoc.Values

// and returns the condition that all of these conditions are met. No two of them have the same
// operator and key.
func and(all ...condition) condition {
	met := condition{}
	for _, c := range all {
		for operator, keys := range c {
			if met[operator] == nil {
				met[operator] = map[string]policydoc.Values{}
			}
			maps.Copy(met[operator], keys)
		}
	}
	return met
}

// workersProfile returns the condition that an instance has a worker's instance profile.
func (s Scope) workersProfile() condition {
	return condition{"ArnEquals": {"ec2:InstanceProfile": unique(s.WorkerProfileARNs)}}
}

// noOtherProfile returns the condition that an instance has a worker's instance profile or
// none.
func (s Scope) noOtherProfile() condition {
	return condition{"ArnEqualsIfExists": {"ec2:InstanceProfile": unique(s.WorkerProfileARNs)}}
}

// inRegion returns the condition for actions that have no resource-level permissions.
func (s Scope) inRegion() condition {
	return condition{"StringEquals": {"aws:RequestedRegion": {s.Region}}}
}

func (s Scope) arn(service, account, resource string) string {
	return "arn:" + s.Partition + ":" + service + ":" + s.Region + ":" + account + ":" + resource
}

// listed returns an ARN for each id that EC2 assigned, in any Region. EC2 never assigns an id
// twice, and an instance can be launched only in the Region of the Scope. Leaving the Region
// out saves characters: these lists are the first to make a policy too large for a role.
func (s Scope) listed(account, kind string, ids []string) []string {
	if len(ids) > 0 {
		s.Region = "*"
	}
	return s.ec2ARNs(account, kind, ids)
}

// ec2ARNs returns an ARN for each name, or one ARN for all names of the kind if there are
// none.
func (s Scope) ec2ARNs(account, kind string, names []string) []string {
	if len(names) == 0 {
		names = []string{"*"}
	}
	var arns []string
	for _, name := range unique(names) {
		arns = append(arns, s.arn("ec2", account, kind+"/"+name))
	}
	return arns
}

// instances returns the ARN of all EC2 instances of the account in the Region. A condition
// selects instances by their tags.
func (s Scope) instances() []string { return s.ec2ARNs(s.Account, "instance", nil) }

// bucketARN returns the ARN of a bucket, which has neither Region nor account.
func (s Scope) bucketARN(name string) string { return "arn:" + s.Partition + ":s3:::" + name }

// unique returns the distinct strings of list, sorted.
func unique(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// services returns the values of kms:ViaService for a service in a Region. In China there are
// two, because AWS does not document which one it is.
func (s Scope) services(name, region string) policydoc.Values {
	global := name + "." + region + ".amazonaws.com"
	if s.Partition == "aws-cn" {
		return policydoc.Values{global, global + ".cn"}
	}
	return policydoc.Values{global}
}

// allow returns a statement that allows actions on resources, without a condition.
func allow(sid string, resources []string, actions ...string) policydoc.Statement {
	return policydoc.Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
}
