package deploy

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A cloud is a running MiniStack, with AWS's own command lines pointed at it and at nothing else.
type cloud struct {
	t        *testing.T
	checkout string // where the commands run
	env      []string
}

// startCloud starts MiniStack until the test's end, for commands in a copy of the checkout.
func startCloud(t *testing.T) *cloud {
	t.Helper()
	work := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, _ := net.SplitHostPort(address)
	c := &cloud{t: t, checkout: copyCheckout(t)}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			c.env = append(c.env, variable)
		}
	}
	sam := filepath.Join(work, "sam") // where SAM keeps what it knows; news of itself it has already
	write(t, filepath.Join(sam, "metadata.json"), fmt.Sprintf(`{"lastVersionCheck": %d}`, time.Now().Unix()))
	c.env = append(c.env, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=http://"+address, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"SAM_CLI_TELEMETRY=0", "SAM_CLI_POLL_DELAY=1", "__SAM_CLI_APP_DIR="+sam)
	server := exec.Command(python(t), filepath.Join(root, "test/standin/ministack/server.py"))
	server.Env = append(c.env, "GATEWAY_PORT="+port, "BIND_HOST=127.0.0.1", "MINISTACK_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0", "SFTP_ENABLED=0",
		"MINISTACK_AUTOCREATE_AWS_MANAGED=1", "TMPDIR="+work, "STATE_DIR="+filepath.Join(work, "state"), "S3_DATA_DIR="+filepath.Join(work, "s3"))
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with the functions that it runs
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
	})
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return c
		}
		select {
		case err := <-ended:
			t.Fatalf("MiniStack ended before it listened: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
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

// shell runs a command as documents show it, where aws and sam are those of the checkout, and returns what it prints.
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

// settled waits until a stack is done with what it does, and returns its status.
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
