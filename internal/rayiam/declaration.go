package rayiam

import (
	"fmt"
	"slices"
)

// A Declaration is a template's declaration in its stack: the properties, with defaults for
// missing ones, and the built-in policies that follow from them. Declare builds the documents
// once. Check checks these documents, and Nodes returns them.
type Declaration struct {
	properties Properties
	stack      Stack
	nodes      []declaredNode // the head first, then the worker groups in their order
}

// A declaredNode is the head or a worker group as it is declared.
type declaredNode struct {
	NodeProperties
	name            string         // of the role and the instance profile
	property        string         // Head, WorkerGroups[1]
	defaultPolicies []string       // ARNs; nil if the template names other policies
	builtIn         []InlinePolicy // the role's policies in addition to the declared Policies
}

// Declare returns the declaration of p in stack. If properties have faults, the Declaration
// may only be used for Check.
func Declare(p Properties, stack Stack) Declaration {
	node := func(name, property string, np NodeProperties, defaults []string, builtIn []InlinePolicy) declaredNode {
		n := declaredNode{NodeProperties: np, name: name, property: property, builtIn: builtIn}
		if np.ManagedPolicyARNs == nil && p.LeastPrivilege == nil {
			n.defaultPolicies = stack.awsPolicyARNs(defaults)
		}
		return n
	}
	head, workers := builtInPolicies(p, stack)
	nodes := []declaredNode{node(HeadName(p.NamePrefix), "Head", p.Head, headDefaults, head)}
	for i, g := range p.WorkerGroups {
		nodes = append(nodes, node(WorkerName(p.NamePrefix, g.Name), fmt.Sprintf("WorkerGroups[%d]", i), g.NodeProperties, workerDefaults, workers[i]))
	}
	return Declaration{properties: p, stack: stack, nodes: nodes}
}

// Nodes returns the head and the worker groups, owned by the resource with this
// physical id.
func (d Declaration) Nodes(owner string) []Node {
	var nodes []Node
	for _, declared := range d.nodes {
		node := Node{
			Name:                declared.name,
			Path:                d.properties.Path,
			TrustPolicy:         TrustPolicy(d.stack),
			PermissionsBoundary: d.properties.PermissionsBoundary,
			ManagedPolicyARNs:   unique(slices.Concat(declared.ManagedPolicyARNs, declared.defaultPolicies)),
			InlinePolicies:      map[string]string{},
			Tags:                map[string]string{},
		}
		for _, policy := range slices.Concat(declared.builtIn, declared.Policies) {
			node.InlinePolicies[policy.Name] = policy.Document
		}
		for _, tag := range d.properties.Tags {
			node.Tags[tag.Key] = tag.Value
		}
		node.Tags[OwnerTag] = owner
		node.Tags[StackTag] = d.stack.ID
		nodes = append(nodes, node)
	}
	return nodes
}
