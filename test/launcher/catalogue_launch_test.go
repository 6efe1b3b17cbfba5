package launcher

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
)

const otherAccount = "999999999999"

// launched returns Ray's launch of the cluster's head.
func (p played) launched() call { return p.recordedFirst("RunInstances") }

func arnOf(profile string) any { return map[string]any{"Arn": profile} }

func (c *catalogue) addLaunches() {
	head := c.launched()
	for name, changes := range map[string]tags{
		"without the cluster's tag":                    {"ray-cluster-name": ""},
		"as another cluster's":                         {"ray-cluster-name": "research2"},
		"as a cluster's with the name in another case": {"ray-cluster-name": "Research"},
		"without a kind":                               {"ray-node-type": ""},
		"as a worker":                                  {"ray-node-type": "worker"},
		"as unmanaged":                                 {"ray-node-type": "unmanaged"},
		"with a tag on which other rights depend":      {"Environment": "production"},
	} {
		c.Call(launching, name, head.Retagged(changes))
	}
	c.Call(launching, "without tags", head.Set("TagSpecifications", nil))
	for name, profile := range map[string]string{
		"a worker's profile":           c.Profile("cpu"),
		"an administrator's profile":   c.IAM("instance-profile", "admin"),
		"a profile of the same name":   c.IAM("instance-profile", "elsewhere/ray-research-head"),
		"another account's profile":    strings.Replace(c.Profile("head"), c.Account, otherAccount, 1),
		"a profile with a longer name": c.Profile("head2"),
	} {
		c.Call(launching, "with "+name, head.Set("IamInstanceProfile", arnOf(profile)))
	}
	c.Call(launching, "without a profile", head.Set("IamInstanceProfile", nil))
	worker := head.Retagged(tags{"ray-node-type": "worker"}).Set("IamInstanceProfile", arnOf(c.Profile("cpu")))
	c.Call(launching, "a worker of the cluster's, which the head launches", worker)
	for _, kind := range []string{"volume", "network-interface"} {
		for _, key := range []string{"ray-cluster-name", "CostCentre"} {
			c.Call(launching, "with the tag "+key+" on its "+kind, head.AlsoTagging(kind, tags{key: "x"}))
		}
	}
}

// addParts adds launches in which one resource is wrong.
func (c *catalogue) addParts() {
	head := c.launched()
	const other = "0bbbbbbbbbbbbbbbb"
	changed := func(name string, value any) call { return head.Set(name, value) }
	for name, wrong := range map[string]call{
		"with a volume of a snapshot":         changed("BlockDeviceMappings", []any{map[string]any{"Ebs": map[string]any{"SnapshotId": "snap-" + other}}}),
		"with a volume of a tagged snapshot":  changed("BlockDeviceMappings", []any{map[string]any{"Ebs": map[string]any{"SnapshotId": "snap-" + other}}}).Of("snap-"+other, ownHead),
		"by another's launch template":        changed("LaunchTemplate", map[string]any{"LaunchTemplateId": "lt-" + other}).Of("lt-"+other, neighbour),
		"by a launch template without tags":   changed("LaunchTemplate", map[string]any{"LaunchTemplateId": "lt-" + other}).Of("lt-"+other, untagged),
		"in another's placement group":        changed("Placement", map[string]any{"GroupName": "other"}).Of("other", neighbour),
		"in another's capacity reservation":   changed("CapacityReservationSpecification", reservation("cr-"+other)).Of("cr-"+other, neighbour),
		"in a capacity reservation of nobody": changed("CapacityReservationSpecification", reservation("cr-"+other)).Of("cr-"+other, untagged),
		"of a private image":                  changed("ImageId", "ami-"+other).OfImage(false),
		"of another cluster's image":          changed("ImageId", "ami-"+other).Of("ami-"+other, neighbour).OfImage(false),
		"with another key on its volume":      changed("BlockDeviceMappings", []any{map[string]any{"Ebs": map[string]any{"KmsKeyId": c.ARN("kms", "key/0b")}}}),
	} {
		c.Call(launching, name, wrong)
	}
	listed := func(is bool, name string, wrong call) {
		if is {
			c.Call(launching, name, wrong)
		}
	}
	l := c.launcher
	listed(!l.Spot, "as a Spot Instance", changed("InstanceMarketOptions", map[string]any{"MarketType": "spot"}))
	listed(len(l.InstanceTypes) > 0, "of a type that is not listed", changed("InstanceType", "p5.48xlarge"))
	listed(len(l.InstanceTypes) > 0, "of a type that begins alike", changed("InstanceType", "m6i.xlarge-flex"))
	listed(len(l.ImageIDs) > 0, "of a public image that is not listed", changed("ImageId", "ami-"+other))
	listed(len(l.ImageIDs) > 0, "of a tagged image that is not listed", changed("ImageId", "ami-"+other).Of("ami-"+other, ownHead))
	listed(len(l.KeyNames) > 0, "with a key that is not listed", changed("KeyName", "somebody"))
	listed(len(l.SubnetIDs) > 0, "in a subnet that is not listed", changed("SubnetId", "subnet-"+other))
	listed(len(l.SubnetIDs) > 0, "by an interface in another subnet", changed("NetworkInterfaces", []any{map[string]any{"DeviceIndex": 0, "SubnetId": "subnet-" + other}}))
	listed(len(l.SecurityGroupIDs) > 0, "in a group that is not listed", changed("SecurityGroupIds", []any{"sg-" + other}))
	listed(len(l.SecurityGroupIDs) > 0, "in a listed and another group", changed("SecurityGroupIds", []any{c.belongings.Group, "sg-" + other}))
	listed(len(l.SecurityGroupIDs) > 0, "by an interface in another group", changed("NetworkInterfaces", []any{map[string]any{"SubnetId": c.belongings.Subnet, "Groups": []any{"sg-" + other}}}))
}

