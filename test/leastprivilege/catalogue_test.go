package leastprivilege

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A danger is a call that a stolen node could try. It is denied if any of its
// authorizations is.
type danger struct {
	category, name string
	role           string // head or cpu
	cases          []policysim.Case
}

// Everything dangerous is about one of these.
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

type caseOf = policysim.Case

// perAction returns one of the head's calls for each operation, and for each kind of
// name that the policies know in it.
func (p played) perAction() []call {
	var all []call
	seen := map[string]bool{}
	for _, c := range append(slices.Clone(p.calls), p.launched("gpu")) {
		name := idsIn.ReplaceAllString(text(c.Parameters, "AlarmName")+text(c.Parameters, "Name")+text(c.Parameters, "InstanceMarketOptions", "MarketType"), "")
		if key := c.Operation + name; c.Who == "head" && !seen[key] {
			seen[key] = true
			c.Profile = p.profile("cpu") // also where the call is elsewhere
			all = append(all, p.owned(c))
		}
	}
	return all
}

var idsIn = regexp.MustCompile(`i-[0-9a-f]+`)

// withoutRegion returns condition keys for an authorization in another Region.
func withoutRegion(context conditionKeys) conditionKeys {
	keys := merge(context)
	delete(keys, "aws:RequestedRegion")
	return keys
}

// A catalogue is being filled, on a scene with every option.
type catalogue struct {
	played
	dangers []danger
}

func (p played) dangers() []danger {
	c := &catalogue{played: p}
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
	return c.dangers
}

// call adds a call as the API has it, of which one thing is wrong.
func (c *catalogue) call(category, name string, wrong call) {
	cases, err := c.authorizations(wrong)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	c.add(category, wrong.Operation+": "+name, "head", cases)
}

// one adds a call that is a single authorization.
func (c *catalogue) one(category, name, action, resource string, context conditionKeys) {
	c.add(category, action+": "+name, "head", []policysim.Case{c.authorization(action, resource, context)})
}

// each adds actions on one resource that nobody of the cluster has any business with.
func (c *catalogue) each(category, resource string, context conditionKeys, actions ...string) {
	for _, action := range actions {
		c.one(category, resource[strings.LastIndex(resource, ":")+1:], action, resource, context)
	}
}

func (c *catalogue) add(category, name, role string, cases []policysim.Case) {
	c.dangers = append(c.dangers, danger{category, name, role, cases})
}

// Tags as resources of this and of another cluster have them.
var (
	ownWorker = map[string]string{"ray-cluster-name": cluster, "ray-node-type": "worker"}
	ownHead   = map[string]string{"ray-cluster-name": cluster, "ray-node-type": "head"}
	neighbour = map[string]string{"ray-cluster-name": "research2", "ray-node-type": "worker"}
	untagged  = map[string]string{}
)

// foreign are the instances that are not the cluster's workers.
var foreign = map[string]map[string]string{
	"another cluster's worker":             neighbour,
	"a worker of a cluster named alike":    {"ray-cluster-name": "Research", "ray-node-type": "worker"},
	"another cluster's head":               {"ray-cluster-name": "research2", "ray-node-type": "head"},
	"the cluster's own head":               ownHead,
	"an instance without tags":             untagged,
	"an instance with the cluster's tag":   {"ray-cluster-name": cluster},
	"a worker of no cluster":               {"ray-node-type": "worker"},
	"an instance with a tag named alike":   {"cluster-name": cluster, "ray-node-type": "worker"},
	"a worker with an empty cluster's tag": {"ray-cluster-name": "", "ray-node-type": "worker"},
}

func (c *catalogue) addInstances() {
	for _, operation := range []string{"StartInstances", "StopInstances", "TerminateInstances"} {
		right := c.recordedCall(operation, anyCall)
		for name, tags := range foreign {
			c.call(instances, name, right.tagged(tags))
		}
		for name, tags := range withoutProfile {
			c.call(instances, name+", without a profile", right.tagged(tags).profiled(noProfile))
		}
		mixed := right.with(func(p map[string]any) { p["InstanceIds"] = append(anyList(p["InstanceIds"]), "i-0bbbbbbbbbbbbbbbb") })
		mixed.Tags["i-0bbbbbbbbbbbbbbbb"] = neighbour
		c.call(instances, "an own worker and another cluster's", mixed)
		for name, profile := range c.otherProfiles() {
			c.call(instances, "an instance with the cluster's tags and "+name, right.tagged(ownWorker).profiled(profile))
			c.call(instances, "an instance with the cluster's tags in another case and "+name, right.tagged(capitals).profiled(profile))
		}
	}
	for name, tags := range foreign {
		c.one(instances, name, "ec2:RebootInstances", c.arn("ec2", "instance/i-0bbbbbbbbbbbbbbbb"), resourceTags("aws:ResourceTag/", tags))
	}
	own := merge(resourceTags("aws:ResourceTag/", ownWorker), conditionKeys{"ec2:InstanceProfile": {c.profile("cpu")}})
	c.one(instances, "an own worker", "ec2:RebootInstances", c.arn("ec2", "instance/i-0bbbbbbbbbbbbbbbb"), own)
}

// withoutProfile are instances without an instance profile that are not the cluster's workers
// by their tags either.
var withoutProfile = map[string]map[string]string{"another cluster's worker": neighbour, "an instance without tags": untagged, "a head": ownHead}

// capitals are a worker's tags as somebody else's instance may have them, which IAM takes for
// Ray's.
var capitals = map[string]string{"Ray-Cluster-Name": cluster, "Ray-Node-Type": "worker"}

// otherProfiles are instance profiles that no worker of the cluster has. An instance without
// one goes by its tags.
func (p place) otherProfiles() map[string]string {
	return map[string]string{
		"the head's profile": p.profile("head"), "an administrator's profile": p.iam("instance-profile", "admin"),
		"another cluster's profile": p.iam("instance-profile", "ray-vision-cpu"), "a profile named alike": p.iam("instance-profile", "elsewhere/ray-research-cpu"),
	}
}

// profiled returns the call on instances that have this instance profile.
func (c call) profiled(profile string) call {
	c.Profile = profile
	return c
}
