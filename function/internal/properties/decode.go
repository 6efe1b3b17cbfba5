package properties

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/function/internal/rayiam"
)

// defaultPropagationWait is the schema's default of PropagationWaitSeconds.
const defaultPropagationWait = 10 * time.Second

// decode takes from a decoded JSON value all that has the right type, and the
// defaults for the rest.
func decode(value any) rayiam.Properties {
	top := object(value)
	p := rayiam.Properties{
		NamePrefix:          text(top["NamePrefix"], rayiam.DefaultNamePrefix),
		Path:                text(top["Path"], "/"),
		PermissionsBoundary: text(top["PermissionsBoundary"], ""),
		Head:                node(object(top["Head"])),
		AdoptExisting:       strings.EqualFold(scalar(top["AdoptExisting"]), "true"),
		PropagationWait:     defaultPropagationWait,
	}
	if seconds, err := strconv.Atoi(scalar(top["PropagationWaitSeconds"])); err == nil {
		p.PropagationWait = time.Duration(seconds) * time.Second
	}
	for _, v := range list(top["WorkerGroups"]) {
		g := object(v)
		p.WorkerGroups = append(p.WorkerGroups, rayiam.WorkerGroup{Name: text(g["Name"], ""), NodeProperties: node(g)})
	}
	if len(p.WorkerGroups) == 0 {
		p.WorkerGroups = []rayiam.WorkerGroup{{Name: "worker"}}
	}
	for _, v := range list(top["Tags"]) {
		tag := object(v)
		p.Tags = append(p.Tags, rayiam.Tag{Key: text(tag["Key"], ""), Value: text(tag["Value"], "")})
	}
	return p
}

func node(o map[string]any) rayiam.NodeProperties {
	var np rayiam.NodeProperties
	if arns, given := o["ManagedPolicyArns"]; given {
		np.ManagedPolicyARNs = []string{}
		for _, v := range list(arns) {
			np.ManagedPolicyARNs = append(np.ManagedPolicyARNs, text(v, ""))
		}
	}
	for _, v := range list(o["Policies"]) {
		policy := object(v)
		np.Policies = append(np.Policies, rayiam.InlinePolicy{Name: text(policy["PolicyName"], ""), Document: document(policy["PolicyDocument"])})
	}
	return np
}

// document renders a policy document with its keys sorted. IAM keeps it as it is
// given, and the comparison with what IAM keeps ignores their order.
func document(v any) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func text(v any, absent string) string {
	if s, ok := v.(string); ok {
		return s
	}
	return absent
}

// scalar returns the string form of a boolean, a number or a string:
// CloudFormation turns the first two into the third on the way.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	}
	return ""
}
