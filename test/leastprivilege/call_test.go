package leastprivilege

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A call is one to an AWS API, as Ray made it or as a stolen node could.
type call struct {
	Who                string // "ray up" or "head"
	Service, Operation string
	Parameters         map[string]any
	Tags               map[string]map[string]string // of what it names, at that moment, by id
	Public             bool                         // the image that it names is public
	Profile            string                       // of the instances that it names; empty for what their tags say
}

// A place is where calls go to.
type place struct{ account, region string }

type conditionKeys = map[string][]string

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

// noProfile stands for the instance profile of an instance that has none.
const noProfile = "none"

// profileOf is the instance profile of instances that a call names: where nothing says
// another, a worker's, as the policies demand it.
func (p place) profileOf(c call, tags map[string]string) conditionKeys {
	profile := c.Profile
	switch kind := tags["ray-user-node-type"]; {
	case profile == noProfile:
		return nil
	case profile == "" && kind != "":
		profile = p.profile(kind)
	case profile == "":
		profile = p.profile("cpu")
	}
	return conditionKeys{"ec2:InstanceProfile": {profile}}
}

// instances returns the ids of instances that a call names.
func (c call) instances() []string {
	list := texts(c.Parameters["InstanceIds"])
	if c.Operation == "CreateTags" || c.Operation == "DeleteTags" {
		list = texts(c.Parameters["Resources"])
	}
	return list
}

// with returns a copy of the call, changed.
func (c call) with(change func(parameters map[string]any)) call {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	var changed call
	if err := json.Unmarshal(text, &changed); err != nil {
		panic(err)
	}
	change(changed.Parameters)
	return changed
}

// tagged returns a copy of the call on resources that have these tags.
func (c call) tagged(tags map[string]string) call {
	c.Tags = maps.Clone(c.Tags)
	for id := range c.Tags {
		c.Tags[id] = tags
	}
	return c
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

// tagList reads tags as the API has them.
func tagList(v any) map[string]string {
	tags := map[string]string{}
	for _, tag := range anyList(v) {
		tags[text(tag, "Key")] = text(tag, "Value")
	}
	return tags
}

// requestTags are the keys of a request that sets tags. To IAM, aws:RequestTag/x is the name
// of aws:RequestTag/X too. Of two tags for which one name stands, it may take either: here
// that is the one which Ray would not take for its own.
func requestTags(tags map[string]string) conditionKeys {
	keys, names := conditionKeys{}, map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if fold := strings.ToLower(key); names[fold] == "" {
			names[fold] = key
			keys["aws:RequestTag/"+key] = []string{tags[key]}
		}
	}
	if len(tags) > 0 {
		keys["aws:TagKeys"] = slices.Sorted(maps.Keys(tags))
	}
	return keys
}

func resourceTags(prefix string, tags map[string]string) conditionKeys {
	keys := conditionKeys{}
	for key, value := range tags {
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

// authorization is one case on a call's behalf. The node's own account is the one that
// is asked, whatever account the ARN names.
func (p place) authorization(action, resource string, context conditionKeys) policysim.Case {
	policy := ""
	if strings.HasPrefix(action, "kms:") { // as keys have it whose use is up to IAM
		policy = fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}`, p.account)
	}
	return policysim.Case{
		ResourcePolicy: policy,
		Action:         action, Resource: resource, Context: merge(conditionKeys{"aws:RequestedRegion": {p.region}}, context),
		Name: fmt.Sprintf("%s on %s with %v", action, resource, context),
	}
}

// by gives cases a role that asks, with its policies.
func (p place) by(role string, policies map[string]string, cases []policysim.Case) []policysim.Case {
	var identity []string
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		identity = append(identity, strings.ReplaceAll(policies[name], "::document/", ":"+documentsOwner+":document/"))
	}
	all := slices.Clone(cases)
	for i := range all {
		all[i].Principal = fmt.Sprintf("arn:aws:sts::%s:assumed-role/ray-research-%s/i-0123456789abcdef0", p.account, role)
		all[i].Account, all[i].Identity = p.account, identity
	}
	return all
}

// kindOf returns the kind of an EC2 resource by its id, as ARNs have it.
func kindOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	kinds := map[string]string{
		"i": "instance", "vol": "volume", "ami": "image", "sg": "security-group", "subnet": "subnet", "lt": "launch-template",
		"snap": "snapshot", "eni": "network-interface", "cr": "capacity-reservation", "pg": "placement-group", "sir": "spot-instances-request", "key": "key-pair", "vpc": "vpc",
	}
	return kinds[prefix]
}
