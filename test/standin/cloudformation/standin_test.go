package cloudformation

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// TestMain makes the test's own executable the stand-in for a function if this variable is
// set: it writes each event to the file that the variable names, and does what the event's
// properties say.
func TestMain(m *testing.M) {
	if record := os.Getenv("STAND_IN"); record != "" {
		for {
			standIn(record)
		}
	}
	os.Exit(m.Run())
}

func standIn(record string) {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	resp, err := http.Get(base + "next")
	must(err)
	payload, err := io.ReadAll(resp.Body)
	must(err)
	resp.Body.Close()
	var e Event
	must(json.Unmarshal(payload, &e))
	file, err := os.OpenFile(record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(err)
	earlier, err := os.ReadFile(record)
	must(err)
	fmt.Fprintf(file, "%s %s %v %v\n", e.RequestType, e.PhysicalResourceID, e.ResourceProperties["Do"], e.OldResourceProperties["Do"])
	must(file.Close())
	end := "response"
	switch does, first := e.ResourceProperties["Do"], len(earlier) == 0; {
	case does == "say nothing":
	case does == "err once" && first:
		end = "error"
	case does == "die once" && first:
		os.Exit(1)
	case does == "answer twice":
		answer(e)
		answer(e)
	default:
		answer(e)
	}
	done, err := http.Post(base+resp.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/"+end, "", strings.NewReader(`{"errorMessage":"as asked"}`))
	must(err)
	done.Body.Close()
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answer answers as the properties say: with a failure for "fail", or with the physical id
// that follows "be ".
func answer(e Event) {
	a := map[string]any{"Status": "SUCCESS", "StackId": e.StackID, "RequestId": e.RequestID, "LogicalResourceId": e.LogicalResourceID, "PhysicalResourceId": e.PhysicalResourceID}
	does, _ := e.ResourceProperties["Do"].(string)
	id, renamed := strings.CutPrefix(does, "be ")
	switch {
	case e.RequestType == "Delete":
	case renamed:
		a["PhysicalResourceId"] = id
	case e.PhysicalResourceID == "":
		a["PhysicalResourceId"] = "made"
	}
	if does == "fail" && e.RequestType != "Delete" {
		a["Status"], a["Reason"] = "FAILED", "as asked"
	}
	if does == "answer badly" {
		a["StackId"] = "another"
	}
	body, err := json.Marshal(a)
	must(err)
	req, err := http.NewRequest(http.MethodPut, e.ResponseURL, strings.NewReader(string(body)))
	must(err)
	resp, err := http.DefaultClient.Do(req)
	must(err)
	resp.Body.Close()
}

// A scene is a stack whose function is the stand-in, with the failures that the driver has
// reported.
type scene struct {
	*Stack
	record   string
	failures []string
}

// A recorder keeps the messages with which a test would fail. Fatalf ends its goroutine.
type recorder struct {
	testing.TB
	scene *scene
}

func (r recorder) Helper() {}
func (r recorder) Errorf(format string, args ...any) {
	r.scene.failures = append(r.scene.failures, fmt.Sprintf(format, args...))
}
func (r recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

func newScene(t *testing.T) *scene {
	t.Helper()
	sc := &scene{record: filepath.Join(t.TempDir(), "events")}
	urls := responseurl.New()
	t.Cleanup(urls.Close)
	sc.Stack = NewStack(recorder{t, sc}, start(t, sc.record), urls, "123456789012")
	return sc
}

func start(t *testing.T, record string) *lambdaruntime.Function {
	t.Helper()
	f, err := lambdaruntime.Start(os.Args[0], "123456789012", "STAND_IN="+record)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return f
}

// play runs do and returns the events that do has led to.
func (sc *scene) play(t *testing.T, do func(*Stack)) string {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(sc.Stack)
	}()
	<-done
	events, err := os.ReadFile(sc.record)
	if err != nil {
		t.Fatal(err)
	}
	return string(events)
}
