package cloudformation

import (
	"fmt"
	"sync"

	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// GeneratedID returns an id of the form that CloudFormation makes up for a resource whose
// Create never answered.
func (s *Stack) GeneratedID() string {
	return fmt.Sprintf("stack-%s-%012X", s.LogicalID, requests.Add(1))
}

// SendOnce delivers an event once and returns its answer. The test fails if Lambda would
// run the event again, as it does if the invocation fails.
func (s *Stack) SendOnce(e Event) Answer {
	s.t.Helper()
	s.invoked(e, s.function.Invoke(e.JSON(), s.Timeout))
	return s.answered(e, 1)[0]
}

// SendTwice delivers one event two times, one after the other, and returns both answers.
// Lambda delivers an event at least once, so it may deliver it twice.
func (s *Stack) SendTwice(e Event) []Answer {
	s.t.Helper()
	for range 2 {
		s.invoked(e, s.function.Invoke(e.JSON(), s.Timeout))
	}
	return s.answered(e, 2)
}

// SendAtOnce delivers one event at the same time to the stack's process and to others, and
// returns all answers.
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
