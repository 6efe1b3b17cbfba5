package faults

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// A world is one account with one stack in it, reached by a process of the function
// through a proxy. One cell of the matrix at a time is played in it.
type world struct {
	tb       testing.TB // of the cell
	pool     *moto.Pool
	account  string
	stackID  string
	proxy    *iamproxy.Proxy
	urls     *responseurl.Server
	iam      *iam.Client
	function *lambdaruntime.Function

	resources *cloudformation.Resources

	at         string // the state that the account is in; empty where that is not known
	physicalID string
}

func newWorld(tb testing.TB, pool *moto.Pool) *world {
	w := &world{tb: tb, pool: pool, account: pool.Take()}
	w.stackID = "arn:aws:cloudformation:us-east-1:" + w.account + ":stack/faults/11111111-2222-4333-8444-555555555555"
	header := http.Header{moto.AccountHeader: {w.account}}
	w.iam = rig.Client(pool.URL(), header)
	w.proxy = iamproxy.New(pool.URL(), header)
	w.urls = responseurl.New()
	w.resources = cloudformation.NewResources()
	return w
}

// close ends the world. Its account stays as it is: who takes it next does not know in
// which state it is, and wipes it.
func (w *world) close() {
	w.stop()
	w.urls.Close()
	w.resources.Close()
	w.proxy.Close()
	w.pool.Return(w.account)
}

// started returns the running process of the function, a new one where the last one
// was killed.
func (w *world) started() *lambdaruntime.Function {
	if w.function == nil {
		w.function = w.start()
	}
	return w.function
}

// start starts a process of its own.
func (w *world) start() *lambdaruntime.Function {
	w.tb.Helper()
	executable, err := checkout.Function()
	if err != nil {
		w.tb.Fatal(err)
	}
	f, err := lambdaruntime.Start(executable, w.account, "AWS_ENDPOINT_URL="+w.proxy.URL, "AWS_ENDPOINT_URL_CLOUDFORMATION="+w.resources.URL)
	if err != nil {
		w.tb.Fatal(err)
	}
	return f
}

// stop ends the process, waits for what it had begun, and holds that its log is free
// of response URLs.
func (w *world) stop() {
	if w.function == nil {
		return
	}
	w.function.Stop()
	w.proxy.Drain()
	if strings.Contains(w.function.Log(), responseurl.Secret) {
		w.tb.Errorf("the log shows a response URL")
	}
	w.function = nil
}

// stack returns the world's stack with its resource as declared.
func (w *world) stack(declared properties) *cloudformation.Stack {
	s := cloudformation.NewStack(w.tb, w.started(), w.urls, w.account)
	s.ID, s.PhysicalID, s.Properties = w.stackID, w.physicalID, declared
	return s
}

// snapshot reads the account, with what is particular to the world taken out, so
// that it can be compared with that of another.
func (w *world) snapshot() rig.Snapshot {
	w.tb.Helper()
	snapshot, err := rig.ReadRoles(context.Background(), w.iam)
	if err != nil {
		w.tb.Fatalf("reading the account: %v", err)
	}
	for i, line := range snapshot {
		snapshot[i] = w.normal(line)
	}
	return snapshot
}

var digits = regexp.MustCompile(`(ray-iam:owner=\S+)-[0-9a-f]{12}$`)

func (w *world) normal(line string) string {
	return digits.ReplaceAllString(strings.ReplaceAll(line, w.account, "ACCOUNT"), "$1")
}

// holds fails the cell unless the account is in this state.
func (w *world) holds(what string, want rig.Snapshot) {
	w.tb.Helper()
	if diff := rig.Diff(want, w.snapshot()); diff != "" {
		w.tb.Errorf("%s: the account is not as it should be:\n%s", what, diff)
		w.at = ""
	}
}

// killed runs an event and fails the cell unless the process is killed over it.
func (w *world) killed(e cloudformation.Event, n int, before bool) {
	w.tb.Helper()
	f := w.started()
	w.proxy.Reset()
	w.proxy.SetFault(iamproxy.On(iamproxy.Nth(n), iamproxy.Then(before, f.Kill)))
	outcome := f.Invoke(e.JSON(), cloudformation.DefaultTimeout)
	w.stop()
	w.proxy.SetFault(nil)
	if !outcome.Died {
		w.tb.Errorf("%s was not killed: %+v", e.RequestType, outcome)
	}
}

// send delivers an event while fault is in force, and returns its answer.
func (w *world) send(s *cloudformation.Stack, e cloudformation.Event, fault iamproxy.Fault) cloudformation.Answer {
	w.tb.Helper()
	s.Use(w.started())
	w.proxy.Reset()
	w.proxy.SetFault(fault)
	defer w.proxy.SetFault(nil)
	return s.Send(e)
}

// succeeds delivers an event and fails the cell unless it is answered with SUCCESS.
func (w *world) succeeds(s *cloudformation.Stack, e cloudformation.Event, fault iamproxy.Fault) cloudformation.Answer {
	w.tb.Helper()
	answer := w.send(s, e, fault)
	if !answer.OK() {
		w.tb.Fatalf("%s: FAILED: %s", e.RequestType, answer.Reason)
	}
	return answer
}

// A verdict collects what is wrong with a cell. Fatal ends the cell's goroutine,
// which is not a test's own.
type verdict struct {
	testing.TB
	faults []string
}

func (v *verdict) Helper()           {}
func (v *verdict) Error(args ...any) { v.faults = append(v.faults, fmt.Sprint(args...)) }
func (v *verdict) Fatal(args ...any) { v.Error(args...); runtime.Goexit() }
func (v *verdict) Errorf(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}
func (v *verdict) Fatalf(format string, args ...any) { v.Errorf(format, args...); runtime.Goexit() }

// within fails the cell if more time than this has passed.
func (w *world) within(start time.Time, limit time.Duration, what string) {
	w.tb.Helper()
	if took := time.Since(start); took > limit {
		w.tb.Errorf("%s took %s, want less than %s", what, took.Round(time.Millisecond), limit)
	}
}
