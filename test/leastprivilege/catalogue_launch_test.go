package leastprivilege

import "strings"

// retagged returns a launch with the instance's tags changed; an empty value removes one.
func retagged(right call, changes map[string]string) call {
	return right.with(func(parameters map[string]any) {
		tags := right.launchTags()
		for key, value := range changes {
			if tags[key] = value; value == "" {
				delete(tags, key)
			}
		}
		var list []any
		for key, value := range tags {
			list = append(list, map[string]any{"Key": key, "Value": value})
		}
		parameters["TagSpecifications"] = []any{map[string]any{"ResourceType": "instance", "Tags": list}}
	})
}

// set returns a launch with one parameter changed; nil removes it.
func set(right call, name string, value any) call {
	return right.with(func(parameters map[string]any) {
		if parameters[name] = value; value == nil {
			delete(parameters, name)
		}
	})
}

// inOtherCase are tags with keys that Ray does not take for its own, while IAM takes the
// name of a condition key for theirs.
var inOtherCase = map[string]map[string]string{
	"out of Ray's sight":                        {"ray-cluster-name": "", "ray-node-type": "", "ray-Cluster-Name": cluster, "ray-Node-Type": "worker"},
	"out of Ray's sight, in capitals":           {"ray-cluster-name": "", "ray-node-type": "", "RAY-CLUSTER-NAME": cluster, "RAY-NODE-TYPE": "worker"},
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
	for name, changes := range map[string]map[string]string{
		"without the cluster's tag":          {"ray-cluster-name": ""},
		"as another cluster's":               {"ray-cluster-name": "research2"},
		"as a cluster's named alike":         {"ray-cluster-name": "Research"},
		"without a kind":                     {"ray-node-type": ""},
		"as a head":                          {"ray-node-type": "head"},
		"as unmanaged":                       {"ray-node-type": "unmanaged"},
		"with a tag that other rights go by": {"Environment": "production"},
		"with a tag that costs go by":        {"CostCenter": "4711"},
	} {
		c.call(launching, name, retagged(cpu, changes))
	}
	for name, changes := range inOtherCase {
		c.call(launching, name, retagged(cpu, changes))
	}
	for letter := 'A'; letter <= 'Z'; letter++ {
		c.call(launching, "with a key in which only "+string(letter)+" is in upper case", retagged(cpu, map[string]string{"ray-key-of-" + string(letter): "x"}))
	}
	for _, ray := range []string{"RAY", "RAy", "RaY", "Ray", "rAY", "rAy", "raY"} { // the launch by itself, whatever its tags are asked of
		alone := c.instanceOf(retagged(cpu, map[string]string{"ray-cluster-name": "", ray + "-cluster-name": cluster}))
		c.add(launching, "RunInstances: an instance with "+ray+"-cluster-name, of no cluster that Ray sees", "head", alone)
	}
	c.call(launching, "without tags", set(cpu, "TagSpecifications", nil))
	for _, kind := range []string{"volume", "network-interface", "spot-instances-request"} {
		for _, key := range []string{"ray-x", "ray-cluster-name", "Environment", "team", "Name", "Ray-Cluster-Name"} {
			parts := append(anyList(cpu.Parameters["TagSpecifications"]), map[string]any{"ResourceType": kind, "Tags": []any{map[string]any{"Key": key, "Value": cluster}}})
			c.call(launching, "with the tag "+key+" on a "+kind, set(cpu, "TagSpecifications", parts))
		}
	}
	for _, key := range []string{"team", "TEAM", "project"} {
		c.call(launching, "with an owner's tag in another case, "+key, retagged(cpu, map[string]string{key: "a"}))
	}
	for name, arn := range map[string]string{
		"the head's profile":                c.profile("head"),
		"an administrator's profile":        c.iam("instance-profile", "admin"),
		"a profile of the same name":        c.iam("instance-profile", "elsewhere/ray-research-cpu"),
		"another account's profile":         strings.Replace(c.profile("cpu"), c.account, otherAccount, 1),
		"a profile whose name begins alike": c.profile("cpu2"),
	} {
		c.call(launching, "with "+name, set(cpu, "IamInstanceProfile", profileNamed(arn)))
	}
	c.call(launching, "without a profile", set(cpu, "IamInstanceProfile", nil))
}

