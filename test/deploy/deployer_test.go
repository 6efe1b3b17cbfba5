package deploy

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDeployer proves that docs/company-account.md names the permissions that whoever
// deploys needs only for a key, a VPC or a reserved concurrency: those of the handlers in
// the published schema of AWS::Lambda::Function.
func TestDeployer(t *testing.T) {
	const program = `import json, sys
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::Lambda::Function").schema["handlers"].values()
json.dump(sorted({name for handler in handlers for name in handler["permissions"]}), sys.stdout)`
	out, err := exec.Command(python(t), "-c", program).Output()
	if err != nil {
		t.Fatalf("reading the schema: %v", err)
	}
	var published []string
	if err := json.Unmarshal(out, &published); err != nil {
		t.Fatal(err)
	}
	optional := regexp.MustCompile(`^(kms:.*|ec2:.*|lambda:.*FunctionConcurrency)$`)
	want := slices.DeleteFunc(published, func(name string) bool { return !optional.MatchString(name) })
	_, section, _ := strings.Cut(companyAccount(t), "\n## Who deploys it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var got []string
	for _, m := range regexp.MustCompile("`((?:kms|ec2|lambda):\\w+)`").FindAllStringSubmatch(section, -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("the page names %q, the schema %q", got, want)
	}
	if len(want) < 10 {
		t.Errorf("the schema has %d such permissions, want more: are they read?", len(want))
	}
}
