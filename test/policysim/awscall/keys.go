package awscall

import (
	"maps"
	"slices"
	"strings"
)

// Tags are the tags of a resource, by key.
type Tags map[string]string

// Keys are the condition keys of an authorization, with their values.
type Keys = map[string][]string

// list returns the tags in the form of the API, sorted by key.
func (t Tags) list() []any {
	all := []any{}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		all = append(all, map[string]any{"Key": key, "Value": t[key]})
	}
	return all
}

// ReadTags returns the tags of a list in the form of the API.
func ReadTags(list any) Tags {
	tags := Tags{}
	for _, tag := range List(list) {
		tags[Text(tag, "Key")] = Text(tag, "Value")
	}
	return tags
}

// RequestTags returns the condition keys of a request that sets tags. IAM ignores the case
// of condition keys: aws:RequestTag/x and aws:RequestTag/X are the same. If two tags share
// a condition key, IAM may use the value of either. This function uses that of the tag
// whose key Ray does not use.
func RequestTags(t Tags) Keys {
	keys, names := Keys{}, map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(t)) { // upper case sorts before lower case
		if fold := strings.ToLower(key); !names[fold] {
			names[fold] = true
			keys["aws:RequestTag/"+key] = []string{t[key]}
		}
	}
	if len(t) > 0 {
		keys["aws:TagKeys"] = slices.Sorted(maps.Keys(t))
	}
	return keys
}

// AtLaunch returns the condition keys of the tags that a launch sets.
func AtLaunch(t Tags) Keys { return Merge(RequestTags(t), AsPartOf("RunInstances")) }

// AsPartOf returns the condition key of setting tags within another operation.
func AsPartOf(operation string) Keys { return Keys{"ec2:CreateAction": {operation}} }

// ResourceTags returns the condition keys of a resource's tags.
func ResourceTags(t Tags) Keys { return tagsBy("aws:ResourceTag/", t) }

// ManagedTags returns the condition keys for the tags of an instance that Systems Manager
// manages.
func ManagedTags(t Tags) Keys { return tagsBy("ssm:resourceTag/", t) }

func tagsBy(prefix string, t Tags) Keys {
	keys := Keys{}
	for key, value := range t {
		keys[prefix+key] = []string{value}
	}
	return keys
}

// PassedTo returns the condition key of passing a role to a service, such as "ec2".
func PassedTo(service string) Keys { return Keys{"iam:PassedToService": {service + ".amazonaws.com"}} }

// Merge returns the union of all keys; later values replace earlier ones.
func Merge(all ...Keys) Keys {
	merged := Keys{}
	for _, keys := range all {
		maps.Copy(merged, keys)
	}
	return merged
}

// Text returns the string at a path of names in parameters; empty if there is none.
func Text(v any, path ...string) string {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

// texts returns the elements of a parameter that is a list of strings.
func texts(v any) []string {
	var all []string
	for _, text := range List(v) {
		all = append(all, text.(string))
	}
	return all
}

// List returns the elements of a parameter that is a list.
func List(v any) []any {
	list, _ := v.([]any)
	return list
}
