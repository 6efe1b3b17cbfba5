// Package checkout finds what a test needs in this checkout: the root, the Python that make
// setup installs, cfn-lint, and the built function. The stand-ins use this package and nothing else
// of the rig.
package checkout

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Root returns the folder that contains go.mod. It searches upward from the working
// directory, which go test sets to the package's folder, and panics if it finds none.
var Root = sync.OnceValue(func() string {
	folder, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			panic("no folder above the working directory has a go.mod")
		}
		folder = filepath.Dir(folder)
	}
})

// Text returns a file of the checkout, by its path with slashes. It fails the test if it cannot
// be read.
func Text(tb testing.TB, path string) string {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join(Root(), filepath.FromSlash(path)))
	if err != nil {
		tb.Fatal(err)
	}
	return string(content)
}

// Python returns the interpreter of the checkout's virtual environment. If it is missing,
// the error says how to install it.
func Python() (string, error) {
	python := filepath.Join(Root(), ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return "", fmt.Errorf("%s is missing: run make setup", python)
	}
	return python, nil
}

// CFNLintProgram is the Python program that runs cfn-lint with the arguments that follow it.
// The script that pip installs does not start from a path with spaces.
const CFNLintProgram = "import sys; from cfnlint.runner import main; sys.exit(main())"

// CFNLint returns a command that runs the checkout's cfn-lint at the checkout's root. It
// fails the test if cfn-lint is not installed.
func CFNLint(tb testing.TB, arguments ...string) *exec.Cmd {
	tb.Helper()
	python, err := Python()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(python, append([]string{"-c", CFNLintProgram}, arguments...)...)
	cmd.Dir = Root()
	return cmd
}
