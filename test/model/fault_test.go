package model

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// A fault chooses calls by their content and not by their order, because the function makes
// many calls at once, in no fixed order. Salt chooses about one in Of different calls.
type fault struct {
	Kind string // denied, killed or a key of temporary; empty for no fault
	Salt uint32
	Of   uint32

	Writes bool // only calls that change anything are chosen
}

// temporary are the faults in spite of which an operation has its full effect. Each chosen
// call fails once; its retry succeeds.
var temporary = map[string]iamproxy.Effect{
	"throttled":    iamproxy.Answer(http.StatusBadRequest, "Throttling"),
	"concurrent":   iamproxy.Answer(http.StatusConflict, "ConcurrentModification"),
	"unmodifiable": iamproxy.Answer(http.StatusConflict, "EntityTemporarilyUnmodifiable"),
	"failure":      iamproxy.Answer(http.StatusInternalServerError, "ServiceFailure"),
	"503":          {Instead: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
	"cut before":   iamproxy.DropBefore(),
	"cut after":    iamproxy.DropAfter(),
}

const (
	denied       = "denied"
	killedBefore = "killed before"
	killedAfter  = "killed after"
)

func (f fault) killed() bool { return strings.HasPrefix(f.Kind, "killed") }

func (f fault) String() string {
	if f.Kind == "" {
		return ""
	}
	calls := "calls"
	if f.Writes {
		calls = "writes"
	}
	return fmt.Sprintf(", %s (one in %d %s, salt %d)", f.Kind, f.Of, calls, f.Salt)
}

var accountDigits = regexp.MustCompile(`\b[0-9]{12}\b`)

// identity returns what identifies a call, whatever the account.
func identity(c iamproxy.Call) string {
	parts := []string{c.Action}
	for _, key := range []string{"RoleName", "InstanceProfileName", "PolicyName", "PolicyArn"} {
		if value := c.Form.Get(key); value != "" {
			parts = append(parts, accountDigits.ReplaceAllString(value, "ACCOUNT"))
		}
	}
	return strings.Join(parts, " ")
}

func (f fault) picks(call string) bool {
	h := fnv.New32a()
	fmt.Fprintf(h, "%d %s", f.Salt, call)
	return h.Sum32()%f.Of == 0
}

// Hits are the calls that met a fault.
type hits struct {
	mu    sync.Mutex
	calls map[string]int
}

func (h *hits) add(call string) (times int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.calls == nil {
		h.calls = map[string]int{}
	}
	h.calls[call]++
	return h.calls[call]
}

func (h *hits) list() (calls []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for call := range h.calls {
		calls = append(calls, call)
	}
	slices.Sort(calls)
	return calls
}

// proxy returns the fault in the proxy's form. kill kills the process.
func (f fault) proxy(h *hits, kill func()) iamproxy.Fault {
	if f.Kind == "" {
		return nil
	}
	over := false // a process is killed once
	return func(c iamproxy.Call) iamproxy.Effect {
		call := identity(c)
		if !f.picks(call) || f.Writes && !c.Writes() || over {
			return iamproxy.Effect{}
		}
		times := h.add(call)
		switch {
		case f.Kind == denied:
			return iamproxy.Denied()
		case f.killed():
			over = true
			return iamproxy.Then(f.Kind == killedBefore, kill)
		case times > 1:
			return iamproxy.Effect{}
		}
		return temporary[f.Kind]
	}
}
