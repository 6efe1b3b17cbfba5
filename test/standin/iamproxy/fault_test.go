package iamproxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A far stands in for IAM: it counts the calls that reach it.
type far struct {
	*Proxy
	reached atomic.Int64
}

func newFar(t *testing.T, patience time.Duration) *far {
	t.Helper()
	f := &far{}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.reached.Add(1)
		if r.Header.Get("X-Added") != "yes" {
			http.Error(w, "without the header", http.StatusTeapot)
			return
		}
		missing := r.FormValue("RoleName") == "absent" || r.FormValue("RoleName") == "present" && r.FormValue("Action") != "GetRole"
		if missing || r.FormValue("Action") == "GetNothing" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>")
			return
		}
		fmt.Fprint(w, "<Done/>")
	}))
	t.Cleanup(target.Close)
	f.Proxy = New(target.URL, http.Header{"x-added": {"yes"}})
	f.SetPatience(patience)
	t.Cleanup(f.Proxy.Close)
	return f
}

// call makes one call, which may also name a profile, and returns its status and body; 0 if
// there is no answer.
func (f *far) call(ctx context.Context, action, role string, profile ...string) (int, string) {
	form := url.Values{"Action": {action}, "RoleName": {role}, "InstanceProfileName": profile}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// TestEffects checks for each effect the caller's answer, whether the call reached IAM, and
// what the proxy recorded.
func TestEffects(t *testing.T) {
	killed := 0
	denied := Denied()
	tests := []struct {
		name    string
		effect  Effect
		status  int
		reached int64
		body    string
	}{
		{"none", Effect{}, 200, 1, "<Done/>"},
		{"answer in place of the call", denied, 403, 0, "<Code>AccessDenied</Code>"},
		{"answer after the call", Effect{After: denied.Instead}, 403, 1, "<Code>AccessDenied</Code>"},
		{"answer rewritten", Effect{Rewritten: func(b []byte) []byte { return append(b, "<CreateDate/>"...) }}, 200, 1, "<Done/><CreateDate/>"},
		{"with another parameter", Effect{With: map[string]string{"RoleName": "absent"}}, 404, 1, "<Code>NoSuchEntity</Code>"},
		{"cut before", DropBefore(), 0, 0, ""},
		{"cut after", DropAfter(), 0, 1, ""},
		{"killed before", Then(true, func() { killed++ }), 0, 0, ""},
		{"killed after", Then(false, func() { killed++ }), 0, 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t, 0)
			f.SetFault(On(Every, tt.effect))
			status, body := f.call(t.Context(), "CreateRole", "r")
			if status != tt.status || f.reached.Load() != tt.reached || !strings.Contains(body, tt.body) {
				t.Errorf("status %d with %q, IAM reached %d times; want %d with %q, %d", status, body, f.reached.Load(), tt.status, tt.body, tt.reached)
			}
			calls := f.Calls()
			if len(calls) != 1 || calls[0].Action != "CreateRole" || calls[0].Form.Get("RoleName") != "r" || calls[0].End.Before(calls[0].Start) {
				t.Errorf("recorded the calls %+v, want one", calls)
			}
		})
	}
	if killed != 2 {
		t.Errorf("the processes were killed %d times, want twice", killed)
	}
}

// TestAged proves that every creation date in the answer is changed.
func TestAged(t *testing.T) {
	const one = "<R><CreateDate>2026-01-02T03:04:05Z</CreateDate></R>"
	got := string(Aged(time.Hour).Rewritten([]byte(one + one)))
	if first, second := got[:len(got)/2], got[len(got)/2:]; first != second || len(first) != len(one) || first == one {
		t.Errorf("got the answer %s, want both dates an hour ago", got)
	}
}

// TestHang proves that a call hangs until its caller gives up, and never reaches IAM.
func TestHang(t *testing.T) {
	f := newFar(t, 0)
	f.SetFault(On(Every, Hang()))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if status, _ := f.call(ctx, "GetRole", "r"); status != 0 || time.Since(start) < 200*time.Millisecond {
		t.Errorf("status %d after %s, want none before the caller gave up", status, time.Since(start))
	}
	f.SetFault(nil)
	if status, _ := f.call(t.Context(), "GetRole", "r"); status != 200 || f.reached.Load() != 1 {
		t.Errorf("without a fault: status %d, IAM reached %d times, want 200 and once", status, f.reached.Load())
	}
}