// instanceOf returns the authorization of a launch that is about the instance itself.
func (p place) instanceOf(launch call) []caseOf {
	cases, err := p.launch(launch)
	if err != nil {
		panic(err)
	}
	return cases[:1]
}

// addParts: a launch that is right, but for one thing that it is made of.
func (c *catalogue) addParts() {
	cpu, gpu := c.launched("cpu"), c.launched("gpu")
	const other = "0bbbbbbbbbbbbbbbb"
	for name, wrong := range map[string]call{
		"of a type that is not listed":       set(cpu, "InstanceType", "p5.48xlarge"),
		"of a type that begins alike":        set(cpu, "InstanceType", "m6i.4xlarge-flex"),
		"of an image that is not listed":     set(cpu, "ImageId", "ami-"+other),
		"of a public image not listed":       public(set(cpu, "ImageId", "ami-"+other)),
		"of an image tagged, not listed":     set(cpu, "ImageId", "ami-"+other).of("ami-"+other, ownWorker),
		"with a key that is not listed":      set(cpu, "KeyName", "somebody"),
		"with a key tagged for the cluster":  set(cpu, "KeyName", "somebody").of("somebody", ownWorker),
		"in a subnet that is not listed":     set(cpu, "SubnetId", "subnet-"+other),
		"in a group that is not listed":      set(cpu, "SecurityGroupIds", []any{"sg-" + other}),
		"in a listed and another group":      set(cpu, "SecurityGroupIds", []any{c.belongings.Group, "sg-" + other}),
		"by an interface in another subnet":  set(cpu, "NetworkInterfaces", []any{map[string]any{"DeviceIndex": 0, "SubnetId": "subnet-" + other}}),
		"by an interface in another group":   set(cpu, "NetworkInterfaces", []any{map[string]any{"SubnetId": c.belongings.Subnet, "Groups": []any{"sg-" + other}}}),
		"with a volume of any snapshot":      set(cpu, "BlockDeviceMappings", []any{map[string]any{"Ebs": map[string]any{"SnapshotId": "snap-" + other}}}),
		"by another's launch template":       gpu.of(c.belongings.Template, neighbour),
		"by a launch template without tags":  gpu.of(c.belongings.Template, untagged),
		"in another's placement group":       gpu.of("ray", neighbour),
		"in a placement group without tags":  gpu.of("ray", untagged),
		"in another's capacity reservation":  gpu.of("cr-0123456789abcdef0", neighbour),
		"in a capacity reservation untagged": gpu.of("cr-0123456789abcdef0", untagged),
	} {
		c.call(launching, name, wrong)
	}
}

// public returns a copy of the launch, of an image that everybody may launch.
func public(c call) call {
	c.Public = true
	return c
}

// of returns a copy of the call with other tags on one of its resources.
func (c call) of(id string, tags map[string]string) call {
	changed := c.with(func(map[string]any) {})
	changed.Tags[id] = tags
	return changed
}

const otherAccount = "999999999999"

func (c *catalogue) addPassing() {
	const service = "iam:PassedToService"
	worker := c.iam("role", "ray-research-cpu")
	for name, role := range map[string]string{
		"the head's own":             c.iam("role", "ray-research-head"),
		"an administrator's":         c.iam("role", "admin"),
		"another cluster's worker's": c.iam("role", "ray-other-cpu"),
		"one whose name begins so":   c.iam("role", "ray-research-cpu2"),
		"one of the same name":       c.iam("role", "elsewhere/ray-research-cpu"),
		"the provider's":             c.iam("role", "ray-iam-ExecutionRole-1ABC"),
	} {
		c.one(passing, name, "iam:PassRole", role, conditionKeys{service: {"ec2.amazonaws.com"}})
	}
	for _, to := range []string{"lambda", "ecs-tasks", "sagemaker", "glue", "cloudformation", "ssm", "codebuild", "spotfleet"} {
		c.one(passing, "a worker's, to "+to, "iam:PassRole", worker, conditionKeys{service: {to + ".amazonaws.com"}})
	}
}

