package provider

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

// maxRefusals bounds how many refused Updates are kept.
const maxRefusals = 256

// refusals keep, for each resource, the last Update that was refused before anything was
// written. CloudFormation rolls such an Update back with another one, whose properties are
// swapped and which finds the same in its way. It has nothing to do, and to refuse it would
// leave the stack in UPDATE_ROLLBACK_FAILED.
//
// Nothing in the event says that it is a rollback. Properties that were refused never became
// the resource's, so only its rollback has them as the old ones. A process keeps what it has
// refused itself: Lambda sends the two events, a few seconds apart, to one process, unless it
// is busy with another stack.
type refusals struct {
	mu   sync.Mutex
	last map[string]refusal // by stack and logical id
}

// A refusal is the properties of an Update that was refused.
type refusal struct{ properties, old []byte }

func keyOf(r customresource.Request) string { return r.StackID + "|" + r.LogicalID }

// maxFirstAge is the age up to which a request cannot be a retry of one that was cut off,
// which may have written something: Lambda retries after a minute.
const maxFirstAge = 30 * time.Second

// add keeps an Update that was refused.
func (f *refusals) add(r customresource.Request) {
	now := time.Now()
	if r.Type != cfn.RequestUpdate || now.Sub(r.Issued(now)) > maxFirstAge {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.last) >= maxRefusals || f.last == nil {
		f.last = map[string]refusal{}
	}
	f.last[keyOf(r)] = refusal{canonical(r.Properties), canonical(r.OldProperties)}
}

// rollsBack reports whether an Update rolls back one that was refused.
func (f *refusals) rollsBack(r customresource.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.last[keyOf(r)]
	return ok && r.Type == cfn.RequestUpdate && bytes.Equal(last.properties, canonical(r.OldProperties)) && bytes.Equal(last.old, canonical(r.Properties))
}

// canonical gives equal JSON one spelling. What is not JSON stays as it is.
func canonical(raw json.RawMessage) []byte {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return raw
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}
