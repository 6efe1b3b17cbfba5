package properties

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// defaultPropagationWait is the schema's default of PropagationWaitSeconds.
const defaultPropagationWait = 10 * time.Second

// decode takes from a decoded JSON value everything that has the right type, and
// defaults for the rest.
func decode(value any) rayiam.Properties {
	top := object(value)
	p := rayiam.Properties{
		NamePrefix:          text(top["NamePrefix"], rayiam.DefaultNamePrefix),
		Path:                text(top["Path"], "/"),
		PermissionsBoundary: text(top["PermissionsBoundary"], ""),
		Head:                node(object(top["Head"])),
		LeastPrivilege:      leastPrivilege(top["LeastPrivilege"]),
		AdoptExisting:       flag(top["AdoptExisting"]),
		PropagationWait:     defaultPropagationWait,
		AllowDeleteInUse:    flag(top["AllowDeleteInUse"]),
	}
	if seconds, err := strconv.Atoi(scalar(top["PropagationWaitSeconds"])); err == nil {
		p.PropagationWait = time.Duration(seconds) * time.Second
	}
	for _, v := range list(top["WorkerGroups"]) {
		g := object(v)
		group := rayiam.WorkerGroup{Name: text(g["Name"], ""), NodeProperties: node(g)}
		if given, ok := g["S3Buckets"]; ok {
			group.S3Buckets = append([]leastprivilege.S3Bucket{}, buckets(given)...)
		}
		p.WorkerGroups = append(p.WorkerGroups, group)
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
		np.ManagedPolicyARNs = append(np.ManagedPolicyARNs, texts(arns)...)
	}
	for _, v := range list(o["Policies"]) {
		policy := object(v)
		np.Policies = append(np.Policies, rayiam.InlinePolicy{Name: text(policy["PolicyName"], ""), Document: document(policy["PolicyDocument"])})
	}
	return np
}

// leastPrivilege returns nil for anything but an object: a value that the schema refuses
// counts as absent.
func leastPrivilege(v any) *leastprivilege.Options {
	o := object(v)
	if o == nil {
		return nil
	}
	lp := leastprivilege.Options{
		ClusterName:       text(o["ClusterName"], ""),
		ClusterNamePrefix: text(o["ClusterNamePrefix"], ""),
		S3Buckets:         buckets(o["S3Buckets"]),
		FSx:               flag(o["FSx"]),
		CloudWatch:        flag(o["CloudWatch"]),
		Spot:              flag(o["Spot"]),
		SessionManager:    flag(o["SessionManager"]),
		ECRRepositoryARNs: texts(o["EcrRepositoryArns"]),
		KMSKeyARNs:        texts(o["KmsKeyArns"]),
		SecretARNs:        texts(o["SecretArns"]),
		SubnetIDs:         texts(o["SubnetIds"]),
		SecurityGroupIDs:  texts(o["SecurityGroupIds"]),
		ImageIDs:          texts(o["ImageIds"]),
		KeyNames:          texts(o["KeyNames"]),
		InstanceTypes:     texts(o["InstanceTypes"]),
		InstanceTagKeys:   texts(o["InstanceTagKeys"]),
	}
	for _, v := range list(o["EfsFileSystems"]) {
		fs := object(v)
		lp.EFSFileSystems = append(lp.EFSFileSystems, leastprivilege.EFSFileSystem{ID: text(fs["Id"], ""), ReadOnly: flag(fs["ReadOnly"])})
	}
	return &lp
}

// buckets returns the buckets of a list: S3Buckets of LeastPrivilege or of a worker group.
func buckets(v any) []leastprivilege.S3Bucket {
	var all []leastprivilege.S3Bucket
	for _, v := range list(v) {
		b := object(v)
		all = append(all, leastprivilege.S3Bucket{Name: text(b["Name"], ""), ReadOnly: flag(b["ReadOnly"]), Prefixes: texts(b["Prefixes"])})
	}
	return all
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

// texts returns the strings of a list, with an empty string in the place of any other value,
// so that each string keeps its index.
func texts(v any) []string {
	var out []string
	for _, e := range list(v) {
		out = append(out, text(e, ""))
	}
	return out
}

func flag(v any) bool { return strings.EqualFold(scalar(v), "true") }

// scalar returns the string form of a boolean, a number or a string: CloudFormation sends
// booleans and numbers as strings.
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
