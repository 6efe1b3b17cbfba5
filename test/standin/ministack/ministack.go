// Package ministack starts MiniStack, which stands in for CloudFormation, Lambda, S3 and
// IAM together: it deploys a template and runs its functions on this machine.
//
// It does not authorize the calls that CloudFormation makes for a stack's resources: the policy
// simulator judges those rights.
package ministack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// Account and Region are those of every server.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// stopTime is how long Stop waits until MiniStack ends by itself.
const stopTime = 10 * time.Second

// Authorized and WithAWSManaged are settings of MiniStack, for Start.
const (
	Authorized     = "AUTH=true"                          // denies calls that the caller's policies do not allow
	WithAWSManaged = "MINISTACK_AUTOCREATE_AWS_MANAGED=1" // creates a managed policy of AWS's when a call names it
)

// Credentials are the credentials of one caller.
type Credentials struct{ ID, Secret, Session string }

// Root are the credentials of a caller that may do everything.
var Root = Credentials{ID: Account, Secret: "root"}

// A Server is a running MiniStack.
type Server struct {
	URL string // http://127.0.0.1:<port>

	cmd   *exec.Cmd
	ended chan struct{}
	dir   string
	log   string
}

// Start starts MiniStack with these settings on a free port of 127.0.0.1. MiniStack writes
// its files and its log to dir. Stop ends it. MiniStack cannot choose a port itself, so another
// program may take the port before MiniStack listens: then it is started with another one.
func Start(dir string, settings ...string) (*Server, error) {
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		s, err := start(dir, port, settings)
		if !errors.Is(err, errPortTaken) || attempt == maxPorts {
			return s, err
		}
	}
}

// maxPorts is how many ports Start tries.
const maxPorts = 5

var errPortTaken = errors.New("another program has taken the port")

func start(dir, port string, settings []string) (*Server, error) {
	python, err := checkout.Python()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://127.0.0.1:" + port, ended: make(chan struct{}), dir: dir, log: filepath.Join(dir, "ministack.log")}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd = exec.Command(python, filepath.Join(checkout.Root(), "test", "standin", "ministack", "server.py"))
	s.cmd.Env = append(append(s.Environment(Root), settings...), "GATEWAY_PORT="+port, "BIND_HOST=127.0.0.1", "MINISTACK_HOST=127.0.0.1", "IOT_MTLS_ENABLED=0",
		"SFTP_ENABLED=0", "TMPDIR="+dir, "STATE_DIR="+filepath.Join(dir, "state"), "S3_DATA_DIR="+filepath.Join(dir, "s3"))
	s.cmd.Stdout, s.cmd.Stderr = log, log
	checkout.DieWithParent(s.cmd)
	if s.cmd.SysProcAttr == nil {
		s.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	s.cmd.SysProcAttr.Setpgid = true // one process group with the functions that it runs
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting MiniStack: %w", err)
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	return s, s.listen()
}

// listen waits until the server says that it listens, or has ended. That somebody accepts
// connections on the port would prove nothing: it may be another program.
func (s *Server) listen() error {
	for {
		ended := false
		select {
		case <-s.ended:
			ended = true
		case <-time.After(50 * time.Millisecond):
		}
		switch log := s.Log(); {
		case ended && strings.Contains(log, "already in use"):
			return fmt.Errorf("%w:\n%s", errPortTaken, log)
		case ended:
			return fmt.Errorf("MiniStack ended before it listened:\n%s", log)
		case strings.Contains(log, "Running on "+s.URL+" "):
			return nil
		}
	}
}

// Stop ends the server and the functions it started.
func (s *Server) Stop() {
	group := -s.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(stopTime):
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-s.ended
}

// Log returns what the server has written.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.log)
	return string(text)
}

// CLI runs the AWS CLI and returns its output. The error contains AWS's message.
func (s *Server) CLI(c Credentials, args ...string) (string, error) {
	python, err := checkout.Python()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(python, append([]string{"-m", "awscli"}, args...)...)
	cmd.Env = s.Environment(c)
	cmd.Dir = s.dir
	output, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("aws %s: %s", strings.Join(args, " "), strings.TrimSpace(string(failed.Stderr)))
	}
	return strings.TrimSpace(string(output)), err
}

// CloudFormation returns a client with a caller's credentials.
func (s *Server) CloudFormation(c Credentials) *cloudformation.Client {
	return cloudformation.NewFromConfig(s.config(c))
}

// IAM returns a client with a caller's credentials.
func (s *Server) IAM(c Credentials) *iam.Client { return iam.NewFromConfig(s.config(c)) }

func (s *Server) config(c Credentials) aws.Config {
	static := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: c.ID, SecretAccessKey: c.Secret, SessionToken: c.Session}, nil
	})
	return aws.Config{Region: Region, BaseEndpoint: aws.String(s.URL), Credentials: static}
}

// Environment returns this process's environment with a caller's credentials and without
// settings that lead to AWS. Functions inherit the server's environment.
func (s *Server) Environment(c Credentials) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			env = append(env, variable)
		}
	}
	return append(env, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=", "AWS_DEFAULT_REGION="+Region, "AWS_ENDPOINT_URL="+s.URL,
		"AWS_ACCESS_KEY_ID="+c.ID, "AWS_SECRET_ACCESS_KEY="+c.Secret, "AWS_SESSION_TOKEN="+c.Session, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
