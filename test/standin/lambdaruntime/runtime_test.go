package lambdaruntime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test's own executable the stand-in for a function if this variable is
// set: a small runtime that does what each event asks for.
func TestMain(m *testing.M) {
	if os.Getenv("STAND_IN") != "" {
		standIn(os.Getenv("STAND_IN"))
		return
	}
	os.Exit(m.Run())
}

func standIn(mode string) {
	switch mode {
	case "init error":
		post("init/error", `{"errorMessage":"cannot start"}`)
		os.Exit(1)
	case "deaf":
		time.Sleep(time.Hour)
	}
	for {
		resp, err := http.Get(runtimeAPI() + "invocation/next")
		if err != nil {
			os.Exit(3)
		}
		event, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			os.Exit(3)
		}
		act(string(event), "invocation/"+resp.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/", resp.Header)
	}
}

func runtimeAPI() string {
	return "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
}

func post(path, body string) (status int) {
	resp, err := http.Post(runtimeAPI()+path, "application/json", strings.NewReader(body))
	if err != nil {
		os.Exit(3)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// act does what an event says, and ends the invocation.
func act(event, invocation string, header http.Header) {
	switch event {
	case `"fail"`:
		post(invocation+"error", `{"errorMessage":"as asked","errorType":"Test"}`)
		return
	case `"fail oddly"`:
		post(invocation+"error", ``)
		return
	case `"die"`:
		os.Exit(1)
	case `"hang"`:
		time.Sleep(time.Hour)
	case `"confuse"`:
		fmt.Fprintln(os.Stderr, "status", post("invocation/another/response", "{}"))
	case `"print"`:
		fmt.Print("out")
		fmt.Fprintln(os.Stderr, "error")
		fmt.Println("put")
		fmt.Fprint(os.Stderr, "unfinished")
	case `"show"`:
		headers, _ := json.Marshal(header)
		fmt.Fprintf(os.Stderr, "%s\n%s\n", headers, strings.Join(os.Environ(), "\n"))
	}
	post(invocation+"response", "{}")
}

func start(t *testing.T, mode string, env ...string) *Function {
	t.Helper()
	f, err := Start(os.Args[0], "123456789012", append(env, "STAND_IN="+mode)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return f
}

// TestInvoke checks the outcome of each way in which an invocation can end, all in one
// process.
func TestInvoke(t *testing.T) {
	f := start(t, "well")
	for _, tt := range []struct {
		event   string
		timeout time.Duration
		want    Outcome
	}{
		{`"work"`, time.Minute, Outcome{}},
		{`"fail"`, time.Minute, Outcome{Error: "as asked"}},
		{`"fail oddly"`, time.Minute, Outcome{Error: `""`}},
		{`"confuse"`, time.Minute, Outcome{}},
		{`"work"`, time.Minute, Outcome{}},
		{`"hang"`, 200 * time.Millisecond, Outcome{Died: true}},
		{`"work"`, time.Minute, Outcome{Died: true}},
	} {
		got := f.Invoke([]byte(tt.event), tt.timeout)
		if got != tt.want {
			t.Errorf("%s: outcome %+v, want %+v", tt.event, got, tt.want)
		}
		if got.OK() != (tt.want == Outcome{}) {
			t.Errorf("%s: OK() = %v for the outcome %+v, want the opposite", tt.event, got.OK(), got)
		}
	}
	f.Stop()
	if !strings.Contains(f.Log(), "status 400") {
		t.Errorf("the runtime accepted an answer to another invocation:\n%s", f.Log())
	}
}

// TestInvoke_Died proves that the process has died if it ends during an event or during its
// initialization, and if it never asks for the event.
func TestInvoke_Died(t *testing.T) {
	for mode, tt := range map[string]struct {
		event   string
		timeout time.Duration
	}{"well": {`"die"`, time.Hour}, "init error": {`"work"`, time.Hour}, "deaf": {`"work"`, time.Second}} {
		t.Run(mode, func(t *testing.T) {
			f := start(t, mode)
			got := f.Invoke([]byte(tt.event), tt.timeout)
			if !got.Died || (got.Error == "cannot start") != (mode == "init error") {
				t.Errorf("outcome %+v, want a process that died", got)
			}
		})
	}
}

// TestKill proves that killing the process during an invocation ends the invocation at
// once, and that another process can then run the event.
func TestKill(t *testing.T) {
	f := start(t, "well")
	if _, err := f.Ready(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, f.Kill)
	if got := f.Invoke([]byte(`"hang"`), time.Hour); !got.Died {
		t.Errorf("outcome %+v, want a process that died at once", got)
	}
	if _, err := f.Ready(); err != nil {
		t.Errorf("Ready of the killed process: got the error %v, want none", err)
	}
	again, err := f.Another()
	if err != nil {
		t.Fatal(err)
	}
	defer again.Stop()
	if got := again.Invoke([]byte(`"work"`), time.Minute); !got.OK() {
		t.Errorf("outcome %+v, want success", got)
	}
}

// TestSeveralAtOnce proves that each process gets only its own events.
func TestSeveralAtOnce(t *testing.T) {
	a, b := start(t, "well"), start(t, "well")
	done := make(chan Outcome)
	go func() { done <- a.Invoke([]byte(`"hang"`), time.Second) }()
	if got := b.Invoke([]byte(`"work"`), time.Minute); !got.OK() {
		t.Errorf("beside a process that hangs: outcome %+v, want success", got)
	}
	if got := <-done; !got.Died {
		t.Errorf("outcome %+v, want a process that was killed at its timeout", got)
	}
}

// TestEnvironment checks what Lambda gives a function: the headers of each event, and the
// environment variables. The caller's own variables replace the others.
func TestEnvironment(t *testing.T) {
	f := start(t, "well", "AWS_REGION=eu-central-1", "OWN=x")
	before := time.Now()
	if got := f.Invoke([]byte(`"show"`), time.Hour); !got.OK() {
		t.Fatalf("outcome %+v, want success", got)
	}
	after := time.Now()
	f.Stop()
	first, rest, _ := strings.Cut(f.Log(), "\n")
	var header http.Header
	if err := json.Unmarshal([]byte(first), &header); err != nil {
		t.Fatal(err)
	}
	ms, err := strconv.ParseInt(header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	if begun := time.UnixMilli(ms).Add(-time.Hour); err != nil || begun.Before(before.Truncate(time.Millisecond)) || begun.After(after) {
		t.Errorf("by its deadline, the invocation began at %s (error: %v), want between %s and %s", begun, err, before, after)
	}
	if header.Get("Lambda-Runtime-Invoked-Function-Arn") != f.ARN || header.Get("Lambda-Runtime-Trace-Id") == "" {
		t.Errorf("the event's headers are %v", header)
	}
	environment := map[string]string{}
	for line := range strings.Lines(rest) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		environment[name] = value
	}
	for name, want := range map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "ray-iam", "AWS_LAMBDA_LOG_STREAM_NAME": f.LogStream, "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/ray-iam",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_REGION": "eu-central-1", "OWN": "x",
	} {
		if environment[name] != want {
			t.Errorf("%s is %q, want %q", name, environment[name], want)
		}
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		if environment[name] == "" {
			t.Errorf("the variable %s is not set", name)
		}
	}
	if home, given := environment["HOME"]; given {
		t.Errorf("the function sees the test's own HOME %q", home)
	}
}

// TestAPI proves that a request which is no call of the Runtime API is refused.
func TestAPI(t *testing.T) {
	f := start(t, "deaf")
	for _, call := range []struct{ method, path string }{
		{http.MethodPost, "invocation/next"}, {http.MethodGet, "invocation/x/response"}, {http.MethodPost, "x/response"}, {http.MethodPost, "invocation/x/y/error"},
	} {
		req, err := http.NewRequest(call.method, f.server.URL+api+call.path, bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s: %s, want 404", call.method, call.path, resp.Status)
		}
	}
}

// TestLog proves that the log has the whole lines of both streams, and that Output returns
// only those of standard output.
func TestLog(t *testing.T) {
	f := start(t, "plain")
	if outcome := f.Invoke([]byte(`"print"`), 10*time.Second); !outcome.OK() {
		t.Fatalf("outcome %+v, want success", outcome)
	}
	f.Stop()
	if got := f.Output(); got != "output\n" {
		t.Errorf("Output() = %q", got)
	}
	if got := f.Log(); got != "output\nerror\nunfinished" && got != "error\noutput\nunfinished" {
		t.Errorf("Log() = %q", got)
	}
}
