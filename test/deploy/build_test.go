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

// buildPackage runs make as sam build does, in a shell that first runs the command before.
// It returns the folder of the package and make's output.
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

// TestPackageHoldsBothArchitectures proves that the package has an executable for each
// Architecture of the stack, because sam build does not tell make which one the stack will
// have.
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

// readableForEverybody proves that everybody can read and execute the package's files, also
// if they were built under umask 077: Lambda runs the function as a user of its own.
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

// startedByAnyShell proves that bootstrap starts the function in any shell. Outside of
// Lambda the function ends at once, with an error of its own. In provided.al2023, sh is
// bash, which needs no other program for bootstrap.
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
			t.Errorf("%s: bootstrap does not start the function (%v): %s", name, err, out)
		}
	}
}

// TestPackageRefusesWindowsLineEnds proves that make does not build a package from a
// checkout with Windows's line ends, which Lambda could not start.
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

// TestLineEnds proves that Git keeps Unix's line ends in every checkout, also on Windows.
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
