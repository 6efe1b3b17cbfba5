package rig

import (
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// A Rig is an account in which the built function works. The function's processes reach IAM
// through one proxy and EC2 through another, ask a stand-in for CloudFormation, and send
// their answers to a server that keeps them.
type Rig struct {
	*Account
	Proxy     *iamproxy.Proxy // to IAM
	EC2       *iamproxy.Proxy
	URLs      *responseurl.Server
	Resources *cloudformation.Resources
	Function  *lambdaruntime.Function // the running process; nil if there is none
	Env       []string                // environment of each process that is started

	started []*lambdaruntime.Function
}

// New takes an account and starts everything but a process of the function. It all ends when
// the test ends.
func New(tb testing.TB) *Rig {
	tb.Helper()
	r := &Rig{Account: NewAccount(tb), URLs: responseurl.New(), Resources: cloudformation.NewResources()}
	r.Proxy, r.EC2 = iamproxy.New(r.Endpoint, r.Header()), iamproxy.New(r.Endpoint, r.Header())
	tb.Cleanup(func() {
		r.TB = tb
		for _, f := range r.started {
			f.Stop()
		}
		r.Proxy.Drain()
		r.EC2.Drain()
		r.URLs.Close()
		r.Resources.Close()
		r.Proxy.Close()
		r.EC2.Close()
	})
	return r
}

// Running returns the running process of the function, and starts one if there is none.
func (r *Rig) Running() *lambdaruntime.Function {
	r.TB.Helper()
	if r.Function == nil {
		r.Function = r.Start()
	}
	return r.Function
}

// Start starts one more process of the function, with env in its environment. The process
// runs until it is stopped, or until the test ends.
func (r *Rig) Start(env ...string) *lambdaruntime.Function {
	r.TB.Helper()
	path, err := executable()
	if err != nil {
		r.TB.Fatal(err)
	}
	return r.StartBuilt(path, env...)
}

// StartBuilt starts a process of another executable than the suite's.
func (r *Rig) StartBuilt(path string, env ...string) *lambdaruntime.Function {
	r.TB.Helper()
	all := slices.Concat([]string{"AWS_ENDPOINT_URL=" + r.Proxy.URL, "AWS_ENDPOINT_URL_EC2=" + r.EC2.URL, "AWS_ENDPOINT_URL_CLOUDFORMATION=" + r.Resources.URL}, r.Env, env)
	f, err := lambdaruntime.Start(path, r.AccountID, all...)
	if err != nil {
		r.TB.Fatal(err)
	}
	f.AtEnd = r.ended
	r.started = append(r.started, f)
	return f
}

// ended checks, by the whole log of a process, what must be true of every process.
func (r *Rig) ended(log string) {
	r.TB.Helper()
	if strings.Contains(log, responseurl.Secret) {
		r.TB.Errorf("the function's log shows a response URL")
	}
	if _, race, found := strings.Cut(log, "WARNING: DATA RACE"); found {
		r.TB.Errorf("a data race in the function:%s", race)
	}
}

// Stop stops the running process, and waits for the calls that it had begun.
func (r *Rig) Stop() {
	r.TB.Helper()
	if r.Function != nil {
		r.Function.Stop()
		r.Proxy.Drain()
		r.Function = nil
	}
}

// StoppedLog stops the running process and returns its whole log. While the process runs,
// its last lines may not have arrived yet.
func (r *Rig) StoppedLog() string {
	r.TB.Helper()
	function := r.Function
	r.Stop()
	return function.Log()
}

// Killed sends an event and kills the running process during the first call that matches,
// before or after IAM receives the call.
func (r *Rig) Killed(e cloudformation.Event, match func(iamproxy.Call) bool, before bool) {
	r.TB.Helper()
	if outcome := r.Kill(e, match, before); !outcome.Died {
		r.TB.Errorf("%s was not killed: %+v", e.RequestType, outcome)
	}
}

// Kill does the same as Killed, but the call need not come. The process ends in any case.
func (r *Rig) Kill(e cloudformation.Event, match func(iamproxy.Call) bool, before bool) lambdaruntime.Outcome {
	r.TB.Helper()
	f := r.Running()
	r.Proxy.Reset()
	r.Proxy.SetFault(iamproxy.On(iamproxy.Times(1, match), iamproxy.Then(before, f.Kill)))
	defer r.Proxy.SetFault(nil)
	outcome := f.Invoke(e.JSON(), cloudformation.DefaultTimeout)
	r.Stop()
	return outcome
}

// Stack returns a new stack whose custom resource the running process serves.
func (r *Rig) Stack() *cloudformation.Stack {
	r.TB.Helper()
	return cloudformation.NewStack(r.TB, r.Running(), r.URLs, r.AccountID)
}

// OK fails the test unless the answer is a success.
func (r *Rig) OK(a cloudformation.Answer) {
	r.TB.Helper()
	if !a.OK() {
		r.TB.Fatalf("FAILED: %s", a.Reason)
	}
}

// Failed fails the test unless the answer is a failure whose Reason has the parts.
func (r *Rig) Failed(a cloudformation.Answer, parts ...string) {
	r.TB.Helper()
	if a.OK() {
		r.TB.Fatalf("SUCCESS, want FAILED with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(a.Reason, part) {
			r.TB.Errorf("Reason %q does not say %q", a.Reason, part)
		}
	}
}