func reservation(id string) any {
	return map[string]any{"CapacityReservationTarget": map[string]any{"CapacityReservationId": id}}
}

// rayKeys are the keys of Ray's tags.
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/tags.py
var rayKeys = []string{
	"ray-cluster-name", "ray-file-mounts-contents", "ray-launch-config", "ray-launch-request", "ray-node-name", "ray-node-status", "ray-node-type",
	"ray-replica-index", "ray-runtime-config", "ray-user-node-type",
}

// inOtherCase returns the key once for each of its letters, with that letter in the other
// case.
func inOtherCase(key string) []string {
	var all []string
	for i, letter := range key {
		if letter != '-' {
			all = append(all, key[:i]+strings.ToUpper(string(letter))+key[i+1:])
		}
	}
	return append(all, strings.ToUpper(key))
}

// addOtherCase adds launches with tag keys in another case. IAM treats
// aws:RequestTag/ray-Cluster-Name and aws:RequestTag/ray-cluster-name as the same key. Ray
// does not, so it would not see such a machine, or would see it in another cluster.
func (c *catalogue) addOtherCase() {
	head, status := c.launched(), c.status()
	for _, key := range []string{"ray-cluster-name", "ray-node-type"} {
		value := head.LaunchTags()[key]
		for _, disguised := range inOtherCase(key) {
			c.Call(otherCase, "launched with "+disguised+" alone", head.Retagged(tags{key: "", disguised: value}))
		}
	}
	for _, ray := range []string{"RAY", "RAy", "RaY", "Ray", "rAY", "rAy", "raY"} { // the authorization of the launch alone, without those of its tags
		alone := head.Retagged(tags{"ray-cluster-name": "", ray + "-cluster-name": cluster})
		c.Add(otherCase, "RunInstances: an instance with "+ray+"-cluster-name, of no cluster that Ray sees", c.place.Instance(alone))
	}
	c.Call(otherCase, "planted in another cluster", head.Retagged(tags{"ray-cluster-name": "victim", "ray-Cluster-Name": cluster}))
	c.Call(otherCase, "planted as a worker", head.Retagged(tags{"ray-node-type": "worker", "ray-Node-Type": "head"}))
	c.Call(otherCase, "both in other case, by their words", head.Retagged(tags{"ray-cluster-name": "", "ray-node-type": "", "Ray-Cluster-Name": cluster, "Ray-Node-Type": "head"}))
	c.Call(otherCase, "both in other case", head.Retagged(tags{"ray-cluster-name": "", "ray-node-type": "", "RAY-CLUSTER-NAME": cluster, "RAY-NODE-TYPE": "head"}))
	for _, key := range append([]string{"ray-job-backup-worker-visibility-zone"}, rayKeys...) { // the first key is one that a later Ray may use
		for _, disguised := range inOtherCase(key)[len("ray"):] {
			c.Call(otherCase, "the head given "+disguised, status.SetTags(tags{disguised: "x"}))
		}
	}
	c.Call(otherCase, "the head given a kind in other case", status.SetTags(tags{"ray-node-type": "worker", "ray-Node-Type": "head"}))
	c.Call(otherCase, "the head named by a similar tag", status.SetTags(tags{"name": "x"}))
}

