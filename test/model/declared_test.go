package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

type properties = cloudformation.Properties

const (
	awsPolicy = "arn:aws:iam::aws:policy/"
	trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// defaultPolicies are the default policies of a head (true) and of a worker group. They are
// written out here, independently of the function's code.
var defaultPolicies = map[bool][]any{
	true:  {awsPolicy + "AmazonEC2FullAccess", awsPolicy + "AmazonS3FullAccess", awsPolicy + "AmazonFSxFullAccess", awsPolicy + "CloudWatchAgentServerPolicy", awsPolicy + "AmazonSSMFullAccess"},
	false: {awsPolicy + "AmazonS3FullAccess", awsPolicy + "AmazonFSxFullAccess", awsPolicy + "CloudWatchAgentServerPolicy"},
}

func text(p map[string]any, key, absent string) string {
	if s, ok := p[key].(string); ok {
		return s
	}
	return absent
}

func objects(v any) (all []map[string]any) {
	list, _ := v.([]any)
	for _, e := range list {
		all = append(all, e.(map[string]any))
	}
	return all
}

// groups returns the worker groups in p.
func groups(p properties) []map[string]any {
	if _, given := p["WorkerGroups"]; !given {
		return []map[string]any{{"Name": "worker"}}
	}
	return objects(p["WorkerGroups"])
}

// nodeNames returns the names of the roles that p declares, the head's first.
func nodeNames(p properties) []string {
	prefix := text(p, "NamePrefix", "ray")
	names := []string{prefix + "-head"}
	for _, g := range groups(p) {
		names = append(names, prefix+"-"+text(g, "Name", ""))
	}
	return names
}

// declared returns the roles and profiles of a new resource with these properties, as the
// reference describes them.
func declared(p properties, accountID, stackID, owner string) account {
	a, path := account{}, text(p, "Path", "/")
	head, _ := p["Head"].(map[string]any)
	nodes := append([]map[string]any{head}, groups(p)...)
	for i, name := range nodeNames(p) {
		tags := facts{ownerTag: owner, stackTag: stackID}
		for _, tag := range objects(p["Tags"]) {
			tags["tag "+text(tag, "Key", "")] = text(tag, "Value", "")
		}
		role, profile := facts{}, facts{}
		for key, value := range tags {
			role[key], profile[key] = value, value
		}
		role["arn"] = "arn:aws:iam::" + accountID + ":role" + path + name
		role["trusts"] = spelled(trustsEC2)
		if b := text(p, "PermissionsBoundary", ""); b != "" {
			role["boundary"] = b
		}
		attached, given := nodes[i]["ManagedPolicyArns"].([]any)
		if _, least := p["LeastPrivilege"]; !given && !least {
			attached = defaultPolicies[i == 0]
		}
		for _, arn := range attached {
			role["attached "+arn.(string)] = ""
		}
		for policy, document := range builtIn(p, accountID, i == 0) {
			role["inline "+policy] = document
		}
		for _, policy := range objects(nodes[i]["Policies"]) {
			document, err := json.Marshal(policy["PolicyDocument"])
			if err != nil {
				panic(err)
			}
			role["inline "+text(policy, "PolicyName", "")] = spelled(string(document))
		}
		profile["arn"] = "arn:aws:iam::" + accountID + ":instance-profile" + path + name
		profile["holds "+name] = ""
		a["role "+name], a["profile "+name] = role, profile
	}
	return a
}

// builtIn returns the inline policies that the head, or a worker, has without Policies.
// With LeastPrivilege, these are the golden files, which people have reviewed for one
// cluster with default properties. The names, accounts, Regions and numbers of groups are
// adapted.
func builtIn(p properties, accountID string, head bool) map[string]string {
	file := map[string]string{}
	if lp, ok := p["LeastPrivilege"].(map[string]any); ok {
		file = golden("cluster", head)
		if _, buckets := lp["S3Buckets"]; buckets {
			file = golden("buckets", head)
		}
	} else if head {
		file["ray-pass-role-policy"] = golden("cluster", true)["ray-pass-role-policy"]
	}
	prefix, path := text(p, "NamePrefix", "ray"), text(p, "Path", "/")
	moved := strings.NewReplacer("123456789012", accountID, "eu-west-1", "us-east-1", "role/ray-", "role"+path+prefix+"-", "instance-profile/ray-", "instance-profile"+path+prefix+"-")
	policies := map[string]string{}
	for name, document := range file {
		var v any
		if err := json.Unmarshal([]byte(moved.Replace(document)), &v); err != nil {
			panic(err)
		}
		out, err := json.Marshal(forGroups(v, prefix, groups(p)))
		if err != nil {
			panic(err)
		}
		policies[prefix+strings.TrimPrefix(name, "ray")] = spelled(string(out))
	}
	return policies
}

func golden(file string, head bool) map[string]string {
	content, err := os.ReadFile(filepath.Join(checkout.Root(), "internal", "leastprivilege", "testdata", "policies", file+".golden.json"))
	if err != nil {
		panic(err)
	}
	var roles map[string]map[string]json.RawMessage
	if err := json.Unmarshal(content, &roles); err != nil {
		panic(err)
	}
	policies := map[string]string{}
	for name, document := range roles[map[bool]string{true: "ray-head", false: "ray-worker"}[head]] {
		policies[name] = string(document)
	}
	return policies
}

// forGroups replaces each ARN of the only worker group by the ARNs of all groups.
func forGroups(v any, prefix string, groups []map[string]any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = forGroups(v[key], prefix, groups)
		}
	case []any:
		for i := range v {
			v[i] = forGroups(v[i], prefix, groups)
		}
	case string:
		base, ok := strings.CutSuffix(v, "/"+prefix+"-worker")
		if !ok || !strings.HasPrefix(v, "arn:aws:iam:") {
			return v
		}
		all := []any{}
		for _, g := range groups {
			all = append(all, base+"/"+prefix+"-"+text(g, "Name", ""))
		}
		return all
	}
	return v
}

// attributes returns the attributes that a resource with the properties p has.
func attributes(p properties, a account) map[string]string {
	data := map[string]string{}
	for i, name := range nodeNames(p) {
		role, profile := a["role "+name]["arn"], a["profile "+name]["arn"]
		four := func(node string) {
			data[node+"RoleName"], data[node+"InstanceProfileName"] = name, name
			data[node+"RoleArn"], data[node+"InstanceProfileArn"] = role, profile
		}
		switch i {
		case 0:
			four("Head")
			continue
		case 1:
			four("Worker")
		}
		group := text(groups(p)[i-1], "Name", "")
		data["WorkerGroups."+group+".RoleArn"], data["WorkerGroups."+group+".InstanceProfileArn"] = role, profile
	}
	return data
}
