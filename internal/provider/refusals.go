package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
)

// maxRefusals bounds how many refused Updates are kept.
const maxRefusals = 256

// refusals keep, for each resource, the last Update that this process refused because of its
// properties or of a conflict. CloudFormation rolls such an Update back with another Update,
// whose properties are swapped and which may have the same conflict. This rollback has nothing
// to do, and a refusal would leave the stack in UPDATE_ROLLBACK_FAILED.
//
// The event does not say that it is a rollback. But refused properties never became the
// resource's, so until the next Update, only the rollback has them as its old properties. Any
// other request for the resource clears the entry, and an hour does, too. Lambda sends the two
// events, a few seconds apart, to the same process, unless that is busy with another stack. In
// another process, CloudFormation is asked about a conflict: see leavesConflicts.
type refusals struct {
	mu   sync.Mutex
	last map[string]refusal // by stack and logical id
}

// A refusal is the properties of an Update that was refused.
type refusal struct {
	properties, old []byte
	at              time.Time
}

// maxRefusalAge is how long a refusal is kept: CloudFormation waits no longer for a request.
const maxRefusalAge = time.Hour

// maxFirstAge is the age up to which a request cannot be a retry of a request that was cut off
// after it may have written something: Lambda retries after a minute.
const maxFirstAge = 30 * time.Second

func keyOf(r customresource.Request) string { return r.StackID + "|" + r.LogicalID }

// rollsBack reports whether an Update rolls back a refused Update. Any other request clears
// the resource's entry.
func (f *refusals) rollsBack(r customresource.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.last[keyOf(r)]
	if ok && r.Type == cfn.RequestUpdate && time.Since(last.at) < maxRefusalAge &&
		bytes.Equal(last.properties, canonical(r.OldProperties)) && bytes.Equal(last.old, canonical(r.Properties)) {
		return true
	}
	delete(f.last, keyOf(r))
	return false
}

// add keeps an Update that was refused with err before anything was written.
func (f *refusals) add(r customresource.Request, err error) {
	now := time.Now()
	if r.Type != cfn.RequestUpdate || !isRefusal(err) || r.Age(now) > maxFirstAge {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.last) >= maxRefusals || f.last == nil {
		f.last = map[string]refusal{}
	}
	f.last[keyOf(r)] = refusal{canonical(r.Properties), canonical(r.OldProperties), now}
}

// isRefusal reports whether an error comes from the properties, or from a conflict.
func isRefusal(err error) bool {
	refused, ok := errors.AsType[interface {
		error
		Refused() bool
	}](err)
	return ok && refused.Refused()
}

// canonical returns the same text for equal JSON. Text that is not JSON is returned unchanged.
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
