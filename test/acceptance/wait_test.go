package acceptance

import (
	"net/http"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestWaiting_PropagationWait proves that a Create reads the new profiles and waits, that
// an Update which makes no profile does neither, and that a wait of 0 switches both off.
// Reference 6.6, 6.7.
func TestWaiting_PropagationWait(t *testing.T) {
	l := newLab(t)
	patient := properties{"PropagationWaitSeconds": "2"}
	s := l.Stack()
	start := time.Now()
	create, _ := s.Create(patient)
	l.OK(create)
	if took := time.Since(start); took < 2*time.Second {
		t.Errorf("created in %s, want a wait of 2s", took)
	}
	calls := l.Proxy.Calls()
	last := map[string]bool{}
	for _, c := range calls[len(calls)-2:] {
		last[c.Action+" "+c.Form.Get("InstanceProfileName")] = true
	}
	if !last["GetInstanceProfile ray-head"] || !last["GetInstanceProfile ray-worker"] {
		t.Errorf("the last calls are %v, want a GetInstanceProfile of each profile", last)
	}
	// An Update that makes no profile does not wait: its declared wait is longer than the
	// function's timeout, and longer than the age of the existing profiles.
	s.Timeout = 30 * time.Second
	l.Proxy.SetFault(iamproxy.On(iamproxy.Every, iamproxy.Aged(time.Hour)))
	l.updated(s, quick.With(properties{"PropagationWaitSeconds": 120, "Tags": tags("a", "b")}))
	l.Proxy.SetFault(nil)
	quickly := l.Stack()
	quickly.LogicalID = "Quick"
	l.Proxy.Reset()
	answer, _ := quickly.Create(quick.With(properties{"NamePrefix": "quick"}))
	l.OK(answer)
	calls = l.Proxy.Calls()
	if last := calls[len(calls)-1]; last.Action == "GetInstanceProfile" {
		t.Error("a profile was read after it was made, with a wait of 0")
	}
}

// TestWaiting_WaitThatDoesNotFitIsRefused proves that a wait longer than the request's time
// is refused before any write.
// Reference 6.8.
func TestWaiting_WaitThatDoesNotFitIsRefused(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	s := l.Stack()
	s.Timeout = 10 * time.Second
	create := s.Send(s.Event("Create", properties{"PropagationWaitSeconds": 60}))
	l.Failed(create, "PropagationWaitSeconds", "1m0s", "nothing was changed")
	l.unchanged(before, "a refused wait")
}

// TestWaiting_FinalErrorsEndAtOnce proves that an exceeded quota is not retried, and that the
// Reason has IAM's words and the call. TestApply has the other final errors.
// Reference 6.3.
func TestWaiting_FinalErrorsEndAtOnce(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("PutRolePolicy"), iamproxy.Answer(http.StatusForbidden, "LimitExceeded")))
	create, rollback := l.Stack().Create(quick)
	puts := 0
	for _, call := range l.Proxy.Calls() {
		if call.Action == "PutRolePolicy" {
			puts++
		}
	}
	l.Failed(create, "putting inline policy ray-pass-role-policy on role ray-head", "LimitExceeded", "injected by the test")
	l.OK(rollback)
	if puts != 1 {
		t.Errorf("the call was made %d times, want once", puts)
	}
	l.unchanged(before, "a failed Create and its Delete")
}
