package clustercheck

import (
	"slices"
	"strings"
	"unicode"
)

// agentInstalled is the tag that Ray's CloudWatch integration sets at launch.
const agentInstalled = "cloudwatch-agent-installed"

// The resource types that a launch may tag. Ray sets its own tags only on the instance.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html
const (
	instanceKind         = "instance"
	volumeKind           = "volume"
	networkInterfaceKind = "network-interface"
	spotRequestKind      = "spot-instances-request"
)

// tags checks the owner's own tags, which Ray sets at a launch together with its own tags.
func (c *check) tags(spec value) {
	kind, own := spec.at("ResourceType"), c.options.InstanceTagKeys
	switch kind.text() {
	case instanceKind:
	case spotRequestKind:
		if !c.options.Spot {
			c.add(kind, spotTagged, noSpotReason, permitSpotTags)
			return
		}
	case volumeKind, networkInterfaceKind:
	default:
		c.add(kind, kindNotTaggable, kindsReason, leaveTagsOut)
		return
	}
	for _, tag := range spec.at("Tags").items() {
		switch key := tag.at("Key"); {
		case otherCase(key.text()):
			c.add(key, rayInUpperCase, otherCaseReason, writeInLowerCase)
		case kind.text() == instanceKind && c.raysOwn(key.text()), slices.Contains(own, key.text()), slices.ContainsFunc(own, c.unknown):
		default:
			c.add(key, tagNotPermitted, tagReason, permitTagKey)
		}
	}
}

// raysOwn reports whether the head may set a tag on an instance, whether InstanceTagKeys has
// its key or not.
func (c *check) raysOwn(key string) bool {
	return key == "Name" || strings.HasPrefix(key, "ray-") || key == agentInstalled && c.options.CloudWatch
}

// otherCase reports whether the statement NoOtherCase of package leastprivilege denies a key.
func otherCase(key string) bool {
	return strings.HasPrefix(strings.ToLower(key), "ray-") && strings.ContainsFunc(key, func(r rune) bool { return r <= unicode.MaxASCII && unicode.IsUpper(r) })
}
