package iamproxy

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestCriticalPath checks the measure by which tests judge the function's speed.
func TestCriticalPath(t *testing.T) {
	at := func(start, end int) Call {
		zero := time.Unix(0, 0)
		return Call{Start: zero.Add(time.Duration(start) * time.Second), End: zero.Add(time.Duration(end) * time.Second)}
	}
	tests := []struct {
		name  string
		calls []Call
		want  int
	}{
		{"none", nil, 0},
		{"one", []Call{at(0, 1)}, 1},
		{"at once", []Call{at(0, 5), at(1, 4), at(2, 6)}, 1},
		{"one after another", []Call{at(0, 1), at(1, 2), at(3, 4)}, 3},
		{"two waves", []Call{at(0, 2), at(0, 3), at(3, 5), at(3, 4)}, 2},
		{"listed in another order", []Call{at(3, 4), at(0, 1), at(1, 2)}, 3},
		{"a short chain beside a long call", []Call{at(0, 10), at(0, 1), at(2, 3), at(4, 5)}, 3},
		{"a call that never ended is followed by none", []Call{{Start: time.Unix(0, 0)}, at(5, 6)}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CriticalPath(tt.calls); got != tt.want {
				t.Errorf("CriticalPath = %d, want %d", got, tt.want)
			}
		})
	}
}

// TestTimes proves that only the first n calls match, and that other calls do not count.
func TestTimes(t *testing.T) {
	match := Times(2, Action("CreateRole"))
	var got []bool
	for _, action := range []string{"CreateRole", "GetRole", "CreateRole", "CreateRole"} {
		got = append(got, match(Call{Action: action}))
	}
	if want := []bool{true, false, true, false}; got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("the calls match: %v, want %v", got, want)
	}
}

// TestWrites checks which actions count as writes. A dry run does not.
func TestWrites(t *testing.T) {
	for action, want := range map[string]bool{"GetRole": false, "ListRolePolicies": false, "DescribeInstances": false, "RunInstances": true, "CreateRole": true, "DetachRolePolicy": true} {
		if got := (Call{Action: action}).Writes(); got != want {
			t.Errorf("%s counts as a write: %v, want %v", action, got, want)
		}
	}
	if dry := (Call{Action: "RunInstances", Form: url.Values{"DryRun": {"true"}}}); dry.Writes() {
		t.Error("a dry run counts as a write, want a read")
	}
}

// TestErrorCode proves that errorCode reads the code in an error that a fault answers.
func TestErrorCode(t *testing.T) {
	body := []byte("<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>")
	if got := errorCode(body); got != "NoSuchEntity" {
		t.Errorf("errorCode = %q, want NoSuchEntity", got)
	}
	if got := errorCode([]byte("<GetRoleResponse/>")); got != "" {
		t.Errorf("errorCode of a success = %q, want none", got)
	}
	if Answer(http.StatusForbidden, "AccessDenied").Instead == nil {
		t.Error("the effect Answer lets the call pass, want it to replace the call")
	}
}

// TestDrain proves that Drain waits for a call whose caller is gone.
func TestDrain(t *testing.T) {
	reached := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		reached <- true
		time.Sleep(100 * time.Millisecond)
	}))
	defer server.Close()
	p := New(server.URL, nil)
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, strings.NewReader("Action=CreateRole"))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-reached
		cancel()
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
		t.Fatal("the caller did not give up")
	}
	p.Drain()
	if calls := p.Calls(); len(calls) != 1 || calls[0].Status != http.StatusOK {
		t.Errorf("after Drain, the calls are %+v, want one that IAM has answered", calls)
	}
}
