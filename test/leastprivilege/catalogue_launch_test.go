package leastprivilege

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
)

// inOtherCase are tags whose keys Ray does not use, while IAM treats their condition keys
// as those of Ray's tags.
var inOtherCase = map[string]tags{
	"not seen by Ray":                           {"ray-cluster-name": "", "ray-node-type": "", "ray-Cluster-Name": cluster, "ray-Node-Type": "worker"},
	"not seen by Ray, in capitals":              {"ray-cluster-name": "", "ray-node-type": "", "RAY-CLUSTER-NAME": cluster, "RAY-NODE-TYPE": "worker"},
	"of no cluster that Ray sees":               {"ray-cluster-name": "", "Ray-cluster-name": cluster},
	"planted in another cluster":                {"ray-cluster-name": "research2", "ray-Cluster-Name": cluster},
	"planted in another cluster, in capitals":   {"ray-cluster-name": "research2", "RAY-CLUSTER-NAME": cluster},
	"planted as another cluster's head":         {"ray-cluster-name": "research2", "ray-node-type": "head", "ray-clusteR-name": cluster, "ray-node-typE": "worker"},
	"as a head, beside the kind in capitals":    {"ray-node-type": "head", "ray-Node-Type": "worker"},
	"of no kind that Ray sees":                  {"ray-node-type": "", "ray-node-Type": "worker"},
	"with a status in another case":             {"ray-Node-Status": "up-to-date"},
	"with a launch's hash in another case":      {"ray-launch-Config": "x"},
	"with a name in another case":               {"NAME": "x"},
	"with the sign of the agent in other case":  {"cloudwatch-Agent-Installed": "True"},
	"with a hash of the agent's at the launch":  {"cloudwatch-config-hash-agent": "x"},
	"with the cluster's name in another script": {"rаy-cluster-name": cluster}, // a Cyrillic а
}

func profileNamed(arn string) any { return map[string]any{"Arn": arn} }

func (c *catalogue) addLaunches() {
	cpu := c.launched("cpu")
	for name, changes := range map[string]tags{
		"without the cluster's tag":                    {"ray-cluster-name": ""},
		"as another cluster's":                         {"ray-cluster-name": "research2"},
		"as a cluster's with the name in another case": {"ray-cluster-name": "Research"},
		"without a kind":                               {"ray-node-type": ""},
		"as a head":                                    {"ray-node-type": "head"},
		"as unmanaged":                                 {"ray-node-type": "unmanaged"},
		"with a tag on which other rights depend":      {"Environment": "production"},
		"with a tag for the allocation of costs":       {"CostCenter": "4711"},
	} {
		c.Call(launching, name, cpu.Retagged(changes))
	}
	for name, changes := range inOtherCase {
		c.Call(launching, name, cpu.Retagged(changes))
	}
	for letter := 'A'; letter <= 'Z'; letter++ {
		c.Call(launching, "with a key in which only "+string(letter)+" is in upper case", cpu.Retagged(tags{"ray-key-of-" + string(letter): "x"}))
	}
	for _, ray := range []string{"RAY", "RAy", "RaY", "Ray", "rAY", "rAy", "raY"} { // the authorization of the launch alone, without those of its tags
		alone := cpu.Retagged(tags{"ray-cluster-name": "", ray + "-cluster-name": cluster})
		c.Add(launching, "RunInstances: an instance with "+ray+"-cluster-name, of no cluster that Ray sees", c.place.Instance(alone))
	}
	c.Call(launching, "without tags", cpu.Set("TagSpecifications", nil))
	for _, kind := range []string{"volume", "network-interface", "spot-instances-request"} {
		for _, key := range []string{"ray-x", "ray-cluster-name", "Environment", "team", "Name", "Ray-Cluster-Name"} {
			c.Call(launching, "with the tag "+key+" on a "+kind, cpu.AlsoTagging(kind, tags{key: cluster}))
		}
	}
	for _, key := range []string{"team", "TEAM", "project"} {
		c.Call(launching, "with an owner's tag in another case, "+key, cpu.Retagged(tags{key: "a"}))
	}
	for name, arn := range map[string]string{
		"the head's profile":           c.Profile("head"),
		"an administrator's profile":   c.IAM("instance-profile", "admin"),
		"a profile of the same name":   c.IAM("instance-profile", "elsewhere/ray-research-cpu"),
		"another account's profile":    strings.Replace(c.Profile("cpu"), c.Account, otherAccount, 1),
		"a profile with a longer name": c.Profile("cpu2"),
	} {
		c.Call(launching, "with "+name, cpu.Set("IamInstanceProfile", profileNamed(arn)))
	}
	c.Call(launching, "without a profile", cpu.Set("IamInstanceProfile", nil))
}

