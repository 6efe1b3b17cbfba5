package executionrole

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// managed is a Python program that prints AWS's own policy from moto's copy.
const managed = `import json, sys
from moto.iam.aws_managed_policies import aws_managed_policies_data
print(json.dumps(json.loads(aws_managed_policies_data)[sys.argv[1]]["Document"]))`

// TestSources proves that AWS's own policies rely on what docs/security.md says about IAM:
// a role's creation with tags is authorized with the tags that the role is about to have.
func TestSources(t *testing.T) {
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AWSQuickSetupSSMManageResourcesExecutionPolicy", "AWSApplicationMigrationNetworkMigrationMultiAccount"} {
		output, err := exec.Command(python, "-c", managed, name).Output()
		if err != nil {
			t.Fatal(err)
		}
		var document struct{ Statement []statement }
		if err := json.Unmarshal(output, &document); err != nil {
			t.Fatal(err)
		}
		relies := func(st statement) bool {
			actions, condition := weaken.List(st["Action"]), encode(st["Condition"])
			return st["Effect"] == "Allow" && slices.Contains(actions, any("iam:CreateRole")) && slices.Contains(actions, any("iam:TagRole")) &&
				strings.Contains(condition, "aws:RequestTag/") && (strings.Contains(condition, "aws:ResourceTag/") || strings.Contains(condition, "iam:ResourceTag/"))
		}
		if !slices.ContainsFunc(document.Statement, relies) {
			t.Errorf("%s does not condition CreateRole and TagRole on the resource's tags", name)
		}
	}
}
