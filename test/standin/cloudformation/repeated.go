package cloudformation

import (
	"fmt"
	"sync"

	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// GeneratedID returns an id of the form that CloudFormation gives a resource whose
// Create never answered.
func (s *Stack) GeneratedID() string {
	return fmt.Sprintf("stack-%s-%012X", s.LogicalID, requests.Add(1))
}

// CreateCancelled creates the resource while CloudFormation has given up on it
// already, because another resource of the stack failed: nobody takes in what is
// answered, and the Delete comes with an id that CloudFormation made up.
func (s *Stack) CreateCancelled(properties Properties) Answer {
	s.t.Helper()
	s.Send(s.Event("Create", properties))
	e := s.Event("Delete", properties)
	e.PhysicalResourceID = s.GeneratedID()
	return s.Send(e)
}

// SendOnce delivers an event one time and returns its answer. It is a failure of the
// test when Lambda would run the event again, as it would if it had to end the process.
func (s *Stack) SendOnce(e Event) Answer {
	s.t.Helper()
	s.invoked(e, s.function.Invoke(e.JSON(), s.Timeout))
	return s.answered(e, 1)[0]
}

// SendTwice delivers one event two times, one after another, and returns both
// answers: Lambda promises to deliver at least once.
func (s *Stack) SendTwice(e Event) []Answer {
	s.t.Helper()
	for range 2 {
		s.invoked(e, s.function.Invoke(e.JSON(), s.Timeout))
	}
	return s.answered(e, 2)
}

// SendAtOnce delivers one event to the stack's process and to others at the same
// time, and returns the answers of all.
func (s *Stack) SendAtOnce(e Event, others ...*lambdaruntime.Function) []Answer {
	s.t.Helper()
	functions := append([]*lambdaruntime.Function{s.function}, others...)
	outcomes := make([]lambdaruntime.Outcome, len(functions))
	var all sync.WaitGroup
	for i, f := range functions {
		all.Go(func() { outcomes[i] = f.Invoke(e.JSON(), s.Timeout) })
	}
	all.Wait()
	for _, outcome := range outcomes {
		s.invoked(e, outcome)
	}
	return s.answered(e, len(functions))
}

func (s *Stack) invoked(e Event, outcome lambdaruntime.Outcome) {
	s.t.Helper()
	if !outcome.OK() {
		s.t.Errorf("%s: the invocation ended with %+v", e.RequestType, outcome)
	}
}

func (s *Stack) answered(e Event, want int) []Answer {
	s.t.Helper()
	answers := s.Answers(e)
	if len(answers) != want {
		s.t.Fatalf("%s: %d answers, want %d", e.RequestType, len(answers), want)
	}
	return answers
}