// addParts adds launches in which one resource is wrong.
func (c *catalogue) addParts() {
	cpu, gpu := c.launched("cpu"), c.launched("gpu")
	const other = "0bbbbbbbbbbbbbbbb"
	for name, wrong := range map[string]call{
		"of a type that is not listed":       cpu.Set("InstanceType", "p5.48xlarge"),
		"of a type with a longer name":       cpu.Set("InstanceType", "m6i.4xlarge-flex"),
		"of an image that is not listed":     cpu.Set("ImageId", "ami-"+other),
		"of a public image not listed":       cpu.Set("ImageId", "ami-"+other).OfImage(true),
		"of an image tagged, not listed":     cpu.Set("ImageId", "ami-"+other).Of("ami-"+other, ownWorker),
		"with a key that is not listed":      cpu.Set("KeyName", "somebody"),
		"with a key tagged for the cluster":  cpu.Set("KeyName", "somebody").Of("somebody", ownWorker),
		"in a subnet that is not listed":     cpu.Set("SubnetId", "subnet-"+other),
		"in a group that is not listed":      cpu.Set("SecurityGroupIds", []any{"sg-" + other}),
		"in a listed and another group":      cpu.Set("SecurityGroupIds", []any{c.belongings.Group, "sg-" + other}),
		"by an interface in another subnet":  cpu.Set("NetworkInterfaces", []any{map[string]any{"DeviceIndex": 0, "SubnetId": "subnet-" + other}}),
		"by an interface in another group":   cpu.Set("NetworkInterfaces", []any{map[string]any{"SubnetId": c.belongings.Subnet, "Groups": []any{"sg-" + other}}}),
		"with a volume of any snapshot":      cpu.Set("BlockDeviceMappings", []any{map[string]any{"Ebs": map[string]any{"SnapshotId": "snap-" + other}}}),
		"by another's launch template":       gpu.Of(c.belongings.Template, neighbour),
		"by a launch template without tags":  gpu.Of(c.belongings.Template, untagged),
		"in another's placement group":       gpu.Of("ray", neighbour),
		"in a placement group without tags":  gpu.Of("ray", untagged),
		"in another's capacity reservation":  gpu.Of("cr-0123456789abcdef0", neighbour),
		"in a capacity reservation untagged": gpu.Of("cr-0123456789abcdef0", untagged),
	} {
		c.Call(launching, name, wrong)
	}
}

const otherAccount = "999999999999"

func (c *catalogue) addPassing() {
	worker := c.Role("cpu")
	for name, role := range map[string]string{
		"the head's own":             c.Role("head"),
		"an administrator's":         c.IAM("role", "admin"),
		"another cluster's worker's": c.IAM("role", "ray-other-cpu"),
		"one with a longer name":     c.Role("cpu2"),
		"one of the same name":       c.IAM("role", "elsewhere/ray-research-cpu"),
		"the provider's":             c.IAM("role", "ray-iam-ExecutionRole-1ABC"),
	} {
		c.One(passing, name, "iam:PassRole", role, awscall.PassedTo("ec2"))
	}
	for _, to := range []string{"lambda", "ecs-tasks", "sagemaker", "glue", "cloudformation", "ssm", "codebuild", "spotfleet"} {
		c.One(passing, "a worker's, to "+to, "iam:PassRole", worker, awscall.PassedTo(to))
	}
}

