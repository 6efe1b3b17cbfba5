package checkout

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Function returns the function's executable, built as it is deployed.
var Function = sync.OnceValues(func() (string, error) { return Build("./function") })

// RaceFunction returns the function's executable with Go's race detector in it, which
// reports data races in the function's log. Building it needs a C compiler. The flags are
// those of go test -race, so that both share the cache of compiled packages.
var RaceFunction = sync.OnceValues(func() (string, error) {
	return build([]string{"CGO_ENABLED=1"}, "-race", "-buildvcs=false", "-tags=lambda.norpc", "./function")
})

// Build returns the executable of a command of this module, built with the Makefile's
// flags, as the deployed function is.
func Build(command string) (string, error) {
	return build([]string{"CGO_ENABLED=0"}, "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w", command)
}

// build builds a command into build/function, unless the executable is there already. The
// name of its folder is a digest of the packages and the arguments. So test processes that
// run at the same time share one executable, and a checkout with other code builds another
// one.
func build(env []string, arguments ...string) (string, error) {
	parts, err := goTool(env, append([]string{"list", "-deps", "-export", "-f", "{{.ImportPath}} {{.BuildID}}"}, arguments...)...)
	if err != nil {
		return "", err
	}
	store := filepath.Join(Root(), "build", "function")
	executable := filepath.Join(store, fmt.Sprintf("%x", sha256.Sum256(append(parts, strings.Join(arguments, " ")...)))[:16], "bootstrap")
	if now := time.Now(); os.Chtimes(executable, now, now) == nil {
		return executable, nil
	}
	if err := os.MkdirAll(store, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(store, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if _, err := goTool(env, append([]string{"build", "-o", filepath.Join(work, "bootstrap")}, arguments...)...); err != nil {
		return "", err
	}
	if err := os.Rename(work, filepath.Dir(executable)); err != nil && !errors.Is(err, fs.ErrExist) { // another process has built it meanwhile
		return "", err
	}
	return executable, forget(store)
}

func goTool(env []string, arguments ...string) ([]byte, error) {
	cmd := exec.Command("go", arguments...)
	cmd.Dir = Root()
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("building the function: %w\n%s", err, &stderr)
	}
	return output, nil
}

// unused is how long an executable is kept after its last use.
const unused = 7 * 24 * time.Hour

// forget removes executables that have not been used for that time.
func forget(store string) error {
	files, err := filepath.Glob(filepath.Join(store, "*", "bootstrap"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && time.Since(info.ModTime()) > unused {
			if err := os.RemoveAll(filepath.Dir(file)); err != nil {
				return err
			}
		}
	}
	return nil
}
