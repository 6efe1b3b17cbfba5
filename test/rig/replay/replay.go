// Package replay runs one event file through the built function, with moto as IAM,
// after what must have come before it: a Create before an Update or a Delete.
package replay

import (
	"bytes"
	"encoding/json"
	"os"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// Account is the account id in the files of events/. In a Result, the rig's account
// replaces it.
const Account = "123456789012"

// A Result is what one event led to.
type Result struct {
	Event  cloudformation.Event
	Answer cloudformation.Answer
	Sent   []byte // the body of the answer
	Before rig.Snapshot
	After  rig.Snapshot
}

// Run sends the event in file to the function in an empty account. It fails the test if
// there is no answer; the answer may be FAILED.
func Run(r *rig.Rig, file string) Result {
	r.TB.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		r.TB.Fatal(err)
	}
	var event cloudformation.Event
	if err := json.Unmarshal(bytes.ReplaceAll(content, []byte(Account), []byte(r.AccountID)), &event); err != nil {
		r.TB.Fatalf("reading %s: %v", file, err)
	}
	r.Wipe()
	prepare(r, event)
	before := r.Snapshot()
	event.ResponseURL = r.URLs.URL(0)
	answer := r.Stack().Send(event)
	return Result{Event: event, Answer: answer, Sent: r.URLs.Puts(event.ResponseURL)[0].Body, Before: before, After: r.Snapshot()}
}

// prepare creates what the event expects to exist.
func prepare(r *rig.Rig, event cloudformation.Event) {
	r.TB.Helper()
	switch event.RequestType {
	case "Create":
		return
	case "Update":
		event.ResourceProperties = event.OldResourceProperties
	}
	event.RequestType, event.PhysicalResourceID, event.OldResourceProperties = "Create", "", nil
	event.ResponseURL = r.URLs.URL(0)
	if answer := r.Stack().Send(event); !answer.OK() {
		r.TB.Fatalf("the Create that comes before this event failed: %s", answer.Reason)
	}
}
