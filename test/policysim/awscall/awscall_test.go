package awscall

import (
	"maps"
	"reflect"
	"slices"
	"testing"
)

// TestRequestTags_OneName proves that tags whose keys differ only in case share one
// condition key, that its value is that of the tag whose key Ray does not use, and that
// aws:TagKeys has both keys.
func TestRequestTags_OneName(t *testing.T) {
	got := RequestTags(Tags{"ray-cluster-name": "victim", "ray-Cluster-Name": "research", "Name": "x"})
	want := Keys{
		"aws:RequestTag/Name": {"x"}, "aws:RequestTag/ray-Cluster-Name": {"research"}, "aws:TagKeys": {"Name", "ray-Cluster-Name", "ray-cluster-name"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestChanged proves that a changed copy leaves the call as it was.
func TestChanged(t *testing.T) {
	launch := func() Call {
		return Call{
			Service: "ec2", Operation: "RunInstances", Tags: map[string]Tags{"ami-0a": {"a": "b"}},
			Parameters: map[string]any{"TagSpecifications": []any{specification("instance", Tags{"ray-node-type": "worker"})}},
		}
	}
	c := launch()
	c.Retagged(Tags{"ray-node-type": ""})
	c.AlsoTagging("volume", Tags{"a": "b"})
	c.Of("ami-0a", Tags{})
	c.OfAll(Tags{})
	c.Changed(func(c *Call) { c.Tags["ami-0a"]["a"] = "c" })
	if want := launch(); !reflect.DeepEqual(c, want) {
		t.Errorf("got %v, want %v", c, want)
	}
}

// TestAuthorizations checks the number of authorizations of each call, and that a call or a
// parameter that is not known is an error.
func TestAuthorizations(t *testing.T) {
	p := Place{Account: "123456789012", Region: "us-east-1", Kind: "cpu"}
	launch := Call{Service: "ec2", Operation: "RunInstances", Parameters: map[string]any{
		"ImageId": "ami-0a", "SubnetId": "subnet-0a", "SecurityGroupIds": []any{"sg-0a", "sg-0b"}, "IamInstanceProfile": map[string]any{"Arn": p.Profile("cpu")},
		"TagSpecifications":   []any{specification("instance", Tags{"a": "b"}), specification("spot-instances-request", Tags{"a": "b"})},
		"BlockDeviceMappings": []any{map[string]any{"Ebs": map[string]any{"KmsKeyId": p.ARN("kms", "key/1")}}},
	}}
	for _, tt := range []struct {
		name string
		call Call
		want map[string]int // number of authorizations by action
	}{
		{"a list", Call{Service: "ec2", Operation: "DescribeInstances"}, map[string]int{"ec2:DescribeInstances": 1}},
		{"two instances", Call{Service: "ec2", Operation: "StopInstances", Parameters: map[string]any{"InstanceIds": []any{"i-0a", "i-0b"}}}, map[string]int{"ec2:StopInstances": 2}},
		{"a command", Call{Service: "ssm", Operation: "SendCommand", Parameters: map[string]any{"InstanceIds": []any{"i-0a"}, "DocumentName": "AWS-X"}}, map[string]int{"ssm:SendCommand": 2}},
		{"a launch", launch, map[string]int{ // instance, volume, image, interface, subnet, two groups, Spot request
			"ec2:RunInstances": 8, "ec2:CreateTags": 2, "iam:PassRole": 1,
			"kms:CreateGrant": 1, "kms:Decrypt": 1, "kms:DescribeKey": 1, "kms:GenerateDataKeyWithoutPlaintext": 1, "kms:ReEncryptFrom": 1, "kms:ReEncryptTo": 1,
		}},
		{"an unknown parameter", launch.Set("UserData", "x"), nil},
		{"an unknown call", Call{Service: "ec2", Operation: "RebootInstances"}, nil},
	} {
		cases, err := p.Authorizations(tt.call)
		if (err != nil) != (tt.want == nil) {
			t.Errorf("%s: got the error %v, want one: %t", tt.name, err, tt.want == nil)
		}
		got := map[string]int{}
		for _, c := range cases {
			got[c.Action]++
		}
		if !maps.Equal(got, tt.want) {
			t.Errorf("%s: the authorizations are %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestAuthorizations_Profile checks which instance profile is taken for that of an instance
// that a call names.
func TestAuthorizations_Profile(t *testing.T) {
	p := Place{Account: "123456789012", Region: "us-east-1", Kind: "cpu"}
	stop := Call{Service: "ec2", Operation: "StopInstances", Parameters: map[string]any{"InstanceIds": []any{"i-0a"}}, Tags: map[string]Tags{"i-0a": {}}}
	for _, tt := range []struct {
		name string
		call Call
		want []string
	}{
		{"neither the call nor a tag says which", stop, []string{p.Profile("cpu")}},
		{"the instance's tags say which", stop.Of("i-0a", Tags{"ray-user-node-type": "gpu"}), []string{p.Profile("gpu")}},
		{"the call says which", stop.Profiled("arn:x"), []string{"arn:x"}},
		{"the instance has none", stop.Profiled(NoProfile), nil},
	} {
		cases, err := p.Authorizations(tt.call)
		if err != nil {
			t.Fatal(err)
		}
		if got := cases[0].Context["ec2:InstanceProfile"]; !slices.Equal(got, tt.want) {
			t.Errorf("%s: the instance profiles are %v, want %v", tt.name, got, tt.want)
		}
	}
}
