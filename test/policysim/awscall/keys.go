package awscall

import (
	"maps"
	"slices"
	"strings"
)

// Tags are those of a resource, by key.
type Tags map[string]string

// Keys are the condition keys of an authorization, with their values.
type Keys = map[string][]string

// list is the tags as the API has them, sorted by key.
func (t Tags) list() []any {
	all := []any{}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		all = append(all, map[string]any{"Key": key, "Value": t[key]})
	}
	return all
}

// ReadTags returns tags that the API has as a list.
func ReadTags(list any) Tags {
	tags := Tags{}
	for _, tag := range List(list) {
		tags[Text(tag, "Key")] = Text(tag, "Value")
	}
	return tags
}

// RequestTags are the keys of a request that sets tags. To IAM, aws:RequestTag/x is the name
// of aws:RequestTag/X too. Of two tags for which one name stands, it may take either: here
// that is the one which Ray would not take for its own.
func RequestTags(t Tags) Keys {
	keys, names := Keys{}, map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(t)) { // upper case is before lower case
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

// AtLaunch are the keys of a request that sets tags as part of a launch.
func AtLaunch(t Tags) Keys { return Merge(RequestTags(t), AsPartOf("RunInstances")) }

// AsPartOf are the keys of a request to set tags that is part of another.
func AsPartOf(operation string) Keys { return Keys{"ec2:CreateAction": {operation}} }

// ResourceTags are the keys of a resource's tags.
func ResourceTags(t Tags) Keys { return tagsBy("aws:ResourceTag/", t) }

// ManagedTags are the keys of the tags of an instance that Systems Manager manages.
func ManagedTags(t Tags) Keys { return tagsBy("ssm:resourceTag/", t) }

func tagsBy(prefix string, t Tags) Keys {
	keys := Keys{}
	for key, value := range t {
		keys[prefix+key] = []string{value}
	}
	return keys
}

// PassedTo are the keys of passing a role to a service, such as "ec2".
func PassedTo(service string) Keys { return Keys{"iam:PassedToService": {service + ".amazonaws.com"}} }

// Merge returns the keys of all; later ones replace earlier ones.
func Merge(all ...Keys) Keys {
	merged := Keys{}
	for _, keys := range all {
		maps.Copy(merged, keys)
	}
	return merged
}

// Text returns the string at a path of names in parameters; empty where there is none.
func Text(v any, path ...string) string {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

// Texts returns a parameter that is a list of strings.
func Texts(v any) []string {
	var all []string
	for _, text := range List(v) {
		all = append(all, text.(string))
	}
	return all
}

// List returns a parameter that is a list.
func List(v any) []any {
	list, _ := v.([]any)
	return list
}