// addTagging: what the head may terminate is what is tagged as the cluster's worker. So
// it must not be the head that says what is.
func (c *catalogue) addTagging() {
	status := c.recordedCall("CreateTags", func(c call) bool { return tagList(c.Parameters["Tags"])["ray-node-status"] != "" })
	tag := func(key, value string) call {
		return set(status, "Tags", []any{map[string]any{"Key": key, "Value": value}})
	}
	claim := set(status, "Tags", []any{map[string]any{"Key": "ray-cluster-name", "Value": cluster}, map[string]any{"Key": "ray-node-type", "Value": "worker"}})
	for name, tags := range foreign {
		c.call(tagging, "claiming "+name, claim.tagged(tags))
		c.call(tagging, "the status of "+name, status.tagged(tags))
		c.call(tagging, "the kind of "+name, tag("ray-node-type", "worker").tagged(tags))
	}
	for name, tags := range withoutProfile {
		c.call(tagging, "the status of "+name+", without a profile", status.tagged(tags).profiled(noProfile))
	}
	for name, profile := range c.otherProfiles() {
		c.call(tagging, "the status of an instance with the cluster's tags and "+name, status.tagged(ownWorker).profiled(profile))
		c.call(tagging, "the status of an instance with the cluster's tags in another case and "+name, status.tagged(capitals).profiled(profile))
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
		c.call(tagging, name, wrong)
	}
	for _, key := range []string{"ray-cluster-name", "ray-node-type", "ray-Cluster-Name", "ray-Node-Type"} {
		beside := []any{map[string]any{"Key": "ray-node-status", "Value": "x"}, map[string]any{"Key": key, "Value": "victim"}}
		c.call(tagging, "an own worker's "+key+", beside its status", set(status, "Tags", beside))
	}
	claimed := merge(requestTags(map[string]string{"ray-cluster-name": cluster}))
	for _, id := range []string{"lt-0b", "pg-0b", "cr-0b", "vol-0b", "ami-0b", "snap-0b", "sg-0b", "subnet-0b"} {
		c.one(tagging, "claiming a "+kindOf(id), "ec2:CreateTags", c.ofKind(kindOf(id), id), claimed)
	}
	c.one(tagging, "a volume tagged as a worker", "ec2:CreateTags", c.arn("ec2", "volume/vol-0b"), merge(resourceTags("aws:ResourceTag/", ownWorker), requestTags(map[string]string{"ray-node-status": "x"})))
	instance := c.arn("ec2", "instance/i-"+toBeMade)
	c.one(tagging, "claiming an instance with a worker's profile and type", "ec2:CreateTags", instance,
		merge(requestTags(ownWorker), conditionKeys{"ec2:InstanceProfile": {c.profile("cpu")}, "ec2:InstanceType": {"m6i.4xlarge"}}))
	c.addOwnersTags(tag("Team", "a"))
	for _, by := range []string{"CreateFleet", "CreateLaunchTemplate", "CreateVolume"} {
		c.one(tagging, "as part of "+by, "ec2:CreateTags", instance, merge(claimed, conditionKeys{"ec2:CreateAction": {by}}))
	}
	for name, tags := range map[string]map[string]string{"an own worker": ownWorker, "another cluster's worker": neighbour, "the own head": ownHead} {
		c.one(tagging, "from "+name, "ec2:DeleteTags", instance, merge(resourceTags("aws:ResourceTag/", tags), conditionKeys{"aws:TagKeys": {"ray-cluster-name"}}))
	}
}

// addOwnersTags: tags of the owner's own are for launches.
func (c *catalogue) addOwnersTags(after call) {
	c.call(tagging, "an own worker with an owner's tag, after the launch", after)
	for _, id := range []string{"vol-0b", "eni-0b", "sir-0b"} {
		for name, by := range map[string]conditionKeys{"after the launch": nil, "as part of CreateVolume": {"ec2:CreateAction": {"CreateVolume"}}} {
			c.one(tagging, "an owner's tag on "+id+" "+name, "ec2:CreateTags", c.arn("ec2", kindOf(id)+"/"+id), merge(requestTags(map[string]string{"Team": "a"}), by))
		}
	}
}
