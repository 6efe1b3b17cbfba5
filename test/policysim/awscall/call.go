// Package awscall knows what IAM is asked about a call to AWS: the actions, resources and
// condition keys of each authorization, all of which have to be allowed. It follows the
// Service Authorization Reference, and knows the calls that Ray makes and no others.
//
// Who calls, and by which policies, is said with By.
package awscall

import (
	"maps"
	"slices"
)

// A Call is one to an AWS API, as Ray made it, or changed to what somebody else could try.
type Call struct {
	Who                string // "head", or the command of Ray's, such as "ray up --yes"
	Service, Operation string
	Parameters         map[string]any
	Tags               map[string]Tags // of the resources that it names, at that moment, by id
	Public             bool            // whether everybody may launch the image that it names
	Profile            string          // of the instances that it names: an ARN, NoProfile, or empty for what their tags say
}

// NoProfile stands for the instance profile of an instance that has none.
const NoProfile = "none"

// Action is the call as policies name it, such as "ec2:RunInstances".
func (c Call) Action() string { return c.Service + ":" + c.Operation }

// Changed returns a changed copy of the call.
func (c Call) Changed(change func(*Call)) Call {
	c.Parameters, _ = clone(c.Parameters).(map[string]any)
	tags := map[string]Tags{}
	for id, t := range c.Tags {
		tags[id] = maps.Clone(t)
	}
	c.Tags = tags
	change(&c)
	return c
}

// clone copies a value of the kinds that JSON has.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for key, value := range v {
			copied[key] = clone(value)
		}
		return copied
	case []any:
		copied := slices.Clone(v)
		for i := range copied {
			copied[i] = clone(copied[i])
		}
		return copied
	}
	return v
}

// Set returns the call with one parameter changed; nil removes it.
func (c Call) Set(name string, value any) Call {
	return c.Changed(func(c *Call) {
		if c.Parameters[name] = value; value == nil {
			delete(c.Parameters, name)
		}
	})
}

// SetTags returns a CreateTags with other tags to set.
func (c Call) SetTags(t Tags) Call { return c.Set("Tags", t.list()) }

// Of returns the call with other tags on one of the resources that it names.
func (c Call) Of(id string, t Tags) Call {
	return c.Changed(func(c *Call) { c.Tags[id] = t })
}

// OfAll returns the call with the same tags on all the resources that it names.
func (c Call) OfAll(t Tags) Call {
	return c.Changed(func(c *Call) {
		for id := range c.Tags {
			c.Tags[id] = t
		}
	})
}

// Profiled returns the call on instances that have this instance profile.
func (c Call) Profiled(arn string) Call {
	c.Profile = arn
	return c
}

// OfImage returns a launch of an image that everybody may launch, or not everybody.
func (c Call) OfImage(public bool) Call {
	c.Public = public
	return c
}

// LaunchTags returns the tags that a launch gives its instance.
func (c Call) LaunchTags() Tags {
	for _, specification := range List(c.Parameters["TagSpecifications"]) {
		if Text(specification, "ResourceType") == "instance" {
			return ReadTags(specification.(map[string]any)["Tags"])
		}
	}
	return nil
}

// Retagged returns a launch with tags of its instance changed; an empty value removes one.
// It tags nothing else.
func (c Call) Retagged(changes Tags) Call {
	all := c.LaunchTags()
	for key, value := range changes {
		if all[key] = value; value == "" {
			delete(all, key)
		}
	}
	return c.Set("TagSpecifications", []any{Specification("instance", all)})
}

// AlsoTagging returns a launch that tags another of the things it makes.
func (c Call) AlsoTagging(kind string, t Tags) Call {
	return c.Set("TagSpecifications", append(List(c.Parameters["TagSpecifications"]), Specification(kind, t)))
}

// Specification is what a launch has of the tags of one kind of resource.
func Specification(kind string, t Tags) any {
	return map[string]any{"ResourceType": kind, "Tags": t.list()}
}

// Instances returns the ids of the resources that a call on instances names. CreateTags may
// name others.
func (c Call) Instances() []string {
	switch c.Operation {
	case "CreateTags", "DeleteTags":
		return Texts(c.Parameters["Resources"])
	case "StartSession":
		return []string{Text(c.Parameters, "Target")}
	}
	return Texts(c.Parameters["InstanceIds"])
}