// addTagging adds calls that change tags. The head may terminate instances that are tagged
// as the cluster's workers, so it must not be able to tag other instances so.
func (c *catalogue) addTagging() {
	status := c.recordedCall("CreateTags", func(c call) bool { return awscall.ReadTags(c.Parameters["Tags"])["ray-node-status"] != "" })
	tag := func(key, value string) call { return status.SetTags(tags{key: value}) }
	claim := status.SetTags(ownWorker)
	for name, t := range foreign {
		c.Call(tagging, "claiming "+name, claim.OfAll(t))
		c.Call(tagging, "the status of "+name, status.OfAll(t))
		c.Call(tagging, "the kind of "+name, tag("ray-node-type", "worker").OfAll(t))
	}
	for name, t := range withoutProfile {
		c.Call(tagging, "the status of "+name+", without a profile", status.OfAll(t).Profiled(awscall.NoProfile))
	}
	for name, profile := range otherProfiles(c.place) {
		c.Call(tagging, "the status of an instance with the cluster's tags and "+name, status.OfAll(ownWorker).Profiled(profile))
		c.Call(tagging, "the status of an instance with the cluster's tags in another case and "+name, status.OfAll(capitals).Profiled(profile))
	}
	for name, wrong := range map[string]call{
		"an own worker given to another cluster":  tag("ray-cluster-name", "research2"),
		"an own worker's cluster set again":       tag("ray-cluster-name", cluster),
		"an own worker made a head":               tag("ray-node-type", "head"),
		"an own worker with a tag of the company": tag("Environment", "production"),
		"an own worker's cluster in other case":   tag("ray-Cluster-Name", "research2"),
		"an own worker's cluster in capitals":     tag("RAY-CLUSTER-NAME", "research2"),
		"an own worker's kind in other case":      tag("ray-Node-Type", "head"),
		"an own worker's kind, also in capitals":  tag("ray-nodE-type", "worker"),
		"an own worker's status in other case":    tag("ray-Node-Status", "x"),
		"an own worker with a hash in other case": tag("cloudwatch-config-hash-Agent", "x"),
		"an own worker with a hash of nothing":    tag("cloudwatch-config-hash-x", "x"),
		"an own worker named by a similar tag":    tag("name", "x"),
	} {
		c.Call(tagging, name, wrong)
	}
	for _, key := range []string{"ray-cluster-name", "ray-node-type", "ray-Cluster-Name", "ray-Node-Type"} {
		c.Call(tagging, "an own worker's "+key+", beside its status", status.SetTags(tags{"ray-node-status": "x", key: "victim"}))
	}
	claimed := awscall.RequestTags(tags{"ray-cluster-name": cluster})
	for _, id := range []string{"lt-0b", "pg-0b", "cr-0b", "vol-0b", "ami-0b", "snap-0b", "sg-0b", "subnet-0b"} {
		c.One(tagging, "claiming "+id, "ec2:CreateTags", c.ByID(id), claimed)
	}
	c.One(tagging, "a volume tagged as a worker", "ec2:CreateTags", c.ARN("ec2", "volume/vol-0b"), awscall.Merge(awscall.ResourceTags(ownWorker), awscall.RequestTags(tags{"ray-node-status": "x"})))
	instance := c.ARN("ec2", "instance/i-"+awscall.ToBeMade)
	c.One(tagging, "claiming an instance with a worker's profile and type", "ec2:CreateTags", instance,
		awscall.Merge(awscall.RequestTags(ownWorker), conditionKeys{"ec2:InstanceProfile": {c.Profile("cpu")}, "ec2:InstanceType": {"m6i.4xlarge"}}))
	c.addOwnersTags(tag("Team", "a"))
	for _, by := range []string{"CreateFleet", "CreateLaunchTemplate", "CreateVolume"} {
		c.One(tagging, "as part of "+by, "ec2:CreateTags", instance, awscall.Merge(claimed, awscall.AsPartOf(by)))
	}
	for name, t := range map[string]tags{"an own worker": ownWorker, "another cluster's worker": neighbour, "the own head": ownHead} {
		c.One(tagging, "from "+name, "ec2:DeleteTags", instance, awscall.Merge(awscall.ResourceTags(t), conditionKeys{"aws:TagKeys": {"ray-cluster-name"}}))
	}
}

// addOwnersTags adds calls that set the owner's own tags outside of launches.
func (c *catalogue) addOwnersTags(after call) {
	c.Call(tagging, "an own worker with an owner's tag, after the launch", after)
	for _, id := range []string{"vol-0b", "eni-0b", "sir-0b"} {
		for name, by := range map[string]conditionKeys{"after the launch": nil, "as part of CreateVolume": {"ec2:CreateAction": {"CreateVolume"}}} {
			c.One(tagging, "an owner's tag on "+id+" "+name, "ec2:CreateTags", c.ByID(id), awscall.Merge(awscall.RequestTags(tags{"Team": "a"}), by))
		}
	}
}
