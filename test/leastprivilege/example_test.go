package leastprivilege

import (
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

// example is the template, read once.
var example = sync.OnceValues(func() (template.Template, error) { return template.Read("examples/least-privilege.yaml") })

// exampleProperties returns the properties of examples/least-privilege.yaml, with a bucket
// to read, and with the cluster's own subnet and security group.
func exampleProperties(t *testing.T, b belongings) properties {
	t.Helper()
	tpl, err := example()
	if err != nil {
		t.Fatal(err)
	}
	stack := template.Stack{
		Parameters: map[string]string{"DatasetsBucket": readable, "SubnetIds": b.Subnet, "SecurityGroupIds": b.Group, "PropagationWaitSeconds": "0"},
		Refs:       map[string]string{"Results": writable},
		Exports:    map[string]string{"ray-iam-ServiceToken": "the stand-in's own takes its place"},
	}
	resolved, err := tpl.Resolve(stack, tpl.Resources["RayIAM"].Properties)
	if err != nil {
		t.Fatal(err)
	}
	all := properties(resolved.(map[string]any))
	delete(all, "ServiceToken")
	return all
}
