package leastprivilege

import (
	"regexp"
	"slices"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
)

// The categories of dangerous calls.
const (
	instances = "Other instances: start, stop, terminate"
	launching = "Launches that are not the cluster's workers"
	passing   = "Passing other roles, or to other services"
	tagging   = "Claiming and disguising by tags"
	machines  = "Other ways to take over or copy a machine"
	networks  = "Networks, keys, images and purchases"
	buckets   = "Other buckets, and more than the named ones' objects"
	commands  = "Commands, sessions and parameters of Systems Manager"
	secrets   = "Secrets, and other services"
	watching  = "Alarms, metrics, logs and file systems"
	identity  = "Writing IAM"
	regions   = "Another Region"
	workers   = "A worker that does the head's work"
)

var categories = []string{instances, launching, passing, tagging, machines, networks, buckets, commands, secrets, watching, identity, regions, workers}

// perAction returns one of the head's calls for each operation, and for each kind of
// resource in it that the policies know.
func (p played) perAction() []call {
	var all []call
	seen := map[string]bool{}
	for _, c := range append(slices.Clone(p.calls), p.launched("gpu")) {
		name := idsIn.ReplaceAllString(awscall.Text(c.Parameters, "AlarmName")+awscall.Text(c.Parameters, "Name")+awscall.Text(c.Parameters, "InstanceMarketOptions", "MarketType"), "")
		if key := c.Operation + name; c.Who == "head" && !seen[key] {
			seen[key] = true
			c.Profile = p.Profile("cpu") // also if the call goes to another place
			all = append(all, p.owned(c))
		}
	}
	return all
}

var idsIn = regexp.MustCompile(`i-[0-9a-f]+`)

// withoutRegion returns condition keys of an authorization in another Region.
func withoutRegion(context conditionKeys) conditionKeys {
	keys := awscall.Merge(context)
	delete(keys, "aws:RequestedRegion")
	return keys
}

// A catalogue collects the calls that somebody on a stolen node could try, in the scene
// with every option.
type catalogue struct {
	played
	dangers.Catalogue
}

func (p played) newCatalogue() *catalogue { return &catalogue{p, dangers.New(p.place, "head")} }

func (p played) dangers() []dangers.Danger {
	c := p.newCatalogue()
	c.addInstances()
	c.addLaunches()
	c.addParts()
	c.addPassing()
	c.addTagging()
	c.addMachines()
	c.addNetworks()
	c.addBuckets()
	c.addCommands()
	c.addSecrets()
	c.addWatching()
	c.addIdentity()
	c.addRegions()
	c.addWorkers()
	return c.Dangers
}

// The tags of resources of this cluster and of another one.
var (
	ownWorker = tags{"ray-cluster-name": cluster, "ray-node-type": "worker"}
	ownHead   = tags{"ray-cluster-name": cluster, "ray-node-type": "head"}
	neighbour = tags{"ray-cluster-name": "research2", "ray-node-type": "worker"}
	untagged  = tags{}
)

// foreign are the tags of instances that are not the cluster's workers.
var foreign = map[string]tags{
	"another cluster's worker":                            neighbour,
	"a worker of a cluster with the name in another case": {"ray-cluster-name": "Research", "ray-node-type": "worker"},
	"another cluster's head":                              {"ray-cluster-name": "research2", "ray-node-type": "head"},
	"the cluster's own head":                              ownHead,
	"an instance without tags":                            untagged,
	"an instance with the cluster's tag":                  {"ray-cluster-name": cluster},
	"a worker of no cluster":                              {"ray-node-type": "worker"},
	"an instance with a similar tag":                      {"cluster-name": cluster, "ray-node-type": "worker"},
	"a worker with an empty cluster's tag":                {"ray-cluster-name": "", "ray-node-type": "worker"},
}

func (c *catalogue) addInstances() {
	for _, operation := range []string{"StartInstances", "StopInstances", "TerminateInstances"} {
		right := c.recordedCall(operation, anyCall)
		for name, t := range foreign {
			c.Call(instances, name, right.OfAll(t))
		}
		for name, t := range withoutProfile {
			c.Call(instances, name+", without a profile", right.OfAll(t).Profiled(awscall.NoProfile))
		}
		mixed := right.Set("InstanceIds", append(awscall.List(right.Parameters["InstanceIds"]), "i-0bbbbbbbbbbbbbbbb")).Of("i-0bbbbbbbbbbbbbbbb", neighbour)
		c.Call(instances, "an own worker and another cluster's", mixed)
		for name, profile := range otherProfiles(c.place) {
			c.Call(instances, "an instance with the cluster's tags and "+name, right.OfAll(ownWorker).Profiled(profile))
			c.Call(instances, "an instance with the cluster's tags in another case and "+name, right.OfAll(capitals).Profiled(profile))
		}
	}
	for name, t := range foreign {
		c.One(instances, name, "ec2:RebootInstances", c.ARN("ec2", "instance/i-0bbbbbbbbbbbbbbbb"), awscall.ResourceTags(t))
	}
	own := awscall.Merge(awscall.ResourceTags(ownWorker), conditionKeys{"ec2:InstanceProfile": {c.Profile("cpu")}})
	c.One(instances, "an own worker", "ec2:RebootInstances", c.ARN("ec2", "instance/i-0bbbbbbbbbbbbbbbb"), own)
}

// withoutProfile are the tags of instances without an instance profile that are not the
// cluster's workers.
var withoutProfile = map[string]map[string]string{"another cluster's worker": neighbour, "an instance without tags": untagged, "a head": ownHead}

// capitals are a worker's tags with keys in another case. Somebody else's instance may have
// them, and IAM treats them as Ray's.
var capitals = tags{"Ray-Cluster-Name": cluster, "Ray-Node-Type": "worker"}

// otherProfiles are instance profiles of no worker of the cluster. An instance without a
// profile is recognized by its tags.
func otherProfiles(p place) map[string]string {
	return map[string]string{
		"the head's profile": p.Profile("head"), "an administrator's profile": p.IAM("instance-profile", "admin"),
		"another cluster's profile": p.IAM("instance-profile", "ray-vision-cpu"), "a profile of the same name at a path": p.IAM("instance-profile", "elsewhere/ray-research-cpu"),
	}
}
