package clustercheck

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// example returns examples/ray/cluster.yaml, which fits the set.
func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "ray", "cluster.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var stack = rayiam.Stack{Partition: "aws", Region: "us-east-1", Account: "123456789012"}

// least returns the set of examples/least-privilege.yaml, with an edit.
func least(edit func(*leastprivilege.Options)) Set {
	options := leastprivilege.Options{
		ClusterName: "research", CloudWatch: true, Spot: true, InstanceTypes: []string{"m6i.xlarge", "m6i.4xlarge", "g5.xlarge"}, KeyNames: []string{"ray-research"},
	}
	if edit != nil {
		edit(&options)
	}
	return setOf(rayiam.Properties{LeastPrivilege: &options})
}

func setOf(p rayiam.Properties) Set {
	p.NamePrefix, p.Path, p.WorkerGroups = "ray-research", "/", []rayiam.WorkerGroup{{Name: "cpu"}, {Name: "gpu"}}
	return Set{Properties: p, Stack: stack, Attributes: rayiam.Declare(p, stack).Attributes()}
}

// TestCheck checks every rule: for a matching cluster with one change, it compares the
// findings.
func TestCheck(t *testing.T) {
	const (
		profile = "arn:aws:iam::123456789012:instance-profile/ray-research-"
		gpu     = "available_node_types.gpu.node_config."
		head    = "available_node_types.head.node_config."
	)
	plain := setOf(rayiam.Properties{})
	tagged := least(func(o *leastprivilege.Options) { o.InstanceTagKeys = []string{"cost"} })
	prefixed := func(prefix string) Set {
		return least(func(o *leastprivilege.Options) { o.ClusterName, o.ClusterNamePrefix = "", prefix })
	}
	with := func(line string) []string {
		return []string{"      InstanceMarketOptions: {MarketType: spot} # the option Spot", "      InstanceMarketOptions: {MarketType: spot}\n      " + line}
	}
	tests := []struct {
		name    string
		set     Set
		replace []string // parts of the example and their replacements, in turn
		want    []string // path and a part of the finding
	}{
		{"the example", least(nil), nil, nil},
		{"the example, of a set with default policies", plain, nil, nil},
		{"another provider", least(nil), []string{"type: aws", "type: gcp"}, []string{"provider.type: is not aws"}},
		{"another name", least(nil), []string{"cluster_name: research", "cluster_name: Research"}, []string{"cluster_name: is not research"}},
		{"another name, of a set with default policies", plain, []string{"cluster_name: research", "cluster_name: x"}, nil},
		{"no name", least(nil), []string{"cluster_name: research", ""}, []string{"cluster_name: is not research"}},
		{"a name that begins as it should", prefixed("re"), nil, nil},
		{"a name that begins otherwise", prefixed("team-"), nil, []string{"cluster_name: does not begin with team-"}},
		{"no name that could begin", prefixed("re"), []string{"cluster_name: research", ""}, []string{"cluster_name: does not begin with re"}},
		{"another Region", least(nil), []string{"region: us-east-1", "region: eu-west-1"}, []string{"provider.region: is not us-east-1"}},
		{"CloudWatch", least(func(o *leastprivilege.Options) { o.CloudWatch = false }), []string{"  type: aws", "  type: aws\n  cloudwatch: {agent: {config: a.json}}"}, []string{"provider.cloudwatch: LeastPrivilege.CloudWatch"}},
		{"CloudWatch that is permitted", least(nil), []string{"  type: aws", "  type: aws\n  cloudwatch: {agent: {config: a.json}}"}, nil},
		{"no node types", least(nil), []string{"available_node_types:", "node_types:"}, []string{"available_node_types: is missing"}},
		{"a head that there is not", least(nil), []string{"head_node_type: head", "head_node_type: heads"}, []string{"head_node_type: names no node type", "available_node_types.head.node_config.IamInstanceProfile.Arn: is none of the workers'"}},
		{"the head without a profile", least(nil), []string{"IamInstanceProfile:\n        Arn: " + profile + "head", "Unused:\n        Arn: x"}, []string{head + "IamInstanceProfile: Ray would make a role"}},
		{"the head with a worker's", least(nil), []string{profile + "head", profile + "cpu"}, []string{head + "IamInstanceProfile.Arn: is not the head's"}},
		{"a worker with the head's", least(nil), []string{profile + "gpu", profile + "head"}, []string{gpu + "IamInstanceProfile.Arn: write IamInstanceProfile: {Arn: " + profile + "gpu}"}},
		{"a worker with the head's, of a set with default policies", plain, []string{profile + "gpu", profile + "head"}, []string{gpu + "IamInstanceProfile.Arn: the head may pass no other role"}},
		{"a worker without a profile", least(nil), []string{"IamInstanceProfile:\n        Arn: " + profile + "gpu", "Unused:\n        Arn: x"}, []string{gpu + "IamInstanceProfile: Ray gives workers no role"}},
		{"profiles by their names", least(nil), []string{"Arn: " + profile + "head", "Name: ray-research-head", "Arn: " + profile + "gpu", "Name: ray-research-gpu"}, nil},
		{"wrong profiles by their names", least(nil), []string{"Arn: " + profile + "head", "Name: ray-head", "Arn: " + profile + "gpu", "Name: ray-gpu"}, []string{head + "IamInstanceProfile.Name: is not the head's", gpu + "IamInstanceProfile.Name: is none of the workers'"}},
		{"another type", least(nil), []string{"InstanceType: g5.xlarge", "InstanceType: p5.48xlarge"}, []string{gpu + "InstanceType: is none of LeastPrivilege.InstanceTypes"}},
		{"another type for the head", least(nil), []string{"InstanceType: m6i.xlarge", "InstanceType: t3.large"}, nil},
		{"no type", least(nil), []string{"      InstanceType: g5.xlarge\n", ""}, []string{gpu + "InstanceType: is missing"}},
		{"images", least(func(o *leastprivilege.Options) { o.ImageIDs = []string{"ami-0aaaaaaaaaaaaaaaa"} }), nil, []string{"available_node_types.cpu.node_config.ImageId: is none of LeastPrivilege.ImageIds", gpu + "ImageId: is none of"}},
		{"no image", least(func(o *leastprivilege.Options) { o.ImageIDs = []string{"ami-0123456789abcdef0"} }), []string{"      InstanceType: g5.xlarge\n      ImageId: *image", "      InstanceType: g5.xlarge"}, []string{gpu + "ImageId: Ray takes an image of its own choice"}},
		{"an image that a launch template has", least(func(o *leastprivilege.Options) { o.ImageIDs = []string{"ami-0123456789abcdef0"} }), []string{"      InstanceType: g5.xlarge\n      ImageId: *image", "      InstanceType: g5.xlarge\n      LaunchTemplate: {LaunchTemplateName: x}"}, nil},
		{"subnets", least(func(o *leastprivilege.Options) { o.SubnetIDs = []string{"subnet-0aaaaaaaaaaaaaaaa"} }), nil, []string{"available_node_types.cpu.node_config.SubnetIds[0]: is none of", gpu + "SubnetIds[0]: is none of"}},
		{"subnets and groups of an interface", least(func(o *leastprivilege.Options) {
			o.SubnetIDs, o.SecurityGroupIDs = []string{"subnet-0123456789abcdef0"}, []string{"sg-0123456789abcdef0"}
		}), with("NetworkInterfaces: [{SubnetId: subnet-1, Groups: [sg-1]}]"), []string{gpu + "NetworkInterfaces[0].SubnetId: is none of", gpu + "NetworkInterfaces[0].Groups[0]: is none of"}},
		{"groups", least(func(o *leastprivilege.Options) { o.SecurityGroupIDs = []string{"sg-0aaaaaaaaaaaaaaaa"} }), nil, []string{"available_node_types.cpu.node_config.SecurityGroupIds[0]: is none of", gpu + "SecurityGroupIds[0]: is none of"}},
		{"another key", least(nil), []string{"KeyName: &key ray-research", "KeyName: &key other"}, []string{"available_node_types.cpu.node_config.KeyName: is none of", gpu + "KeyName: is none of"}},
		{"Spot", least(func(o *leastprivilege.Options) { o.Spot = false }), nil, []string{gpu + "InstanceMarketOptions.MarketType: may not make Spot requests"}},
		{"a snapshot", least(nil), with("BlockDeviceMappings: [{DeviceName: /dev/sda1, Ebs: {SnapshotId: snap-1}}]"), []string{gpu + "BlockDeviceMappings[0].Ebs.SnapshotId: may not launch from a snapshot"}},
		{"a volume", least(nil), with("BlockDeviceMappings: [{DeviceName: /dev/sda1, Ebs: {VolumeSize: 100}}]"), nil},
		{"tags", least(nil), with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: Name, Value: x}, {Key: ray-x, Value: y}, {Key: cost, Value: z}]}, {ResourceType: volume, Tags: [{Key: cost, Value: z}]}]"), []string{gpu + "TagSpecifications[0].Tags[2].Key: InstanceTagKeys", gpu + "TagSpecifications[1].Tags[0].Key: InstanceTagKeys"}},
		{"tags of the owner's own", tagged, with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: cost, Value: z}]}, {ResourceType: volume, Tags: [{Key: cost, Value: z}]}, {ResourceType: network-interface, Tags: [{Key: cost, Value: z}]}, {ResourceType: spot-instances-request, Tags: [{Key: cost, Value: z}]}]"), nil},
		{"a tag of the owner's own in another case", tagged, with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: Cost, Value: z}]}]"), []string{gpu + "TagSpecifications[0].Tags[0].Key: may not set"}},
		{"Ray's tags on a volume", tagged, with("TagSpecifications: [{ResourceType: volume, Tags: [{Key: Name, Value: x}, {Key: ray-x, Value: y}]}]"), []string{gpu + "TagSpecifications[0].Tags[0].Key: may not set", gpu + "TagSpecifications[0].Tags[1].Key: may not set"}},
		{"a key that begins with Ray-, in another case", tagged, with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: Ray-cluster-name, Value: x}]}]"), []string{gpu + "TagSpecifications[0].Tags[0].Key: lower case"}},
		{"a key of Ray's in upper case", tagged, with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: ray-Cluster-Name, Value: x}]}]"), []string{gpu + "TagSpecifications[0].Tags[0].Key: lower case"}},
		{"tags on something else", tagged, with("TagSpecifications: [{ResourceType: fleet, Tags: [{Key: cost, Value: z}]}]"), []string{gpu + "TagSpecifications[0].ResourceType: is no kind"}},
		{"the agent's tag with CloudWatch", least(nil), with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: cloudwatch-agent-installed, Value: x}]}]"), nil},
		{"the agent's tag without CloudWatch", least(func(o *leastprivilege.Options) { o.CloudWatch = false }), with("TagSpecifications: [{ResourceType: instance, Tags: [{Key: cloudwatch-agent-installed, Value: x}]}]"), []string{gpu + "TagSpecifications[0].Tags[0].Key: may not set"}},
		{"tags of a Spot request, and no Spot", least(func(o *leastprivilege.Options) { o.Spot, o.InstanceTagKeys = false, []string{"cost"} }),
			[]string{"      InstanceMarketOptions: {MarketType: spot} # the option Spot", "      TagSpecifications: [{ResourceType: spot-instances-request, Tags: [{Key: cost, Value: z}]}]"}, []string{gpu + "TagSpecifications[0].ResourceType: Spot to true"}},
		{"keys of tags that nobody knows", Set{Properties: tagged.Properties, Stack: stack, Attributes: tagged.Attributes, IsUnknown: func(text string) bool { return text == "cost" }},
			with("TagSpecifications: [{ResourceType: volume, Tags: [{Key: x, Value: y}]}]"), nil},
		{"what nobody knows", Set{Properties: least(nil).Properties, Stack: stack, Attributes: least(nil).Attributes, IsUnknown: func(text string) bool { return text == "research" || text == "g5.xlarge" }},
			[]string{"cluster_name: research", "cluster_name: x", "InstanceType: g5.xlarge", "InstanceType: p5.48xlarge"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := replaced(t, example(t), tt.replace...)
			findings, err := Check([]byte(text), tt.set)
			if err != nil {
				t.Fatal(err)
			}
			if len(findings) != len(tt.want) {
				t.Fatalf("%d findings, want %d: %+v", len(findings), len(tt.want), findings)
			}
			for i, f := range findings {
				path, part, _ := strings.Cut(tt.want[i], ": ")
				if f.Path != path || !strings.Contains(f.Problem+" "+f.Reason+" "+f.Remedy, part) {
					t.Errorf("the finding is %+v, want %q at %s", f, part, path)
				}
				if lines := strings.Split(text, "\n"); f.Line < 1 || f.Found != "" && !strings.Contains(lines[f.Line-1], f.Found) && !strings.Contains(lines[f.Line-1], "*") {
					t.Errorf("line %d has no %q", f.Line, f.Found)
				}
				if f.Problem == "" || f.Reason == "" || f.Remedy == "" {
					t.Errorf("the finding %+v has an empty part", f)
				}
			}
		})
	}
}

