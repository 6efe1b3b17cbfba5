package template

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// decode is a Python program that prints templates as JSON, by path. cfn-lint's parser replaces the short
// forms of functions by the long ones.
const decode = `import json, sys
from cfnlint.decode import decode
read = {}
for path in sys.argv[1:]:
    template, faults = decode(path)
    if faults:
        sys.exit(str(faults))
    read[path] = template
json.dump(read, sys.stdout)`

// TestRead proves that Read and cfn-lint's parser return the same for each template of this
// checkout.
func TestRead(t *testing.T) {
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(checkout.Root(), "examples", "*.yaml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d examples (%v)", len(files), err)
	}
	args := []string{"-c", decode, "template.yaml"}
	for _, file := range files {
		args = append(args, "examples/"+filepath.Base(file))
	}
	cmd := exec.Command(python, args...)
	cmd.Dir = checkout.Root()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("running cfn-lint's parser: %v: %s", err, &stderr)
	}
	var read map[string]Template
	if err := json.Unmarshal(output, &read); err != nil {
		t.Fatal(err)
	}
	if len(read) != len(files)+1 {
		t.Errorf("cfn-lint's parser read %d templates, want %d", len(read), len(files)+1)
	}
	for path, want := range read {
		if got, err := Read(path); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Read gives %+v (%v), cfn-lint's parser gives %+v", path, got, err, want)
		}
	}
}
