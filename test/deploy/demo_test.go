package deploy

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDemo runs the whole demo, which checks AWS's answers by itself, and checks the demo's
// output, its listeners, and what it leaves.
func TestDemo(t *testing.T) {
	demo := startDemo(t, copyCheckout(t))
	listeners := map[string]bool{}
	for demo.running() {
		for _, address := range listening(t, demo.session) {
			listeners[address] = true
		}
		time.Sleep(100 * time.Millisecond)
	}
	if demo.err != nil {
		t.Fatalf("the demo failed: %v\n%s", demo.err, demo.output())
	}
	for _, want := range []string{
		`(?m)^ +Arn: arn:aws:iam::123456789012:instance-profile/ray-head$`,
		`(?m)^ +Arn: arn:aws:iam::123456789012:instance-profile/ray-worker$`,
		`(?m)^ +\+ managed policy arn:aws:iam::aws:policy/AmazonFSxFullAccess$`,
		`(?m)^ +\+ instance profile ray-embed-gpu would be created$`,
		`(?m)^ +Plan: 2 to create, 2 to change, 0 to adopt, 0 to release, 0 to delete\.$`,
		`(?m)^ +role ray-embed-gpu, in the instance profile ray-embed-gpu$`,
		`(?m)^ +inline: ray-research-agent-policy, ray-research-autoscaler-policy, ray-research-cloudwatch-policy, ray-research-data-policy, ray-research-pass-role-policy$`,
		`"aws:ResourceTag/ray-cluster-name": ?"research"`,
		`1\s+EC2\s+instance\s+uses\s+what\s+would\s+be\s+deleted:\s+i-[0-9a-f]+`,
		`IAM is empty again: no role and no instance profile is left\.`,
	} {
		if !regexp.MustCompile(want).MatchString(demo.output()) {
			t.Errorf("the demo's output has no match for %s", want)
		}
	}
	if len(listeners) == 0 {
		t.Error("no listener was seen while the demo ran: looking for them is broken")
	}
	for address := range listeners {
		if !strings.HasPrefix(address, "127.0.0.1:") {
			t.Errorf("something listened on %s, within reach of other machines", address)
		}
	}
	demo.wantNoProcesses(t)
	demo.wantFolders(t, 0)
	if t.Failed() {
		t.Log(demo.output())
	}
}

// TestDemoThatCannotGoOn proves that a demo that fails says at which command, ends its
// processes, and keeps its folder.
func TestDemoThatCannotGoOn(t *testing.T) {
	checkout := copyCheckout(t)
	if err := os.WriteFile(filepath.Join(checkout, "function/main.go"), []byte("package main\n\nbroken"), 0o644); err != nil {
		t.Fatal(err)
	}
	demo := startDemo(t, checkout)
	demo.wantExit(t, 1)
	if !strings.Contains(demo.output(), "demo: sam build failed\n") {
		t.Errorf("the demo does not say what failed:\n%s", demo.output())
	}
	demo.wantNoProcesses(t)
	demo.wantFolders(t, 1) // kept, so that people can look into it
}

// TestDemoInterrupted proves that a demo that is interrupted ends its processes and removes
// its folder.
func TestDemoInterrupted(t *testing.T) {
	demo := startDemo(t, copyCheckout(t))
	for demo.running() && !strings.Contains(demo.output(), "$ sam deploy") {
		time.Sleep(50 * time.Millisecond)
	}
	// A terminal sends the signal to every process in the foreground, too.
	if err := syscall.Kill(-demo.session, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	demo.wantExit(t, 130)
	demo.wantNoProcesses(t)
	demo.wantFolders(t, 0)
}

// A demo is a running tools/demo.sh. It runs in a session of its own, by which its
// descendants are found.
type demo struct {
	checkout string
	session  int
	log      string
	done     chan error
	err      error
}

func startDemo(t *testing.T, checkout string) *demo {
	t.Helper()
	python(t)
	d := &demo{checkout: checkout, log: filepath.Join(t.TempDir(), "output"), done: make(chan error, 1)}
	out, err := os.Create(d.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	command := exec.Command(filepath.Join(checkout, "tools/demo.sh"))
	command.Stdout, command.Stderr = out, out
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	d.session = command.Process.Pid
	go func() { d.done <- command.Wait() }()
	t.Cleanup(func() {
		for _, pid := range inSession(t, d.session) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return d
}

// running reports whether the demo still runs, and sets err once it has ended.
func (d *demo) running() bool {
	select {
	case err := <-d.done:
		d.err = err
		return false
	default:
		return true
	}
}

func (d *demo) output() string {
	text, _ := os.ReadFile(d.log)
	return string(bytes.ToValidUTF8(text, nil))
}

// wantExit waits until the demo ends, and fails the test unless it has this exit status.
func (d *demo) wantExit(t *testing.T, status int) {
	t.Helper()
	for d.running() {
		time.Sleep(50 * time.Millisecond)
	}
	var exit *exec.ExitError
	if !errors.As(d.err, &exit) || exit.ExitCode() != status {
		t.Errorf("the demo ended with %v, want exit status %d\n%s", d.err, status, d.output())
	}
}

func (d *demo) wantNoProcesses(t *testing.T) {
	t.Helper()
	if left := inSession(t, d.session); len(left) > 0 {
		t.Errorf("processes of the demo outlive it: %v", left)
	}
}

func (d *demo) wantFolders(t *testing.T, want int) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(d.checkout, "build", "demo.*"))
	if err != nil || len(left) != want {
		t.Errorf("the demo left the folders %q (%v), want %d", left, err, want)
	}
}

// copyCheckout copies the checkout to a folder with a space in its path, without build
// results. Installed tools are linked.
func copyCheckout(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "a checkout")
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("bash", "-o", "pipefail", "-c", `
		tar -cf - --exclude=./.git --exclude=./.venv --exclude=./.aws-sam --exclude=./build --exclude=./node_modules . |
			tar -xf - -C "$0"`, to)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("copying the checkout: %v: %s", err, out)
	}
	installed := filepath.Dir(filepath.Dir(python(t)))
	if err := os.Symlink(installed, filepath.Join(to, ".venv")); err != nil {
		t.Fatal(err)
	}
	return to
}
