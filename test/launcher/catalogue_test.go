package launcher

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A danger is a call that somebody with the launcher's credentials could try. It is denied
// if any of its authorizations is.
type danger struct {
	category, name string
	cases          []policysim.Case
}

// Everything dangerous is about one of these.
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

// A catalogue is being filled, on a scene.
type catalogue struct {
	played
	dangers []danger
}

func (p played) dangers() []danger {
	c := &catalogue{played: p}
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
	return c.dangers
}

// call adds a call as the API has it, of which one thing is wrong.
func (c *catalogue) call(category, name string, wrong call) {
	cases, err := c.authorizations(wrong)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	c.add(category, wrong.Operation+": "+name, cases)
}

// one adds a call that is a single authorization.
func (c *catalogue) one(category, name, action, resource string, context conditionKeys) {
	c.add(category, action+": "+name, []policysim.Case{c.authorization(action, resource, context)})
}

// each adds actions on one resource that no launcher has any business with.
func (c *catalogue) each(category, resource string, context conditionKeys, actions ...string) {
	for _, action := range actions {
		c.one(category, resource[strings.LastIndex(resource, ":")+1:], action, resource, context)
	}
}

func (c *catalogue) add(category, name string, cases []policysim.Case) {
	c.dangers = append(c.dangers, danger{category, name, cases})
}

// Tags as machines of this and of another cluster have them.
var (
	ownHead   = tags{"ray-cluster-name": cluster, "ray-node-type": "head", "ray-user-node-type": "head"}
	ownWorker = tags{"ray-cluster-name": cluster, "ray-node-type": "worker", "ray-user-node-type": "cpu"}
	neighbour = tags{"ray-cluster-name": "research2", "ray-node-type": "head"}
	untagged  = tags{}
)

// foreign are the machines that are not the cluster's.
var foreign = map[string]tags{
	"another cluster's head":                  neighbour,
	"another cluster's worker":                {"ray-cluster-name": "research2", "ray-node-type": "worker"},
	"the head of a cluster named alike":       {"ray-cluster-name": "Research", "ray-node-type": "head"},
	"a machine without tags":                  untagged,
	"a machine with the cluster's tag":        {"ray-cluster-name": cluster},
	"a machine that Ray does not manage":      {"ray-cluster-name": cluster, "ray-node-type": "unmanaged"},
	"a head of no cluster":                    {"ray-node-type": "head"},
	"a head with an empty cluster's tag":      {"ray-cluster-name": "", "ray-node-type": "head"},
	"a machine with tags named alike":         {"cluster-name": cluster, "node-type": "head"},
	"a machine of the cluster's, by its Name": {"Name": "ray-research-head"},
}

// recordedCall returns the first call of the commands' that fits, in the state that it met.
func (p played) recordedCall(operation string, fits func(call) bool) call {
	for _, c := range p.ofLauncher() {
		if c.Operation == operation && fits(c) {
			return c
		}
	}
	panic("Ray never called such a " + operation)
}

func (p played) recordedFirst(operation string) call {
	return p.recordedCall(operation, func(call) bool { return true })
}

// status is how Ray sets the state of the running head.
func (p played) status() call {
	return p.recordedCall("CreateTags", func(c call) bool { return tagList(c.Parameters["Tags"])["ray-node-status"] != "" })
}

