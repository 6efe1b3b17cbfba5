// Package awscall returns what IAM authorizes for a call to AWS: the action, the resource
// and the condition keys of each authorization. AWS allows the call only if each of them is
// allowed. The package follows the Service Authorization Reference. It knows only the calls
// that Ray makes.
//
// Place.By adds the caller and its policies.
package awscall

import (
	"maps"
	"slices"
)

// A Call is a call to an AWS API, as Ray made it, or changed to a call that somebody else
// could try.
type Call struct {
	Who                string // "head", or a command of Ray's, such as "ray up --yes"
	Service, Operation string
	Parameters         map[string]any
	Tags               map[string]Tags // tags of the resources that the call names, by id, at the time of the call
	Public             bool            // whether everybody may launch the image that the call names
	Profile            string          // of the instances that the call names: an ARN or NoProfile; empty: the instances' tags decide
}

// NoProfile is the Profile of a call that names instances without an instance profile.
const NoProfile = "none"

// First returns the first call of an operation that fits. It panics if there is none.
func First(calls []Call, operation string, fits func(Call) bool) Call {
	for _, c := range calls {
		if c.Operation == operation && fits(c) {
			return c
		}
	}
	panic("the recording has no such " + operation)
}

// Action returns the action in the form of policies, such as "ec2:RunInstances".
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

// clone copies a value decoded from JSON.
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

// Set returns the call with one parameter changed; nil removes the parameter.
func (c Call) Set(name string, value any) Call {
	return c.Changed(func(c *Call) {
		if c.Parameters[name] = value; value == nil {
			delete(c.Parameters, name)
		}
	})
}

// SetTags returns a CreateTags that sets these tags.
func (c Call) SetTags(t Tags) Call { return c.Set("Tags", t.list()) }

// Of returns the call with these tags on one of the resources that it names.
func (c Call) Of(id string, t Tags) Call {
	return c.Changed(func(c *Call) { c.Tags[id] = t })
}

// OfAll returns the call with these tags on each of the resources that it names.
func (c Call) OfAll(t Tags) Call {
	return c.Changed(func(c *Call) {
		for id := range c.Tags {
			c.Tags[id] = t
		}
	})
}

// Profiled returns the call for instances with this instance profile.
func (c Call) Profiled(arn string) Call {
	c.Profile = arn
	return c
}

// OfImage returns the launch with an image that everybody may launch, or only some
// accounts.
func (c Call) OfImage(public bool) Call {
	c.Public = public
	return c
}

// LaunchTags returns the tags that the launch gives the instance.
func (c Call) LaunchTags() Tags {
	for _, specification := range List(c.Parameters["TagSpecifications"]) {
		if Text(specification, "ResourceType") == "instance" {
			return ReadTags(specification.(map[string]any)["Tags"])
		}
	}
	return nil
}

// Retagged returns the launch with some of the instance's tags changed; an empty value
// removes a tag. The launch tags nothing else.
func (c Call) Retagged(changes Tags) Call {
	all := c.LaunchTags()
	for key, value := range changes {
		if all[key] = value; value == "" {
			delete(all, key)
		}
	}
	return c.Set("TagSpecifications", []any{specification("instance", all)})
}

// AlsoTagging returns the launch with tags for one more kind of resource that it makes.
func (c Call) AlsoTagging(kind string, t Tags) Call {
	return c.Set("TagSpecifications", append(List(c.Parameters["TagSpecifications"]), specification(kind, t)))
}

// specification returns the TagSpecification of a launch for one kind of resource.
func specification(kind string, t Tags) any {
	return map[string]any{"ResourceType": kind, "Tags": t.list()}
}

// Instances returns the ids of the resources that a call on instances names. Those of
// CreateTags may also be of other kinds.
func (c Call) Instances() []string {
	switch c.Operation {
	case "CreateTags", "DeleteTags":
		return texts(c.Parameters["Resources"])
	case "StartSession":
		return []string{Text(c.Parameters, "Target")}
	}
	return texts(c.Parameters["InstanceIds"])
}
