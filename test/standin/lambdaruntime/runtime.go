// Package lambdaruntime acts as AWS Lambda: it serves the Runtime API, starts the
// function's executable, and invokes it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambdaruntime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// An Outcome is how an invocation ended.
type Outcome struct {
	Error string // the function's own error; empty for none
	Died  bool   // the process ended, or was killed, before it answered
}

// OK reports whether the invocation succeeded, so that Lambda does not repeat it.
func (o Outcome) OK() bool { return o.Error == "" && !o.Died }

// A Function is one running process of the function: one execution environment.
type Function struct {
	ARN       string
	LogStream string
	AtEnd     func(log string) // called once, by Stop, with the whole log of the process

	executable, account string
	env                 []string

	server  *httptest.Server
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	ready   chan struct{} // closed when the process asks for its first event
	started time.Time
	readyAt time.Time

	once   sync.Once
	stop   sync.Once
	events chan invocation

	mu        sync.Mutex
	current   *invocation
	count     int
	initError string
	log       bytes.Buffer
	output    stream
	errors    stream
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan string // receives the function's error
}

// Start starts executable in the environment that Lambda gives a function, with env added.
// The process runs until Stop, or until this process ends.
func Start(executable, account string, env ...string) (*Function, error) {
	f := &Function{
		ARN:        "arn:aws:lambda:us-east-1:" + account + ":function:ray-iam",
		LogStream:  "2026/01/02/[$LATEST]0123456789abcdef",
		executable: executable, account: account, env: env,
		ended: make(chan struct{}), ready: make(chan struct{}), events: make(chan invocation),
	}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	f.cmd = exec.Command(executable)
	f.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "TZ=:UTC", "LANG=en_US.UTF-8",
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.server.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=ray-iam", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/ray-iam", "AWS_LAMBDA_LOG_STREAM_NAME=" + f.LogStream,
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "_HANDLER=bootstrap",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
		"RAYIAM_DENIAL_PATIENCE_SECONDS=0", // tests of denials set another value
	}, env...)
	f.output.function, f.errors.function = f, f
	f.cmd.Stdout, f.cmd.Stderr = &f.output, &f.errors
	checkout.DieWithParent(f.cmd)
	f.started = time.Now()
	if err := f.cmd.Start(); err != nil {
		f.server.Close()
		return nil, fmt.Errorf("starting the function: %w", err)
	}
	go func() {
		_ = f.cmd.Wait() // the error is expected: the process was killed, or ended by itself
		close(f.ended)
	}()
	return f, nil
}

// Another starts another process of the same function in the same environment. Lambda does
// this after a process has died, and while a process is busy.
func (f *Function) Another() (*Function, error) {
	another, err := Start(f.executable, f.account, f.env...)
	if err != nil {
		return nil, err
	}
	another.AtEnd = f.AtEnd
	return another, nil
}

// Invoke runs one event and waits until the invocation ends. As Lambda does, it kills a
// process that has not answered when the timeout is over.
func (f *Function) Invoke(payload []byte, timeout time.Duration) Outcome {
	f.mu.Lock()
	f.count++
	inv := invocation{id: fmt.Sprintf("%08d-0000-4000-8000-000000000000", f.count), payload: payload, deadline: time.Now().Add(timeout), done: make(chan string, 1)}
	f.mu.Unlock()
	late := time.NewTimer(timeout)
	defer late.Stop()
	select {
	case f.events <- inv:
	case <-f.ended:
		return f.died()
	case <-late.C:
		f.Kill()
		<-f.ended
		return f.died()
	}
	select {
	case message := <-inv.done:
		return Outcome{Error: message}
	case <-f.ended:
	case <-late.C:
		f.Kill()
		<-f.ended
	}
	select {
	case message := <-inv.done: // the process answered before it ended
		return Outcome{Error: message}
	default:
		return f.died()
	}
}

// died returns the outcome of a process that ended without an answer. Its error is set if
// the process reported one during initialization.
func (f *Function) died() Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Outcome{Error: f.initError, Died: true}
}

// Kill kills the process at once.
func (f *Function) Kill() { _ = f.cmd.Process.Kill() }

// Stop ends the process and the Runtime API.
func (f *Function) Stop() {
	f.stop.Do(func() {
		f.Kill()
		<-f.ended
		f.server.CloseClientConnections()
		f.server.Close()
		if f.AtEnd != nil {
			f.AtEnd(f.Log())
		}
	})
}

// Pid returns the process's id.
func (f *Function) Pid() int { return f.cmd.Process.Pid }

// Ready waits until the process asks for its first event, and returns how long that took
// from its start.
func (f *Function) Ready() (time.Duration, error) {
	select {
	case <-f.ready:
	case <-f.ended:
		select {
		case <-f.ready: // the process was ready before it ended
		default:
			return 0, fmt.Errorf("the function ended before it was ready:\n%s", f.Log())
		}
	}
	return f.readyAt.Sub(f.started), nil
}

// Log returns the lines that the process has written so far to both of its streams, in one
// log. After Stop the log is complete.
func (f *Function) Log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String() + string(f.output.line) + string(f.errors.line)
}

// Output returns what the process has written so far to its standard output.
func (f *Function) Output() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.output.all.String()
}

// A stream is the process's standard output or standard error.
type stream struct {
	function *Function
	all      bytes.Buffer
	line     []byte // the beginning of a line whose end was not written yet
}

func (s *stream) Write(p []byte) (int, error) {
	s.function.mu.Lock()
	defer s.function.mu.Unlock()
	s.all.Write(p)
	s.line = append(s.line, p...)
	whole := bytes.LastIndexByte(s.line, '\n') + 1
	s.function.log.Write(s.line[:whole])
	s.line = s.line[whole:]
	return len(p), nil
}

const api = "/2018-06-01/runtime/"

func (f *Function) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, api), "/")
	switch {
	case r.Method == http.MethodGet && len(path) == 2 && path[0] == "invocation" && path[1] == "next":
		f.next(w, r)
	case r.Method == http.MethodPost && len(path) == 3 && path[0] == "invocation" && (path[2] == "response" || path[2] == "error"):
		f.finish(w, r, path[1], path[2] == "error")
	case r.Method == http.MethodPost && len(path) == 2 && path[0] == "init" && path[1] == "error":
		f.failInit(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.once.Do(func() { f.readyAt = time.Now(); close(f.ready) })
	select {
	case inv := <-f.events:
		f.mu.Lock()
		f.current = &inv
		f.mu.Unlock()
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(inv.deadline.UnixMilli()))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", f.ARN)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(inv.payload) // the process may have been killed meanwhile
	case <-r.Context().Done():
	}
}

// finish ends the current invocation. It refuses a call that names another invocation, as
// Lambda does.
func (f *Function) finish(w http.ResponseWriter, r *http.Request, id string, failed bool) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	message := ""
	if failed {
		message = errorMessage(body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil || f.current.id != id {
		http.Error(w, `{"errorType":"InvalidRequestID","errorMessage":"no such invocation"}`, http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	f.current.done <- message
	f.current = nil
}

func (f *Function) failInit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.initError = errorMessage(body)
	w.WriteHeader(http.StatusAccepted)
}

// errorMessage reads an error in the form that runtimes use, and returns an error of
// another form unchanged. The message is never empty.
func errorMessage(body []byte) string {
	var e struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Message == "" {
		return fmt.Sprintf("%q", body)
	}
	return e.Message
}