func (c *catalogue) addMachines() {
	const other = "i-0bbbbbbbbbbbbbbbb"
	named := func(operation string, t tags) call {
		return call{Service: "ec2", Operation: operation, Parameters: map[string]any{"InstanceIds": []any{other}}, Tags: map[string]tags{other: t}}
	}
	for _, operation := range []string{"StartInstances", "StopInstances", "TerminateInstances"} {
		for name, t := range foreign {
			c.call(machines, name, named(operation, t))
			c.call(machines, name+", with a worker's profile", named(operation, t).profiled(c.profile("cpu")))
		}
		for name, profile := range c.otherProfiles() {
			c.call(machines, "a machine with the head's tags and "+name, named(operation, ownHead).profiled(profile))
			c.call(machines, "a machine with the head's tags in another case and "+name, named(operation, capitals).profiled(profile))
			if len(c.launcher.WorkerProfileARNs) > 0 { // else tags alone say which are the workers
				c.call(machines, "a machine with a worker's tags and "+name, named(operation, ownWorker).profiled(profile))
			}
		}
		c.call(machines, "another cluster's head, without a profile", named(operation, neighbour).profiled(noProfile))
		c.call(machines, "a machine without tags and without a profile", named(operation, untagged).profiled(noProfile))
		mixed := named(operation, neighbour)
		mixed.Parameters["InstanceIds"] = []any{"i-0aaaaaaaaaaaaaaaa", other}
		mixed.Tags["i-0aaaaaaaaaaaaaaaa"] = ownHead
		c.call(machines, "the own head and another cluster's", mixed)
	}
	c.call(machines, "an own worker, which the head starts", named("StartInstances", ownWorker))
	for _, t := range []tags{ownHead, untagged} {
		c.each(machines, c.arn("ec2", "instance/"+other), resourceTags("aws:ResourceTag/", t), "ec2:RebootInstances")
	}
	for _, kind := range []string{"head", "cpu"} {
		own := map[string]tags{"head": ownHead, "cpu": ownWorker}[kind]
		c.one(machines, "the own "+kind, "ec2:RebootInstances", c.arn("ec2", "instance/"+other),
			merge(resourceTags("aws:ResourceTag/", own), conditionKeys{"ec2:InstanceProfile": {c.profile(kind)}}))
	}
}

// capitals are the head's tags as somebody else's machine may have them, which IAM takes for
// Ray's.
var capitals = tags{"Ray-Cluster-Name": cluster, "Ray-Node-Type": "head"}

// otherProfiles are instance profiles that no machine of the cluster has. A machine without
// one goes by its tags.
func (p place) otherProfiles() map[string]string {
	return map[string]string{
		"an administrator's profile": p.iam("instance-profile", "admin"), "another cluster's profile": p.profile("vision"),
		"a profile named alike": p.iam("instance-profile", "elsewhere/ray-research-head"),
	}
}

// addRegions: what is right, but in another Region, where the cluster has nothing.
func (c *catalogue) addRegions() {
	there := place{c.account, "eu-west-1"}
	for _, recorded := range c.perAction() {
		if recorded.Operation == "PutDashboard" {
			continue // dashboards are in no Region
		}
		cases, err := there.authorizations(recorded)
		if err != nil {
			panic(err)
		}
		c.add(regions, recorded.Operation+" in Ireland", cases)
	}
	c.addRights(regions, "in Ireland", there)
}

// addRights adds what the launcher may do and Ray did not call, at another place.
func (c *catalogue) addRights(category, where string, there place) {
	for _, right := range there.rights() {
		c.add(category, right.Action+" "+where, []policysim.Case{right})
	}
	for _, kind := range []string{"network-interface", "spot-instances-request", "volume"} {
		context := merge(requestTags(tags{"CostCenter": "4711"}), conditionKeys{"ec2:CreateAction": {"RunInstances"}})
		c.add(category, "CreateTags on a "+kind+" "+where, []policysim.Case{there.authorization("ec2:CreateTags", there.arn("ec2", kind+"/x-"+toBeMade), context)})
	}
	for _, used := range c.encrypted(key(there)) {
		c.add(category, used.Action+" "+where, []policysim.Case{used})
	}
}

// perAction returns one of the commands' calls for each operation, and for each kind of
// name in it that the policy knows.
func (p played) perAction() []call {
	var all []call
	seen := map[string]bool{}
	for _, c := range p.ofLauncher() {
		name := text(c.Parameters, "Name") + text(c.Parameters, "AlarmName")
		if strings.Contains(name, "_i-") {
			name = "by its id"
		}
		if key := c.Operation + name; !seen[key] {
			seen[key] = true
			for _, id := range c.instances() { // also where the call is elsewhere
				c.Profile = p.profile(c.Tags[id]["ray-user-node-type"])
			}
			all = append(all, c)
		}
	}
	return all
}

// distinct are the authorizations of dangers, each once.
func distinct(dangers []danger) []policysim.Case {
	byName := map[string]policysim.Case{}
	for _, d := range dangers {
		for _, c := range d.cases {
			byName[c.Name+fmt.Sprint(c.Context)] = c
		}
	}
	var all []policysim.Case
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all
}
