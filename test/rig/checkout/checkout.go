// Package checkout finds what a test needs in this checkout: its root, the Python
// that make setup installs, and the built function. It is all that the stand-ins need
// of the rig.
package checkout

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Root returns the folder that holds go.mod: go test runs a test in the folder of its
// package. Where no folder on the way up has one, it panics.
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

// Python returns the interpreter of the checkout's virtual environment. The error
// says how to install it.
func Python() (string, error) {
	python := filepath.Join(Root(), ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return "", fmt.Errorf("%s is not there: run make setup", python)
	}
	return python, nil
}
