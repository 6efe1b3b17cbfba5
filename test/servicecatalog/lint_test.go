package servicecatalog

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestLint checks each state of the example against the published schemas with cfn-lint,
// without exceptions: the template as CloudFormation sees it with these parameters.
func TestLint(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i, s := range states {
		paths = append(paths, write(t, s, filepath.Join(dir, fmt.Sprintf("%d-%s.json", i, strings.ReplaceAll(s.name, " ", "-")))))
	}
	if out, err := lint(t, paths...); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
	if _, err := lint(t, write(t, states[0], filepath.Join(dir, "twice.json"), "LocalRoleName")); err == nil {
		t.Error("cfn-lint accepts a launch constraint that names its role twice, want an error")
	}
}

// write writes a state as a template of its own, with these properties added to the launch
// constraint. The state's values are the defaults of the template's parameters, because
// cfn-lint uses the defaults.
func write(t *testing.T, s state, path string, added ...string) string {
	t.Helper()
	chosen, err := read(t, catalogPath).Choose(s.known())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range chosen.Resources {
		r.Metadata = nil
		chosen.Resources[name] = r
	}
	for name, value := range s.parameters {
		parameter := chosen.Parameters[name]
		parameter.Default = value
		chosen.Parameters[name] = parameter
	}
	for _, property := range added {
		chosen.Resources["LaunchConstraint"].Properties[property] = "another"
	}
	text, err := json.Marshal(chosen)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// lint runs cfn-lint. It ignores parameters and conditions that the state does not use.
func lint(t *testing.T, paths ...string) (string, error) {
	t.Helper()
	out, err := checkout.CFNLint(t, append([]string{"--ignore-checks", "W2001", "--"}, paths...)...).CombinedOutput()
	return string(out), err
}
