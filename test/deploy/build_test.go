package deploy

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The package fits whatever Architecture the stack is deployed with, for sam build doesn't tell make which it will be.
func TestPackageHoldsBothArchitectures(t *testing.T) {
	artifacts := filepath.Join(t.TempDir(), "the artifacts")
	if err := os.Mkdir(artifacts, 0o755); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("make", "build-RayIAMFunction")
	build.Dir = root
	build.Env = append(os.Environ(), "ARTIFACTS_DIR="+artifacts)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v: %s", err, out)
	}
	machines := map[string]elf.Machine{"bootstrap-x86_64": elf.EM_X86_64, "bootstrap-aarch64": elf.EM_AARCH64}
	for name, machine := range machines {
		binary, err := elf.Open(filepath.Join(artifacts, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if binary.Machine != machine {
			t.Errorf("%s is for %v, want %v", name, binary.Machine, machine)
		}
		if libraries, err := binary.ImportedLibraries(); err != nil || len(libraries) > 0 {
			t.Errorf("%s wants libraries %q (%v), and provided.al2023 promises none", name, libraries, err)
		}
		binary.Close()
	}
	// Without Lambda around it the function gives up at once, in its own words.
	start := exec.Command(filepath.Join(artifacts, "bootstrap"))
	start.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := start.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "AWS_LAMBDA_RUNTIME_API") {
		t.Errorf("bootstrap doesn't start the function: %v: %s", err, out)
	}
}
