package cloudformation

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// asyncAttempts is how often Lambda runs an event whose invocation fails: once, and two
// retries.
const asyncAttempts = 3

// DefaultTimeout is the function's timeout unless a test sets another.
const DefaultTimeout = 60 * time.Second

// A Stack has one custom resource.
type Stack struct {
	ID        string
	LogicalID string
	Account   string
	Timeout   time.Duration // of the function
	Age       time.Duration // of the events: the time since their response URL was signed

	t        testing.TB
	function *lambdaruntime.Function
	urls     *responseurl.Server

	PhysicalID string     // of the last answer with success; empty if the resource does not exist
	Properties Properties // of the last request that succeeded
}

var stacks atomic.Int64

// NewStack returns a stack whose resource does not exist yet.
func NewStack(t testing.TB, function *lambdaruntime.Function, urls *responseurl.Server, account string) *Stack {
	n := stacks.Add(1)
	return &Stack{
		ID:        fmt.Sprintf("arn:aws:cloudformation:us-east-1:%s:stack/stack-%d/%08d-1111-4222-8333-444444444444", account, n, n),
		LogicalID: "RayIAM", Account: account, Timeout: DefaultTimeout, t: t, function: function, urls: urls,
	}
}

// Use makes another process of the function handle the later events.
func (s *Stack) Use(function *lambdaruntime.Function) { s.function = function }

var requests atomic.Int64

// Event returns an event for the stack's resource.
func (s *Stack) Event(requestType string, properties Properties) Event {
	n := requests.Add(1)
	e := Event{
		RequestType: requestType, ServiceToken: s.function.ARN, ResponseURL: s.urls.URL(s.Age), StackID: s.ID,
		RequestID: fmt.Sprintf("%08d-aaaa-4bbb-8ccc-dddddddddddd", n), LogicalResourceID: s.LogicalID,
		ResourceType: "Custom::RayIAM", ResourceProperties: properties,
	}
	if requestType != "Create" {
		e.PhysicalResourceID = s.PhysicalID
	}
	if requestType == "Update" {
		e.OldResourceProperties = s.Properties
	}
	return e
}

// Rollback returns the event with which CloudFormation rolls back an Update that failed:
// an Update with the properties swapped.
func (s *Stack) Rollback(failed Properties) Event {
	e := s.Event("Update", s.Properties)
	e.OldResourceProperties = failed
	return e
}

// Send delivers an event as Lambda's asynchronous invocation does: it repeats an invocation
// that fails, in a new process if the last one died. It returns the answer. The test fails
// if there is no answer, more than one, or one that CloudFormation would refuse.
func (s *Stack) Send(e Event) Answer {
	s.t.Helper()
	var outcome lambdaruntime.Outcome
	for range asyncAttempts {
		if outcome = s.function.Invoke(e.JSON(), s.Timeout); outcome.OK() {
			break
		}
		if outcome.Died {
			s.replaceFunction()
		}
	}
	answers := s.Answers(e)
	if len(answers) != 1 {
		s.t.Fatalf("%s: %d answers, want 1 (the invocation ended with %+v)\n%s", e.RequestType, len(answers), outcome, s.function.Log())
	}
	return answers[0]
}

// replaceFunction starts a new process if the last one died.
func (s *Stack) replaceFunction() {
	s.t.Helper()
	function, err := s.function.Another()
	if err != nil {
		s.t.Fatalf("starting the function again: %v", err)
	}
	s.t.Cleanup(function.Stop)
	s.function = function
}

// Answers returns the answers to e that CloudFormation received, and checks each.
func (s *Stack) Answers(e Event) []Answer {
	s.t.Helper()
	var answers []Answer
	for _, put := range s.urls.Puts(e.ResponseURL) {
		if !put.Taken {
			continue
		}
		answer, err := Read(put.Body, e)
		if err != nil {
			s.t.Errorf("%s: %v\n%s", e.RequestType, err, put.Body)
		}
		answers = append(answers, answer)
	}
	return answers
}

// Create creates the resource. If that fails, CloudFormation deletes the resource that the
// answer names; the second answer is the Delete's.
func (s *Stack) Create(properties Properties) (create, rollback Answer) {
	s.t.Helper()
	create = s.Send(s.Event("Create", properties))
	if create.OK() {
		s.PhysicalID, s.Properties = create.PhysicalResourceID, properties
		return create, Answer{}
	}
	e := s.Event("Delete", properties)
	e.PhysicalResourceID = create.PhysicalResourceID
	return create, s.Send(e)
}

// Update updates the resource. If the answer has another physical id, CloudFormation
// deletes the old resource with its old properties. If the answer is a failure,
// CloudFormation sends the Update with the properties swapped. The second answer is the
// answer to this Delete or Update, if there was one.
func (s *Stack) Update(properties Properties) (update, then Answer) {
	s.t.Helper()
	update = s.Send(s.Event("Update", properties))
	oldID, old := s.PhysicalID, s.Properties
	if !update.OK() {
		if update.PhysicalResourceID != oldID {
			s.t.Errorf("a failed Update answered %q, want the event's own %q", update.PhysicalResourceID, oldID)
		}
		return update, s.Send(s.Rollback(properties))
	}
	s.PhysicalID, s.Properties = update.PhysicalResourceID, properties
	if update.PhysicalResourceID == oldID {
		return update, Answer{}
	}
	cleanup := s.Event("Delete", old)
	cleanup.PhysicalResourceID = oldID
	return update, s.Send(cleanup)
}

// UpdateThenRollBack updates the resource with success. Then it rolls the stack back, as
// CloudFormation does if another resource fails. If the update has replaced the resource,
// CloudFormation deletes the new one at the end.
func (s *Stack) UpdateThenRollBack(properties Properties) (update, rollback Answer) {
	s.t.Helper()
	oldID, old := s.PhysicalID, s.Properties
	update = s.Send(s.Event("Update", properties))
	if !update.OK() {
		s.t.Fatalf("Update: %s", update.Reason)
	}
	s.PhysicalID, s.Properties = update.PhysicalResourceID, properties
	rollback = s.Send(s.Event("Update", old))
	if !rollback.OK() {
		return update, rollback
	}
	if rollback.PhysicalResourceID != s.PhysicalID {
		cleanup := s.Event("Delete", properties)
		cleanup.PhysicalResourceID = s.PhysicalID
		if answer := s.Send(cleanup); !answer.OK() {
			s.t.Errorf("the Delete at the end of the rollback failed: %s", answer.Reason)
		}
	}
	s.PhysicalID, s.Properties = rollback.PhysicalResourceID, old
	if s.PhysicalID != oldID {
		s.t.Errorf("rolled back to %q, want %q", s.PhysicalID, oldID)
	}
	return update, rollback
}

// Delete deletes the resource.
func (s *Stack) Delete() Answer {
	s.t.Helper()
	answer := s.Send(s.Event("Delete", s.Properties))
	if answer.OK() {
		s.PhysicalID, s.Properties = "", nil
	}
	return answer
}
