package deploy

import (
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildPackage runs make as sam build does, in a shell that first runs before, and returns what make printed.
func buildPackage(t *testing.T, checkout, before string) (artifacts, output string, err error) {
	t.Helper()
	artifacts = filepath.Join(t.TempDir(), "the artifacts")
	if err := os.Mkdir(artifacts, 0o755); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("sh", "-c", before+"; exec make build-RayIAMFunction")
	build.Dir = checkout
	build.Env = append(os.Environ(), "ARTIFACTS_DIR="+artifacts)
	out, err := build.CombinedOutput()
	return artifacts, string(out), err
}

// The package fits whatever Architecture the stack is deployed with, for sam build doesn't tell make which it will be.
// Reference 10.1, 10.6.
func TestPackageHoldsBothArchitectures(t *testing.T) {
	artifacts, out, err := buildPackage(t, root, "umask 077")
	if err != nil {
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
	t.Run("readable and executable for Lambda's user", func(t *testing.T) { readableForEverybody(t, artifacts, 3) })
	t.Run("started by any shell", func(t *testing.T) { startedByAnyShell(t, artifacts) })
}

// Lambda runs the function as a user of its own. Who built it under umask 077 must not be the only one who can.
func readableForEverybody(t *testing.T, artifacts string, want int) {
	files, err := os.ReadDir(artifacts)
	if err != nil || len(files) != want {
		t.Errorf("the package holds %v (%v), want %d files", files, err, want)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != fs.FileMode(0o755) {
			t.Errorf("%s has the mode %v, want %v", file.Name(), info.Mode(), fs.FileMode(0o755))
		}
	}
}

// Without Lambda around it the function gives up at once, in its own words. bash, which is sh in provided.al2023, gets
// there without any other program.
func startedByAnyShell(t *testing.T, artifacts string) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	sh := filepath.Join(t.TempDir(), "sh")
	if err := os.Symlink(bash, sh); err != nil {
		t.Fatal(err)
	}
	bootstrap := filepath.Join(artifacts, "bootstrap")
	for name, c := range map[string]struct {
		command []string
		env     []string
	}{
		"this machine's sh":               {[]string{bootstrap}, []string{"PATH=" + os.Getenv("PATH")}},
		"bash as sh, no program in PATH":  {[]string{sh, bootstrap}, []string{"PATH=/nowhere"}},
		"HOSTTYPE in another shell's way": {[]string{bootstrap}, []string{"PATH=" + os.Getenv("PATH"), "HOSTTYPE=x86_64-linux"}},
	} {
		start := exec.Command(c.command[0], c.command[1:]...)
		start.Env = c.env
		out, err := start.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "AWS_LAMBDA_RUNTIME_API") {
			t.Errorf("%s: bootstrap doesn't start the function: %v: %s", name, err, out)
		}
	}
}

// A checkout with Windows's line ends would make a package that Lambda cannot start.
func TestPackageRefusesWindowsLineEnds(t *testing.T) {
	checkout := copyCheckout(t)
	script := filepath.Join(checkout, "tools/bootstrap.sh")
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), 0o755); err != nil {
		t.Fatal(err)
	}
	artifacts, out, err := buildPackage(t, checkout, "true")
	if err == nil || !strings.Contains(out, "Windows line ends") {
		t.Errorf("make built a bootstrap with CR: %v: %s", err, out)
	}
	if files, err := os.ReadDir(artifacts); err != nil || len(files) > 0 {
		t.Errorf("make left %v (%v)", files, err)
	}
}

// Git keeps Unix's line ends in every checkout, on Windows too.
func TestLineEnds(t *testing.T) {
	list := exec.Command("git", "-c", "safe.directory=*", "ls-files", "--eol")
	list.Dir = root
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("asking git: %v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); fields[0] != "i/lf" && fields[0] != "i/none" || !strings.Contains(line, "attr/text=auto eol=lf") {
			t.Errorf("git does not keep Unix's line ends: %s", line)
		}
	}
}
