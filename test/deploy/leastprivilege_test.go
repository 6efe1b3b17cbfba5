package deploy

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A cluster is the part of examples/ray/cluster.yaml that concerns identities.
type cluster struct {
	ClusterName  string `json:"cluster_name"`
	Provider     map[string]any
	Auth         map[string]any
	HeadNodeType string `json:"head_node_type"`
	NodeTypes    map[string]struct {
		NodeConfig nodeConfig `json:"node_config"`
	} `json:"available_node_types"`
}

type nodeConfig struct {
	InstanceType, KeyName       string
	SubnetIds, SecurityGroupIds []string
	IamInstanceProfile          struct{ Arn string }
	InstanceMarketOptions       struct{ MarketType string }
}

func readCluster(t *testing.T) cluster {
	t.Helper()
	command := exec.Command(python(t), "-c", "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)",
		filepath.Join(root, "examples/ray/cluster.yaml"))
	out, err := command.Output()
	if err != nil {
		t.Fatalf("reading the cluster's YAML: %v", err)
	}
	var c cluster
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// leastPrivilege is the part of the example's LeastPrivilege that concerns launches.
type leastPrivilege struct {
	Spot                    bool
	InstanceTypes, KeyNames []string
}

// mayLaunch fails the test unless the head may launch a worker of this type.
func (l leastPrivilege) mayLaunch(t *testing.T, name string, config nodeConfig) {
	t.Helper()
	if !slices.Contains(l.InstanceTypes, config.InstanceType) {
		t.Errorf("%s has the type %s, but the head may launch only %v", name, config.InstanceType, l.InstanceTypes)
	}
	if config.InstanceMarketOptions.MarketType == "spot" && !l.Spot {
		t.Errorf("%s asks for Spot Instances, which the head may not launch", name)
	}
}

// TestLeastPrivilegeExample proves that the template and the cluster's YAML are one
// example: the head may launch what the YAML asks for.
func TestLeastPrivilegeExample(t *testing.T) {
	template, cluster := readTemplate(t, "examples/least-privilege.yaml"), readCluster(t)
	const token = `{"Fn::ImportValue":{"Ref":"ServiceTokenExport"}}`
	rayIAM := template.Resources["RayIAM"].Properties
	if got := text(t, rayIAM["ServiceToken"]); got != token {
		t.Errorf("ServiceToken is %s, want %s", got, token)
	}
	var least leastPrivilege
	convert(t, rayIAM["LeastPrivilege"], &least)
	var groups []struct{ Name string }
	convert(t, rayIAM["WorkerGroups"], &groups)

	if want := template.Parameters["ClusterName"].Default; cluster.ClusterName != want {
		t.Errorf("cluster_name is %q, the template's ClusterName %v", cluster.ClusterName, want)
	}
	for name, node := range cluster.NodeTypes {
		config := node.NodeConfig
		profile := template.Parameters["NamePrefix"].Default.(string) + "-" + name
		if _, got, _ := strings.Cut(config.IamInstanceProfile.Arn, ":instance-profile/"); got != profile {
			t.Errorf("%s has the instance profile %q, want %s", name, got, profile)
		}
		if len(config.SubnetIds) == 0 || len(config.SecurityGroupIds) == 0 || !slices.Contains(least.KeyNames, config.KeyName) {
			t.Errorf("%s does not set a value that Ray would then look for without the right to: %+v", name, config)
		}
		if name != cluster.HeadNodeType {
			least.mayLaunch(t, name, config)
			if !slices.ContainsFunc(groups, func(g struct{ Name string }) bool { return g.Name == name }) {
				t.Errorf("%s is no worker group of the template", name)
			}
		}
	}
	if len(cluster.NodeTypes) != len(groups)+1 {
		t.Errorf("%d node types for %d worker groups and the head", len(cluster.NodeTypes), len(groups))
	}
	if cluster.Auth["ssh_private_key"] == nil {
		t.Error("auth names no key, want one: the head may not list the account's keys")
	}
	for key := range cluster.Provider {
		if strings.Contains(key, "credentials") {
			t.Errorf("the example contains %s, want it left out", key)
		}
	}
}
