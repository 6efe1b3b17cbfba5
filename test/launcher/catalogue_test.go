package launcher

import (
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
)

// The categories of dangerous calls.
const (
	machines  = "Other machines: start, stop, terminate"
	launching = "Launches that are not the cluster's head"
	otherCase = "Tags that differ from Ray's in case"
	tagging   = "Claiming and disguising by tags"
	passing   = "Passing other roles, or to other services"
	takeover  = "Other ways to take over or copy a machine"
	networks  = "Networks, keys, images and purchases"
	sessions  = "Sessions and commands on other machines"
	watching  = "Parameters, dashboards, alarms and logs"
	identity  = "Writing IAM"
	secrets   = "Data, keys and other services"
	regions   = "Another Region"
)

var categories = []string{machines, launching, otherCase, tagging, passing, takeover, networks, sessions, watching, identity, secrets, regions}

// A catalogue collects the calls that somebody with the launcher's credentials could try,
// in one scene.
type catalogue struct {
	played
	dangers.Catalogue
}

func (p played) newCatalogue() *catalogue { return &catalogue{p, dangers.New(p.place, "launcher")} }

func (p played) dangers() []dangers.Danger {
	c := p.newCatalogue()
	c.addMachines()
	c.addLaunches()
	c.addParts()
	c.addOtherCase()
	c.addTagging()
	c.addPassing()
	c.addTakeover()
	c.addNetworks()
	c.addSessions()
	c.addWatching()
	c.addIdentity()
	c.addSecrets()
	c.addRegions()
	return c.Dangers
}

// The tags of machines of this cluster and of another one.
var (
	ownHead   = tags{"ray-cluster-name": cluster, "ray-node-type": "head", "ray-user-node-type": "head"}
	ownWorker = tags{"ray-cluster-name": cluster, "ray-node-type": "worker", "ray-user-node-type": "cpu"}
	neighbour = tags{"ray-cluster-name": "research2", "ray-node-type": "head"}
	untagged  = tags{}
)

// foreign are the tags of machines that are not the cluster's.
var foreign = map[string]tags{
	"another cluster's head":                              neighbour,
	"another cluster's worker":                            {"ray-cluster-name": "research2", "ray-node-type": "worker"},
	"the head of a cluster with the name in another case": {"ray-cluster-name": "Research", "ray-node-type": "head"},
	"a machine without tags":                              untagged,
	"a machine with the cluster's tag":                    {"ray-cluster-name": cluster},
	"a machine that Ray does not manage":                  {"ray-cluster-name": cluster, "ray-node-type": "unmanaged"},
	"a head of no cluster":                                {"ray-node-type": "head"},
	"a head with an empty cluster's tag":                  {"ray-cluster-name": "", "ray-node-type": "head"},
	"a machine with similar tags":                         {"cluster-name": cluster, "node-type": "head"},
	"a machine of the cluster's, by its Name":             {"Name": "ray-research-head"},
}

// recordedCall returns the first recorded call that fits, with the tags of that moment.
func (p played) recordedCall(operation string, fits func(call) bool) call {
	return awscall.First(p.ofLauncher(), operation, fits)
}

func (p played) recordedFirst(operation string) call {
	return p.recordedCall(operation, func(call) bool { return true })
}

// status returns the call with which Ray sets the state of the running head.
func (p played) status() call {
	return p.recordedCall("CreateTags", func(c call) bool { return awscall.ReadTags(c.Parameters["Tags"])["ray-node-status"] != "" })
}

