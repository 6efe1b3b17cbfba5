// Package moto starts moto's server, which stands in for IAM. One server has any number of
// accounts.
package moto

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// AccountHeader is the header that tells moto to which account a request belongs.
const AccountHeader = "x-moto-account-id"

// A Server is a running moto.
type Server struct {
	URL string // http://127.0.0.1:<port>

	cmd *exec.Cmd
}

// Start starts moto with AWS's managed policies on a free port of 127.0.0.1. The server
// runs until Stop, or until this process ends.
func Start() (*Server, error) {
	python, err := checkout.Python()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, filepath.Join(checkout.Root(), "test", "standin", "moto", "server.py"))
	checkout.DieWithParent(cmd)
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting moto: %w", err)
	}
	line, err := bufio.NewReader(output).ReadString('\n') // moto prints its URL when it listens
	s := &Server{URL: strings.TrimSpace(line), cmd: cmd}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("moto ended before it listened: %w", err), s.Stop(), errors.New(said.String()))
	}
	return s, nil
}

// CarryOut applies the steps of plans to an account without one call for each, so that
// making a thousand sets takes a second. It supports the steps that make a set without
// managed policies.
func (s *Server) CarryOut(account string, steps []rayiam.Step) error {
	body, err := json.Marshal(steps)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, s.URL+"/steps", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set(AccountHeader, account)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("carrying out %d steps: %w", len(steps), err)
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("carrying out %d steps: %s %s (%v)", len(steps), resp.Status, answer, err)
	}
	return nil
}

// Stop ends the server.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = s.cmd.Wait() // the error is expected: the process was killed
	return nil
}
