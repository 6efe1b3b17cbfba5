package launcher

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

type (
	conditionKeys = map[string][]string
	tags          = map[string]string
)

// A call is one to an AWS API, as Ray made it or as somebody with the launcher's
// credentials could.
type call struct {
	Who                string // the command, such as "ray up --yes", or "head"
	Service, Operation string
	Parameters         map[string]any
	Tags               map[string]tags // of what it names, at that moment, by id
	Public             bool            // whether everybody may launch the image that it names
	Profile            string          // of the machines that it names; empty for what their tags say
}

// A place is where calls go to.
type place struct{ account, region string }

func (p place) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.region + ":" + p.account + ":" + resource
}

// ofKind returns the ARN of an EC2 resource. Images and snapshots have no account in it.
func (p place) ofKind(kind, id string) string {
	if kind == "image" || kind == "snapshot" {
		p.account = ""
	}
	return p.arn("ec2", kind+"/"+id)
}

func (p place) iam(kind, name string) string {
	return "arn:aws:iam::" + p.account + ":" + kind + "/" + name
}

func (p place) profile(name string) string { return p.iam("instance-profile", "ray-research-"+name) }

// instances returns the ids of instances that a call names.
func (c call) instances() []string {
	switch c.Operation {
	case "CreateTags":
		return texts(c.Parameters["Resources"])
	case "StartSession":
		return []string{text(c.Parameters, "Target")}
	}
	return texts(c.Parameters["InstanceIds"])
}

// changed returns a copy of the call.
func (c call) changed(change func(*call)) call {
	encoded, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	var copied call
	if err := json.Unmarshal(encoded, &copied); err != nil {
		panic(err)
	}
	change(&copied)
	return copied
}

// set returns a copy with one parameter changed; nil removes it.
func (c call) set(name string, value any) call {
	return c.changed(func(c *call) {
		if c.Parameters[name] = value; value == nil {
			delete(c.Parameters, name)
		}
	})
}

// of returns a copy with other tags on one of its resources, and onAll on each.
func (c call) of(id string, t tags) call { return c.changed(func(c *call) { c.Tags[id] = t }) }

func (c call) onAll(t tags) call {
	return c.changed(func(c *call) {
		for id := range c.Tags {
			c.Tags[id] = t
		}
	})
}

// launchTags are the tags that the instance is launched with.
func (c call) launchTags() tags {
	for _, specification := range anyList(c.Parameters["TagSpecifications"]) {
		if text(specification, "ResourceType") == "instance" {
			return tagList(specification.(map[string]any)["Tags"])
		}
	}
	return nil
}

// tagged returns a launch with tags of its instance changed; an empty value removes one.
func (c call) tagged(changes tags) call {
	all := c.launchTags()
	for key, value := range changes {
		if all[key] = value; value == "" {
			delete(all, key)
		}
	}
	return c.set("TagSpecifications", []any{map[string]any{"ResourceType": "instance", "Tags": listed(all)}})
}

// listed are tags as the API has them.
func listed(t tags) []any {
	var list []any
	for _, key := range slices.Sorted(maps.Keys(t)) {
		list = append(list, map[string]any{"Key": key, "Value": t[key]})
	}
	return list
}

func tagList(v any) tags {
	t := tags{}
	for _, tag := range anyList(v) {
		t[text(tag, "Key")] = text(tag, "Value")
	}
	return t
}

func texts(v any) []string {
	var list []string
	for _, text := range anyList(v) {
		list = append(list, text.(string))
	}
	return list
}

func anyList(v any) []any {
	list, _ := v.([]any)
	return list
}

// text returns a string at a path of names in parameters; empty where there is none.
func text(v any, path ...string) string {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

func requestTags(t tags) conditionKeys {
	keys := conditionKeys{}
	for key, value := range t {
		keys["aws:RequestTag/"+key] = []string{value}
	}
	if len(t) > 0 {
		keys["aws:TagKeys"] = slices.Sorted(maps.Keys(t))
	}
	return keys
}

func resourceTags(prefix string, t tags) conditionKeys {
	keys := conditionKeys{}
	for key, value := range t {
		keys[prefix+key] = []string{value}
	}
	return keys
}

func merge(all ...conditionKeys) conditionKeys {
	merged := conditionKeys{}
	for _, keys := range all {
		maps.Copy(merged, keys)
	}
	return merged
}

// authorization is one case on a call's behalf.
func (p place) authorization(action, resource string, context conditionKeys) policysim.Case {
	return policysim.Case{
		Action: action, Resource: resource, Context: merge(conditionKeys{"aws:RequestedRegion": {p.region}}, context),
		Name: fmt.Sprintf("%s on %s with %v", action, resource, context),
	}
}

// by gives cases the launcher as who asks, with its policies. KMS keys leave it to IAM who
// may use them.
func (p place) by(policies []string, cases []policysim.Case) []policysim.Case {
	all := slices.Clone(cases)
	for i := range all {
		all[i].Principal = "arn:aws:sts::" + p.account + ":assumed-role/AWSReservedSSO_ray-launcher_0123456789abcdef/somebody"
		all[i].Account, all[i].Identity = p.account, policies
		if strings.HasPrefix(all[i].Action, "kms:") {
			all[i].ResourcePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + p.account + `:root"},"Action":"kms:*","Resource":"*"}]}`
		}
	}
	return all
}
