package leastprivilege

import (
	"regexp"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestVersion proves that the example installs the version of Ray whose calls are recorded
// here.
func TestVersion(t *testing.T) {
	find := func(pattern, path string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(checkout.Text(t, path))
		if found == nil {
			t.Fatalf("%s does not name a version of Ray", path)
		}
		return found[1]
	}
	installed := find(`(?m)^ray==(\S+) \\$`, "requirements.txt")
	if example := find(`"ray\[default\]==([^"]+)"`, "examples/ray/cluster.yaml"); example != installed {
		t.Errorf("the example installs Ray %s, the proofs run %s", example, installed)
	}
	if asked := find(`(?m)^ray==(\S+)$`, "requirements.in"); asked != installed {
		t.Errorf("requirements.in asks for Ray %s, requirements.txt has %s", asked, installed)
	}
}
