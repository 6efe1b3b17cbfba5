// Package checkout finds what a test needs in this checkout: its root, the Python
// that make setup installs, and the built function. It is all that the stand-ins need
// of the rig.
package checkout

import (
	"fmt"
	"os"
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
