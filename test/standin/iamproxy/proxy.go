// Package iamproxy stands between the function and IAM, or EC2: it records every call, and
// applies the faults that a test asks for, before or after the call reaches the service.
package iamproxy

import (
	"bytes"
	"encoding/xml"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Call is one call of the service's query API.
type Call struct {
	N          int // 1 for the first call
	Action     string
	Form       url.Values
	Start, End time.Time
	Status     int    // 0 while IAM has not answered, or if nobody answered
	Code       string // IAM's error code; empty for a success
}

// Writes reports whether the call may change anything.
func (c Call) Writes() bool {
	if c.Form.Get("DryRun") == "true" {
		return false
	}
	for _, verb := range []string{"Get", "List", "Describe"} {
		if len(c.Action) > len(verb) && c.Action[:len(verb)] == verb {
			return false
		}
	}
	return true
}

// A Proxy forwards calls to one account of a server.
type Proxy struct {
	URL string

	target string
	header http.Header
	server *httptest.Server
	client *http.Client

	mu       sync.Mutex
	calls    []*Call
	fault    Fault
	patience time.Duration
	delay    time.Duration
	last     time.Time // when the latest call came

	deciding sync.Mutex
	open     atomic.Int64 // connections
}

// New starts a proxy on a free port of 127.0.0.1. It adds header to every call.
func New(target string, header http.Header) *Proxy {
	p := &Proxy{target: target, header: header, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			p.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			p.open.Add(-1)
		}
	}
	p.server.Start()
	p.URL = p.server.URL
	return p
}

// Close ends the proxy and every call that still hangs in it.
func (p *Proxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
	p.client.CloseIdleConnections()
}

// SetFault sets the fault that decides about each later call; nil lets all pass.
func (p *Proxy) SetFault(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// SetPatience delays each later call until no other call has come for this time. So all
// calls that are made at once overlap, however busy the machine is, and can be told from
// calls made one after another.
func (p *Proxy) SetPatience(patience time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.patience = patience
}

// SetDelay makes each later call take this much longer, whatever happens to it.
func (p *Proxy) SetDelay(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// wait returns once no call has come for the proxy's patience.
func (p *Proxy) wait() {
	for {
		p.mu.Lock()
		left := time.Until(p.last.Add(p.patience))
		p.mu.Unlock()
		if left <= 0 {
			return
		}
		time.Sleep(left)
	}
}

// Reset forgets the recorded calls.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
}

// Calls returns the calls since the last Reset, in the order in which they came.
func (p *Proxy) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := make([]Call, len(p.calls))
	for i, c := range p.calls {
		calls[i] = *c
	}
	return calls
}

// Drain waits until the callers have closed their connections and every call has ended: a
// call that a killed process had begun still happens.
func (p *Proxy) Drain() {
	for p.open.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// Writes returns the actions of the calls that change anything.
func (p *Proxy) Writes() []string {
	var actions []string
	for _, c := range p.Calls() {
		if c.Writes() {
			actions = append(actions, c.Action)
		}
	}
	return actions
}

// ServeHTTP forwards one call.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call, fault := p.begin(form)
	begun := *call
	effect := p.decide(fault, begun)
	p.wait()
	if effect.Before != nil {
		effect.Before()
	}
	if effect.Instead != nil {
		p.finish(call, 0, "")
		effect.Instead(w, r)
		return
	}
	if effect.With != nil {
		for name, value := range effect.With {
			form.Set(name, value)
		}
		body = []byte(form.Encode())
	}
	resp, err := p.forward(r, body)
	if err != nil {
		p.finish(call, 0, "")
		panic(http.ErrAbortHandler)
	}
	resp = p.judged(r, begun, resp)
	p.finish(call, resp.status, errorCode(resp.body))
	if effect.After != nil {
		effect.After(w, r)
		return
	}
	if effect.Rewritten != nil {
		resp.body = effect.Rewritten(resp.body)
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(resp.status)
	_, _ = w.Write(resp.body) // the caller may be gone, if a test has ended it
}

// begin records a call, waits for the proxy's delay, and returns the fault that decides
// about the call.
func (p *Proxy) begin(form url.Values) (*Call, Fault) {
	p.mu.Lock()
	call := &Call{N: len(p.calls) + 1, Action: form.Get("Action"), Form: maps.Clone(form), Start: time.Now()}
	p.calls = append(p.calls, call)
	p.last = call.Start
	fault, delay := p.fault, p.delay
	p.mu.Unlock()
	time.Sleep(delay)
	return call, fault
}

// decide asks fault about one call at a time, so that a fault may count calls.
func (p *Proxy) decide(fault Fault, c Call) Effect {
	if fault == nil {
		return Effect{}
	}
	p.deciding.Lock()
	defer p.deciding.Unlock()
	return fault(c)
}

func (p *Proxy) finish(call *Call, status int, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	call.End, call.Status, call.Code = time.Now(), status, code
}

type response struct {
	status int
	body   []byte
}

// forward makes the call, whether or not the caller still waits for the answer: IAM also
// finishes a call whose caller is gone.
func (p *Proxy) forward(r *http.Request, body []byte) (response, error) {
	req, err := http.NewRequest(r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return response{}, err
	}
	req.Header = r.Header.Clone()
	for name, values := range p.header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, answer}, err
}

func errorCode(body []byte) string {
	var e struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Code    string   `xml:"Error>Code"`
	}
	if err := xml.Unmarshal(body, &e); err != nil {
		return ""
	}
	return e.Code
}

// CriticalPath returns the length of the longest chain of calls in which each call began
// after the one before had ended. This is the number of round trips to IAM, however many
// calls there are.
func CriticalPath(calls []Call) int {
	sorted := slices.Clone(calls)
	slices.SortFunc(sorted, func(a, b Call) int { return a.Start.Compare(b.Start) })
	length := make([]int, len(sorted))
	longest := 0
	for i, c := range sorted {
		length[i] = 1
		for j := range i {
			if !sorted[j].End.IsZero() && !sorted[j].End.After(c.Start) {
				length[i] = max(length[i], length[j]+1)
			}
		}
		longest = max(longest, length[i])
	}
	return longest
}