// addTagging adds calls that change tags. The launcher may end machines that are tagged as
// the cluster's, so it must not be able to tag other machines so.
func (c *catalogue) addTagging() {
	status := c.status()
	tag := func(key, value string) call { return status.SetTags(tags{key: value}) }
	claim := status.SetTags(tags{"ray-cluster-name": cluster, "ray-node-type": "head"})
	for name, t := range foreign {
		c.Call(tagging, "claiming "+name, claim.OfAll(t))
		c.Call(tagging, "the status of "+name, status.OfAll(t))
		c.Call(tagging, "the kind of "+name, tag("ray-node-type", "head").OfAll(t))
	}
	for name, profile := range otherProfiles(c.place) {
		c.Call(tagging, "the status of a machine with the head's tags and "+name, status.OfAll(ownHead).Profiled(profile))
		c.Call(tagging, "the status of a machine with the head's tags in another case and "+name, status.OfAll(capitals).Profiled(profile))
	}
	for name, wrong := range map[string]call{
		"the head given to another cluster":  tag("ray-cluster-name", "research2"),
		"the head's cluster set again":       tag("ray-cluster-name", cluster),
		"the head made a worker":             tag("ray-node-type", "worker"),
		"the head with a tag of the company": tag("Environment", "production"),
		"an own worker's status":             status.OfAll(ownWorker),
		"an own worker made a head":          tag("ray-node-type", "head").OfAll(ownWorker),
	} {
		c.Call(tagging, name, wrong)
	}
	claimed := awscall.RequestTags(tags{"ray-cluster-name": cluster})
	for kind, id := range map[string]string{
		"launch-template": "lt-0b", "placement-group": "pg-0b", "capacity-reservation": "cr-0b", "volume": "vol-0b", "image": "ami-0b",
		"snapshot": "snap-0b", "security-group": "sg-0b", "subnet": "subnet-0b", "network-interface": "eni-0b",
	} {
		c.One(tagging, "claiming a "+kind, "ec2:CreateTags", c.EC2(kind, id), claimed)
		c.One(tagging, "tags of a "+kind, "ec2:CreateTags", c.EC2(kind, id), awscall.Merge(awscall.ResourceTags(ownHead), awscall.RequestTags(tags{"CostCenter": "0"})))
	}
	instance := c.ARN("ec2", "instance/i-"+awscall.ToBeMade)
	c.One(tagging, "claiming an instance with the head's profile and type", "ec2:CreateTags", instance,
		awscall.Merge(awscall.RequestTags(tags{"ray-cluster-name": cluster, "ray-node-type": "head"}), conditionKeys{"ec2:InstanceProfile": {c.Profile("head")}, "ec2:InstanceType": {"m6i.xlarge"}}))
	c.One(tagging, "a volume tagged as a head", "ec2:CreateTags", c.ARN("ec2", "volume/vol-0c"), awscall.Merge(awscall.ResourceTags(ownHead), awscall.RequestTags(tags{"ray-node-status": "x"})))
	for _, by := range []string{"CreateFleet", "CreateLaunchTemplate", "CreateVolume"} {
		c.One(tagging, "as part of "+by, "ec2:CreateTags", instance, awscall.Merge(claimed, awscall.AsPartOf(by)))
		c.One(tagging, "as part of "+by, "ec2:CreateTags", c.ARN("ec2", "volume/vol-0b"), awscall.Merge(awscall.RequestTags(tags{"CostCenter": "0"}), awscall.AsPartOf(by)))
	}
	for name, t := range map[string]tags{"the own head": ownHead, "another cluster's head": neighbour} {
		c.One(tagging, "from "+name, "ec2:DeleteTags", instance, awscall.Merge(awscall.ResourceTags(t), conditionKeys{"aws:TagKeys": {"ray-cluster-name"}}))
	}
}
