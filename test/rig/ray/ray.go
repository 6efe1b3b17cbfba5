// Package ray runs Ray's own code against moto, and returns the AWS calls that Ray made.
// Each suite has a driver, a Python module that says what Ray does. The cluster is the one
// of examples/ray.
package ray

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// Region and Cluster are the Region and the name of the example's cluster.
const (
	Region  = "us-east-1"
	Cluster = "research"
)

// Belongings are the resources that the cluster's owner has before `ray up`; see
// belongings.py.
type Belongings struct {
	Subnet     string `json:"subnet"`
	Group      string `json:"group"`
	Key        string `json:"key"`
	Image      string `json:"image"`
	AgentImage string `json:"agentImage"`
	Template   string `json:"template"`
}

// A Stage is a Python process that runs Ray; see stage.py. It ends with this process.
type Stage struct {
	Driver string // a path within the checkout

	mu      sync.Mutex
	input   io.Writer
	output  *bufio.Reader
	said    transcript
	started bool
}

// Belong makes the resources that the cluster's owner has.
func (s *Stage) Belong(t *testing.T, a *rig.Account) Belongings {
	t.Helper()
	var b Belongings
	s.Call(t, a, "belongings", a.AccountID, &b)
	return b
}

// Play runs the driver's function play. The changes are applied to the example's cluster;
// the driver knows their names.
func (s *Stage) Play(t *testing.T, a *rig.Account, b Belongings, changes map[string]any) []awscall.Call {
	t.Helper()
	scene := map[string]any{"account": a.AccountID, "belongings": b}
	for name, value := range changes {
		scene[name] = value
	}
	var calls []awscall.Call
	s.Call(t, a, "play", scene, &calls)
	return calls
}

// Call calls a function of the driver, and reads its result. No other test can have the
// account afterwards: what Ray makes stays in it.
func (s *Stage) Call(t *testing.T, a *rig.Account, function string, argument, result any) {
	t.Helper()
	a.Spent = true
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.NewEncoder(s.input).Encode(map[string]any{"function": function, "argument": argument, "endpoint": a.Endpoint}); err != nil {
		t.Fatalf("sending a request to Ray's process: %v\n%s", err, &s.said)
	}
	line, err := s.output.ReadBytes('\n')
	if err != nil {
		t.Fatalf("reading the answer of Ray's process: %v\n%s", err, &s.said)
	}
	answer := struct {
		Result any
		Error  string
	}{Result: result}
	if err := json.Unmarshal(line, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Error != "" {
		t.Fatalf("%s of %s: %s\n%s", function, s.Driver, answer.Error, &s.said)
	}
}

func (s *Stage) start() error {
	python, err := checkout.Python()
	if err != nil {
		return err
	}
	cmd := exec.Command(python, filepath.Join(checkout.Root(), "test", "rig", "ray", "stage.py"), filepath.Join(checkout.Root(), s.Driver))
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "AWS_DEFAULT_REGION=" + Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "RAY_USAGE_STATS_ENABLED=0", "NO_PROXY=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1",
	}
	checkout.DieWithParent(cmd)
	if s.input, err = cmd.StdinPipe(); err != nil {
		return err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.output, cmd.Stderr = bufio.NewReader(output), &s.said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting Ray: %w", err)
	}
	s.started = true
	return nil
}

// A transcript keeps what a process has written, for failure messages.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// Plays keep the result of each scene, so that each scene is run once.
type Plays[T any] struct {
	mu     sync.Mutex
	byName map[string]T
}

// Of returns the result of a scene, which it runs if it has no result yet.
func (p *Plays[T]) Of(name string, play func() T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, played := p.byName[name]; !played {
		if p.byName == nil {
			p.byName = map[string]T{}
		}
		p.byName[name] = play()
	}
	return p.byName[name]
}
