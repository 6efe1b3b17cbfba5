// Package checkout finds what a test needs in this checkout: its root, the Python
// that make setup installs, and the function, built once for each test process.
package checkout

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// Root returns the folder that holds go.mod.
var Root = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(file))))
})

// Python returns the interpreter of the checkout's virtual environment. The error
// says how to install it.
func Python() (string, error) {
	python := filepath.Join(Root(), ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return "", fmt.Errorf("%s is not there: run make setup", python)
	}
	return python, nil
}

// Function builds the function as it is deployed and returns the executable's
// path. It is built once and removed by Clean.
var Function = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rayiam-function-")
	if err != nil {
		return "", err
	}
	built = dir
	executable := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w", "-o", executable, "./function")
	build.Dir = Root()
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the function: %w\n%s", err, out)
	}
	return executable, nil
})

var built string

// Clean removes what Function built. A TestMain calls it last.
func Clean() {
	if built != "" {
		os.RemoveAll(built)
	}
}