func (c *catalogue) addMachines() {
	const other = "i-0bbbbbbbbbbbbbbbb"
	named := func(operation string, t tags) call {
		return call{Service: "ec2", Operation: operation, Parameters: map[string]any{"InstanceIds": []any{other}}, Tags: map[string]tags{other: t}}
	}
	for _, operation := range []string{"StartInstances", "StopInstances", "TerminateInstances"} {
		for name, t := range foreign {
			c.Call(machines, name, named(operation, t))
			c.Call(machines, name+", with a worker's profile", named(operation, t).Profiled(c.Profile("cpu")))
		}
		for name, profile := range otherProfiles(c.place) {
			c.Call(machines, "a machine with the head's tags and "+name, named(operation, ownHead).Profiled(profile))
			c.Call(machines, "a machine with the head's tags in another case and "+name, named(operation, capitals).Profiled(profile))
			if len(c.launcher.WorkerProfileARNs) > 0 { // otherwise the tags alone say which machines are workers
				c.Call(machines, "a machine with a worker's tags and "+name, named(operation, ownWorker).Profiled(profile))
			}
		}
		c.Call(machines, "another cluster's head, without a profile", named(operation, neighbour).Profiled(awscall.NoProfile))
		c.Call(machines, "a machine without tags and without a profile", named(operation, untagged).Profiled(awscall.NoProfile))
		mixed := named(operation, neighbour)
		mixed.Parameters["InstanceIds"] = []any{"i-0aaaaaaaaaaaaaaaa", other}
		mixed.Tags["i-0aaaaaaaaaaaaaaaa"] = ownHead
		c.Call(machines, "the own head and another cluster's", mixed)
	}
	c.Call(machines, "an own worker, which the head starts", named("StartInstances", ownWorker))
	for _, t := range []tags{ownHead, untagged} {
		c.Each(machines, c.ARN("ec2", "instance/"+other), awscall.ResourceTags(t), "ec2:RebootInstances")
	}
	for _, kind := range []string{"head", "cpu"} {
		own := map[string]tags{"head": ownHead, "cpu": ownWorker}[kind]
		c.One(machines, "the own "+kind, "ec2:RebootInstances", c.ARN("ec2", "instance/"+other),
			awscall.Merge(awscall.ResourceTags(own), conditionKeys{"ec2:InstanceProfile": {c.Profile(kind)}}))
	}
}

// capitals are the head's tags with keys in another case. Somebody else's machine may have
// them, and IAM treats them as Ray's.
var capitals = tags{"Ray-Cluster-Name": cluster, "Ray-Node-Type": "head"}

// otherProfiles are instance profiles of no machine of the cluster. A machine without a
// profile is recognized by its tags.
func otherProfiles(p place) map[string]string {
	return map[string]string{
		"an administrator's profile": p.IAM("instance-profile", "admin"), "another cluster's profile": p.Profile("vision"),
		"a profile of the same name at a path": p.IAM("instance-profile", "elsewhere/ray-research-head"),
	}
}

// addRegions adds calls that are right except that they go to another Region, where the
// cluster has nothing.
func (c *catalogue) addRegions() {
	there := c.InRegion("eu-west-1")
	for _, recorded := range c.perAction() {
		if recorded.Operation == "PutDashboard" {
			continue // dashboards have no Region
		}
		c.CallAt(there, regions, "in Ireland", recorded)
	}
	c.addRights(regions, "in Ireland", there)
}

// addRights adds the calls that the launcher may make and Ray did not make, at another
// place.
func (c *catalogue) addRights(category, where string, there place) {
	for _, right := range rights(there) {
		c.Add(category, right.Action+" "+where, right)
	}
	for _, kind := range []string{"network-interface", "spot-instances-request", "volume"} {
		context := awscall.AtLaunch(tags{"CostCenter": "4711"})
		c.Add(category, "CreateTags on a "+kind+" "+where, there.Authorization("ec2:CreateTags", there.ARN("ec2", kind+"/x-"+awscall.ToBeMade), context))
	}
	for _, used := range c.Encrypted(key(there)) {
		c.Add(category, used.Action+" "+where, used)
	}
}

// perAction returns one recorded call for each operation, and for each kind of resource in
// it that the policies know.
func (p played) perAction() []call {
	var all []call
	seen := map[string]bool{}
	for _, c := range p.ofLauncher() {
		name := awscall.Text(c.Parameters, "Name") + awscall.Text(c.Parameters, "AlarmName")
		if strings.Contains(name, "_i-") {
			name = "by its id"
		}
		if key := c.Operation + name; !seen[key] {
			seen[key] = true
			for _, id := range c.Instances() { // also if the call goes to another place
				c.Profile = p.Profile(c.Tags[id]["ray-user-node-type"])
			}
			all = append(all, c)
		}
	}
	return all
}
