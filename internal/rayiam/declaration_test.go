package rayiam

import (
	"fmt"
	"strings"
	"testing"
)

// TestDeclare_BuildsPoliciesOnce checks that Check and Nodes build no built-in policies
// themselves: if the test replaces the documents that Declare built, both of them use the
// replacements.
func TestDeclare_BuildsPoliciesOnce(t *testing.T) {
	declared := Declare(edited(addGroup, least(everyOption)), testStack)
	var total int // size of the head's documents
	for i, node := range declared.nodes {
		for j := range node.builtIn {
			document := fmt.Sprintf(`{"node":%d,"x":%q}`, min(i, 1), strings.Repeat("x", maxInlinePolicy/3))
			node.builtIn[j].Document = document
			if i == 0 {
				total += len(document)
			}
		}
	}
	for i, node := range declared.Nodes("owner") {
		if len(node.InlinePolicies) != len(declared.nodes[i].builtIn) || len(node.InlinePolicies) == 0 {
			t.Errorf("%s has %d inline policies, want the %d that were built", node.Name, len(node.InlinePolicies), len(declared.nodes[i].builtIn))
		}
		for _, policy := range declared.nodes[i].builtIn {
			if got := node.InlinePolicies[policy.Name]; got != policy.Document {
				t.Errorf("%s: the policy %s is %s, want the replacement", node.Name, policy.Name, got)
			}
		}
	}
	if faults := fmt.Sprint(declared.Check(Bounds{})); !strings.Contains(faults, fmt.Sprintf("role ray-head would have %d characters", total)) {
		t.Errorf("Check says %q, want a fault about the %d characters of the replacements", faults, total)
	}
}
