// Package bench measures what depends on the machine, and so cannot be part of make test.
// Each benchmark writes a part of docs/benchmarks.md.
//
//	make bench
package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// inCheckout returns a command that runs at the root of the checkout.
func inCheckout(command string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(command, arguments...)
	cmd.Dir = checkout.Root()
	return cmd
}

// python returns a command of the checkout's Python, with env in its environment.
func python(env []string, arguments ...string) *exec.Cmd {
	cmd := inCheckout(filepath.Join(checkout.Root(), ".venv", "bin", "python"), arguments...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// output returns what a command prints, or "unknown".
func output(cmd *exec.Cmd) string {
	out, err := cmd.Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