// TestMatching checks which calls a fault hits: the n-th, the calls of one action, the
// calls that a predicate matches, and each of these for a number of times.
func TestMatching(t *testing.T) {
	calls := []string{"CreateRole a", "CreateRole b", "GetRole a", "CreateRole a"}
	for name, tt := range map[string]struct {
		match func(Call) bool
		want  string
	}{
		"n-th":            {Nth(2), "200 503 200 200"},
		"action":          {Action("CreateRole"), "503 503 200 503"},
		"every":           {Every, "503 503 503 503"},
		"times":           {Times(2, Action("CreateRole")), "503 503 200 200"},
		"by its argument": {func(c Call) bool { return c.Form.Get("RoleName") == "a" }, "503 200 503 503"},
		"reads":           {func(c Call) bool { return !c.Writes() }, "200 200 503 200"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, 0)
			f.SetFault(On(tt.match, Answer(http.StatusServiceUnavailable, "ServiceUnavailable")))
			var got []string
			for _, call := range calls {
				action, role, _ := strings.Cut(call, " ")
				status, _ := f.call(t.Context(), action, role)
				got = append(got, fmt.Sprint(status))
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("statuses %s, want %s", got, tt.want)
			}
		})
	}
}

// TestLag proves that new roles and profiles are hidden for the delay, from all readers or
// from every second one, and that nothing else is hidden.
func TestLag(t *testing.T) {
	for readers, want := range map[int]string{1: "404 404 200 404", 2: "200 404 200 200"} {
		synctest.Test(t, func(t *testing.T) {
			lag := Lag(time.Second, readers)
			if status := meets(lag, "CreateRole", "new"); status != 200 {
				t.Fatalf("status %d of the creation, want 200", status)
			}
			var got []string
			for _, call := range []string{"GetRole new", "AttachRolePolicy new", "GetRole old", "GetRole new"} {
				action, role, _ := strings.Cut(call, " ")
				got = append(got, fmt.Sprint(meets(lag, action, role)))
			}
			if got := strings.Join(got, " "); got != want {
				t.Errorf("%d readers: statuses %s, want %s", readers, got, want)
			}
			time.Sleep(time.Second)
			if status := meets(lag, "GetRole", "new"); status != 200 {
				t.Errorf("%d readers: status %d after the lag, want 200", readers, status)
			}
		})
	}
}

// meets returns the status of a call, which may also name a profile, under a fault: 200 if the
// fault lets it pass.
func meets(fault Fault, action, role string, profile ...string) int {
	effect := fault(Call{Action: action, Form: url.Values{"Action": {action}, "RoleName": {role}, "InstanceProfileName": profile}})
	if effect.Instead == nil {
		return http.StatusOK
	}
	w := httptest.NewRecorder()
	effect.Instead(w, nil)
	return w.Code
}

// TestCalls checks the record of real calls: their order, IAM's code, their duration, and
// the critical path, in which calls that were made at once count once.
func TestCalls(t *testing.T) {
	const patience = 100 * time.Millisecond
	f := newFar(t, patience)
	f.call(t.Context(), "GetRole", "a")
	done := make(chan struct{})
	for range 3 {
		go func() { f.call(context.Background(), "AttachRolePolicy", "a"); done <- struct{}{} }()
	}
	for range 3 {
		<-done
	}
	f.call(t.Context(), "GetNothing", "a")
	calls := f.Calls()
	if len(calls) != 5 || calls[4].Code != "NoSuchEntity" || calls[4].Status != 404 || calls[4].N != 5 || calls[0].Status != 200 {
		t.Fatalf("recorded the calls %+v", calls)
	}
	for _, c := range calls {
		if took := c.End.Sub(c.Start); took < patience {
			t.Errorf("call %d took %s, want %s at least", c.N, took, patience)
		}
	}
	if got := CriticalPath(calls); got != 3 {
		t.Errorf("critical path %d, want 3", got)
	}
	if got := strings.Join(f.Writes(), " "); got != "AttachRolePolicy AttachRolePolicy AttachRolePolicy" {
		t.Errorf("writes %s", got)
	}
	if f.Reset(); len(f.Calls()) != 0 {
		t.Error("there are calls after Reset, want none")
	}
}
