// Package moto starts moto's server, which stands in for IAM, and hands out its
// accounts, one to each test at a time.
package moto

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
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

// warm makes moto load an account's managed policies, which takes it a second, so
// that no test's time is spent on it.
func (s *Server) warm(account string) error {
	form := url.Values{"Action": {"GetPolicy"}, "Version": {"2010-05-08"}, "PolicyArn": {"arn:aws:iam::aws:policy/AmazonS3FullAccess"}}
	req, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request")
	req.Header.Set(AccountHeader, account)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("moto answers %s to GetPolicy in account %s", resp.Status, account)
	}
	return nil
}

// accounts is how many tests may run at once, each in an account of its own, unless
// they ask for a pool of another size.
const accounts = 4

// Pool hands out accounts of one server.
type Pool struct {
	server *Server
	free   chan string
}

// NewPool starts a server with so many accounts.
func NewPool(accounts int) (*Pool, error) {
	server, err := Start()
	if err != nil {
		return nil, err
	}
	p := &Pool{server: server, free: make(chan string, accounts)}
	for i := range accounts {
		account := fmt.Sprintf("1234567890%02d", 12+i)
		if err := server.warm(account); err != nil {
			return nil, errors.Join(err, server.Stop())
		}
		p.free <- account
	}
	return p, nil
}

// URL is where the accounts live.
func (p *Pool) URL() string { return p.server.URL }

// Take waits for a free account; Return gives it back, empty.
func (p *Pool) Take() string { return <-p.free }

// Return makes an account free for the next test.
func (p *Pool) Return(account string) { p.free <- account }

// Stop ends the server.
func (p *Pool) Stop() error { return p.server.Stop() }

// Shared returns the one pool of this test process, started at first use.
var Shared = sync.OnceValues(func() (*Pool, error) {
	p, err := NewPool(accounts)
	shared = p
	return p, err
})

var shared *Pool

// StopShared ends the shared pool. A TestMain calls it last.
func StopShared() {
	if shared != nil {
		_ = shared.Stop()
	}
}