// TestImages checks which images cannot be checked by the YAML alone.
func TestImages(t *testing.T) {
	tests := []struct {
		name string
		set  Set
		text string
		want []string
	}{
		{"none are listed", least(nil), example(t), []string{"ami-0123456789abcdef0"}},
		{"one is listed", least(func(o *leastprivilege.Options) { o.ImageIDs = []string{"ami-0aaaaaaaaaaaaaaaa"} }), example(t), nil},
		{"the default policies", setOf(rayiam.Properties{}), example(t), nil},
		{"the workers name none", least(nil), replaced(t, example(t), "      ImageId: *image\n", ""), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := Images([]byte(tt.text), tt.set); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// replaced returns a text with some parts replaced. The test fails if the text lacks a part.
func replaced(t *testing.T, text string, parts ...string) string {
	t.Helper()
	for i := 0; i < len(parts); i += 2 {
		if !strings.Contains(text, parts[i]) {
			t.Fatalf("the example has no %q", parts[i])
		}
		text = strings.ReplaceAll(text, parts[i], parts[i+1])
	}
	return text
}

// TestCheck_Faults checks that text which is not a cluster's YAML is an error.
func TestCheck_Faults(t *testing.T) {
	for _, text := range []string{"", "a: [", "- a", "text", "a: &x [*x]\n<<: 1\nb: *y"} {
		if _, err := Check([]byte(text), least(nil)); err == nil {
			t.Errorf("Check accepts %q, want an error", text)
		}
		if _, err := Images([]byte(text), least(nil)); err == nil {
			t.Errorf("Images accepts %q, want an error", text)
		}
		if _, err := Write([]byte(text), least(nil)); err == nil {
			t.Errorf("Write accepts %q, want an error", text)
		}
	}
}

// TestCheck_EveryOption checks that each option of LeastPrivilege has a case above, or a
// reason why a cluster's YAML has nothing to compare it with.
func TestCheck_EveryOption(t *testing.T) {
	thoughtOf := map[string]string{
		"ClusterName": "a rule", "CloudWatch": "a rule", "Spot": "a rule",
		"SubnetIDs": "a rule", "SecurityGroupIDs": "a rule", "ImageIDs": "a rule", "KeyNames": "a rule", "InstanceTypes": "a rule",
		"S3Buckets":         "the YAML names no bucket that the nodes use",
		"FSx":               "the YAML names no file system",
		"ClusterNamePrefix": "a rule", "InstanceTagKeys": "a rule",
		"EFSFileSystems":    "the YAML names no file system: a setup command mounts it",
		"SessionManager":    "it opens the nodes to sessions: whoever runs ray up starts them, by policies of their own, and a managed policy of the node's may open it too",
		"ECRRepositoryARNs": "a node may pull an image as well where the repository's own policy lets everybody",
		"KMSKeyARNs":        "the policy of a key may let the head use it without this option",
		"SecretARNs":        "the YAML names no secret that the nodes read",
	}
	for i := range reflect.TypeFor[leastprivilege.Options]().NumField() {
		if name := reflect.TypeFor[leastprivilege.Options]().Field(i).Name; thoughtOf[name] == "" {
			t.Errorf("%s has neither a rule nor a reason to have none", name)
		}
	}
}
