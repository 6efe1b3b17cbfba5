package properties

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// full returns every property of the schema, with a value other than the default.
const full = `{
	"ServiceToken": "arn:x", "ServiceTimeout": 60, "NamePrefix": "a", "Path": "/a/", "Revision": "1",
	"PermissionsBoundary": "arn:aws:iam::aws:policy/B", "AdoptExisting": true, "AllowDeleteInUse": true, "PropagationWaitSeconds": 1,
	"Tags": [{"Key": "a", "Value": "b"}],
	"Head": {"ManagedPolicyArns": [], "Policies": [{"PolicyName": "a", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "*"}}}]},
	"WorkerGroups": [{"Name": "a", "ManagedPolicyArns": [], "Policies": [{"PolicyName": "a", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "*"}}}], "S3Buckets": [{"Name": "abc", "ReadOnly": true, "Prefixes": ["a"]}]}],
	"LeastPrivilege": {
		"ClusterName": "a", "ClusterNamePrefix": "a", "S3Buckets": [{"Name": "abc", "ReadOnly": true, "Prefixes": ["a"]}], "FSx": true, "CloudWatch": true, "Spot": true,
		"EfsFileSystems": [{"Id": "fs-01234567", "ReadOnly": true}], "SessionManager": true,
		"EcrRepositoryArns": ["arn:aws:ecr:eu-west-1:123456789012:repository/a"], "KmsKeyArns": ["arn:aws:kms:eu-west-1:123456789012:key/a"],
		"SecretArns": ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCd12"],
		"SubnetIds": ["subnet-01234567"], "SecurityGroupIds": ["sg-01234567"], "ImageIds": ["ami-01234567"], "KeyNames": ["a"], "InstanceTypes": ["m5.large"],
		"InstanceTagKeys": ["Team"]
	}
}`

// ignored are the properties that Read does not read, with the reason.
var ignored = map[string]string{
	"Revision":       "a change of it asks for an Update, whatever it says",
	"ServiceTimeout": "CloudFormation's; package customresource reads it",
	"ServiceToken":   "CloudFormation's",
}

// TestRead_EveryProperty checks that each property of the schema is read, so that Read returns
// something else without it: a property that only the schema has would be accepted and
// ignored.
// Reference 2.1.
func TestRead_EveryProperty(t *testing.T) {
	c := newChecker(t)
	var root map[string]any
	if err := json.Unmarshal([]byte(full), &root); err != nil {
		t.Fatal(err)
	}
	read := func() any {
		raw, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := c.Read(raw)
		return p
	}
	want := read()
	// All but one are allowed together.
	alone := strings.Replace(full, `"ClusterNamePrefix": "a", `, "", 1)
	if _, faults := c.Read(json.RawMessage(alone)); len(faults) > 0 {
		t.Errorf("refused: %v", faults)
	}
	var compare func(path string, given, schema map[string]any)
	compare = func(path string, given, schema map[string]any) {
		if ref := text(schema["$ref"], ""); ref != "" {
			schema = c.at(ref)
		}
		properties := object(schema["properties"])
		if got, want := slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(properties)); !slices.Equal(got, want) {
			t.Errorf("%s: this test gives %v, the schema has %v", path, got, want)
		}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			value, at := given[name], strings.TrimPrefix(path+"."+name, ".")
			inside, property := object(value), object(properties[name])
			if entries := list(value); len(entries) > 0 {
				if ref := text(property["$ref"], ""); ref != "" {
					property = c.at(ref)
				}
				inside, property = object(entries[0]), object(property["items"])
			}
			if inside != nil && name != "PolicyDocument" {
				compare(at, inside, property)
			}
			delete(given, name)
			if same := reflect.DeepEqual(read(), want); same != (ignored[at] != "") {
				t.Errorf("without %s, Read returns the same: %v, want %v %s", at, same, ignored[at] != "", ignored[at])
			}
			given[name] = value
		}
	}
	compare("", root, object(c.published))
}
