// Package cloudformation acts as CloudFormation toward one custom resource: it sends the
// events of each documented sequence, checks every answer as CloudFormation does, and keeps
// the answers.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
)

// Properties are a resource's properties as they are in a template.
type Properties map[string]any

// With returns a copy with these properties changed; nil removes a property.
func (p Properties) With(changes Properties) Properties {
	all := maps.Clone(p)
	if all == nil {
		all = Properties{}
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// An Event is a request to a custom resource.
type Event struct {
	RequestType           string
	ServiceToken          string
	ResponseURL           string
	StackID               string `json:"StackId"`
	RequestID             string `json:"RequestId"`
	LogicalResourceID     string `json:"LogicalResourceId"`
	PhysicalResourceID    string `json:"PhysicalResourceId,omitempty"`
	ResourceType          string
	ServiceTimeout        string `json:",omitempty"` // sent beside the property, or without it
	ResourceProperties    Properties
	OldResourceProperties Properties `json:",omitempty"`
}

// JSON returns the event in the form in which CloudFormation sends it: ServiceToken is
// among the properties, and booleans and numbers are strings.
func (e Event) JSON() []byte {
	e.ResourceProperties = delivered(e.ResourceProperties, e.ServiceToken)
	if e.RequestType == "Update" {
		e.OldResourceProperties = delivered(e.OldResourceProperties, e.ServiceToken)
	}
	payload, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("an event that is not JSON: %v", err))
	}
	return payload
}

func delivered(p Properties, token string) Properties {
	all := Properties{"ServiceToken": token}
	for name, value := range p {
		all[name] = stringified(value)
	}
	return all
}

func stringified(v any) any {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = stringified(v[i])
		}
		return list
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = stringified(v[i])
		}
		return list
	case Properties:
		return stringified(map[string]any(v))
	case map[string]any:
		m := map[string]any{}
		for name, value := range v {
			m[name] = stringified(value)
		}
		return m
	}
	return v
}
