package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/ministack"
)

// A cloud is a running MiniStack, with a shell whose AWS tools reach it and nothing else.
type cloud struct {
	t        *testing.T
	checkout string // where the commands run
	env      []string
}

// startCloud starts MiniStack for the test, with commands that run in a copy of the
// checkout.
func startCloud(t *testing.T) *cloud {
	t.Helper()
	work := t.TempDir()
	server, err := ministack.Start(work, ministack.WithAWSManaged)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	sam := filepath.Join(work, "sam") // SAM's own folder, prepared so that SAM does not look for news
	write(t, filepath.Join(sam, "metadata.json"), fmt.Sprintf(`{"lastVersionCheck": %d}`, time.Now().Unix()))
	env := append(server.Environment(ministack.Root), "SAM_CLI_TELEMETRY=0", "SAM_CLI_POLL_DELAY=1", "__SAM_CLI_APP_DIR="+sam)
	return &cloud{t: t, checkout: copyCheckout(t), env: env}
}

// write writes a file and the folder that it lies in.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shell runs a command as documents show it, with the checkout's aws and sam, and returns
// its output.
func (c *cloud) shell(command string) string {
	c.t.Helper()
	const named = `aws() { "$0" -m awscli "$@"; }; sam() { "$0" -m samcli "$@"; }; `
	run := exec.Command("bash", "-euo", "pipefail", "-c", named+command, python(c.t))
	run.Dir, run.Env = c.checkout, c.env
	var stderr strings.Builder
	run.Stderr = &stderr
	out, err := run.Output()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s%s", command, err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// settled waits until a stack is not in progress, and returns its status.
func (c *cloud) settled(stack string) string {
	c.t.Helper()
	for {
		status := c.shell("aws cloudformation describe-stacks --stack-name " + stack + " --query 'Stacks[0].StackStatus' --output text 2>&1 || true")
		if !strings.HasSuffix(status, "_IN_PROGRESS") {
			return status
		}
		time.Sleep(200 * time.Millisecond)
	}
}
