// Package moto starts moto's server, which stands in for IAM. A server has as many
// accounts as it is asked for.
package moto

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// AccountHeader tells moto which account a request is of.
const AccountHeader = "x-moto-account-id"

// A Server is a running moto.
type Server struct {
	URL string // http://127.0.0.1:<port>

	cmd *exec.Cmd
}

// startTime bounds how long moto may take until it listens.
const startTime = 60 * time.Second

var listening = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// Start starts moto with AWS's managed policies on a free port of 127.0.0.1. Stop
// ends it; so does the end of this process.
func Start() (*Server, error) {
	python, err := checkout.Python()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, filepath.Join(checkout.Root(), "test", "standin", "moto", "server.py"), "-H", "127.0.0.1", "-p", "0")
	cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "PYTHONUNBUFFERED=1")
	checkout.DieWithParent(cmd)
	output, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting moto: %w", err)
	}
	s := &Server{cmd: cmd}
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
			}
		}
		close(found)
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case s.URL = <-found:
		if s.URL != "" {
			return s, nil
		}
		return nil, errors.Join(errors.New("moto ended before it listened"), s.Stop())
	case <-time.After(startTime):
		return nil, errors.Join(fmt.Errorf("moto did not listen within %s", startTime), s.Stop())
	}
}

// Stop ends the server.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = s.cmd.Wait() // killed: an error is its normal end
	return nil
}
