// Package clustercheck compares the YAML of a Ray cluster with what a set permits, before `ray
// up`. Otherwise a user sees the same faults as an encoded message from EC2, as a worker that
// never appears, or not at all.
//
// It owns the findings, each with a place, a reason and a remedy. It computes what a set
// permits from the set's properties: for each option, a rule here says what the generated
// policies permit.
package clustercheck

import (
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// A Set is the set with which a cluster is compared.
type Set struct {
	Properties rayiam.Properties
	Stack      rayiam.Stack
	Attributes map[string]string      // of the set, by their names for Fn::GetAtt
	IsUnknown  func(text string) bool // whether nobody knows the value, so that it is not compared
	Groups     map[string]string      // worker groups by node type, if the names do not match
}

// A Finding is one thing that a cluster needs and the set does not permit.
type Finding struct {
	Path    string `json:"path"`            // available_node_types.gpu.node_config.InstanceType
	Line    int    `json:"line"`            // of the file, counted from 1
	Found   string `json:"found,omitempty"` // the value there; empty if there is none
	Problem string `json:"problem"`
	Reason  string `json:"reason"`
	Remedy  string `json:"remedy"`
}

// A check compares one cluster with one set.
type check struct {
	set      Set
	cluster  value
	options  *leastprivilege.Options // nil for the default policies
	findings []Finding
}

// Check returns what a cluster needs and the set does not permit, in the order of the file. The
// error says why the text is not a cluster's YAML.
func Check(text []byte, set Set) ([]Finding, error) {
	cluster, err := parse(text)
	if err != nil {
		return nil, err
	}
	c := &check{set: set, cluster: cluster, options: set.Properties.LeastPrivilege}
	c.provider()
	types := c.nodeTypes()
	for _, t := range types {
		c.profile(t)
		if c.options != nil && !t.head {
			c.launch(t)
		}
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return a.Line - b.Line })
	return c.findings, nil
}

// add records a finding about a value.
func (c *check) add(at value, problem, reason, remedy string) {
	c.findings = append(c.findings, Finding{Path: at.path, Line: at.line(), Found: at.text(), Problem: problem, Reason: reason, Remedy: remedy})
}

func (c *check) unknown(text string) bool { return c.set.IsUnknown != nil && c.set.IsUnknown(text) }

// provider checks what all nodes have in common.
func (c *check) provider() {
	provider := c.cluster.at("provider")
	if kind := provider.at("type"); kind.text() != "aws" {
		c.add(kind, notAWS, onlyEC2Reason, writeAWS)
	}
	if c.options == nil {
		return // the default policies are not limited to a cluster or a Region
	}
	c.clusterName(c.cluster.at("cluster_name"))
	if region := provider.at("region"); region.text() != c.set.Stack.Region {
		c.add(region, isNot(c.set.Stack.Region), regionReason, writeRegion(c.set.Stack.Region))
	}
	if watch := provider.at("cloudwatch"); watch.exists() && !c.options.CloudWatch {
		c.add(watch, cloudWatchGiven, cloudWatchReason, permitCloudWatch)
	}
}

// clusterName checks the cluster's name against the set's ClusterName or ClusterNamePrefix.
func (c *check) clusterName(name value) {
	only, prefix := c.options.ClusterName, c.options.ClusterNamePrefix
	switch {
	case c.unknown(only), c.unknown(prefix):
	case only != "" && name.text() != only:
		c.add(name, isNot(only), clusterNameReason, writeClusterName(only))
	case only == "" && !strings.HasPrefix(name.text(), prefix):
		c.add(name, doesNotBeginWith(prefix), clusterNamePrefixReason, writeClusterNameWith(prefix))
	}
}

// A nodeType is one entry of available_node_types.
type nodeType struct {
	name   string
	head   bool
	config value // node_config
}

// nodeTypes returns the node types in the order of the file.
func (c *check) nodeTypes() []nodeType {
	available, head := c.cluster.at("available_node_types"), c.cluster.at("head_node_type")
	if !available.exists() {
		c.add(available, isMissing, nodeTypesReason, writeNodeTypes)
		return nil
	}
	var types []nodeType
	for _, name := range available.keys() {
		types = append(types, nodeType{name, name == head.text(), available.at(name).at("node_config")})
	}
	if !slices.ContainsFunc(types, func(t nodeType) bool { return t.head }) {
		c.add(head, noNodeType, headNodeTypeReason, writeHeadNodeType)
	}
	return types
}
