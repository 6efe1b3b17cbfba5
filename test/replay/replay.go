// Package replay runs one event file through the built function, with moto as IAM,
// after what must have come before it: a Create before an Update or a Delete.
package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/ray-iam/custom-rayiam/test/checkout"
	"github.com/ray-iam/custom-rayiam/test/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/iamaccount"
	"github.com/ray-iam/custom-rayiam/test/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/moto"
	"github.com/ray-iam/custom-rayiam/test/responseurl"
)

// account is moto's own, and that of the files in events/.
const account = "123456789012"

// A Result is what came of an event.
type Result struct {
	Event  cloudformation.Event
	Answer cloudformation.Answer
	Sent   []byte // the answer as it was put
	Before iamaccount.Snapshot
	After  iamaccount.Snapshot
	Log    string
}

// Run replays the event in file and stops all that it started.
func Run(file string) (result Result, err error) {
	event, err := read(file)
	if err != nil {
		return Result{}, err
	}
	server, err := moto.Start()
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	executable, err := checkout.Function()
	if err != nil {
		return Result{}, err
	}
	function, err := lambdaruntime.Start(executable, account, "AWS_ENDPOINT_URL="+server.URL)
	if err != nil {
		return Result{}, err
	}
	defer function.Stop()
	s := &session{server: server, function: function, urls: responseurl.New()}
	defer s.urls.Close()
	if err := s.prepare(event); err != nil {
		return Result{}, err
	}
	return s.run(event)
}

type session struct {
	server   *moto.Server
	function *lambdaruntime.Function
	urls     *responseurl.Server
}

func read(file string) (cloudformation.Event, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return cloudformation.Event{}, err
	}
	var event cloudformation.Event
	if err := json.Unmarshal(content, &event); err != nil {
		return event, fmt.Errorf("reading %s: %w", file, err)
	}
	return event, nil
}

// prepare creates what the event finds.
func (s *session) prepare(event cloudformation.Event) error {
	before := event
	before.RequestType, before.PhysicalResourceID, before.OldResourceProperties = "Create", "", nil
	switch event.RequestType {
	case "Update":
		before.ResourceProperties = event.OldResourceProperties
	case "Delete":
	default:
		return nil
	}
	answer, _, err := s.send(before)
	if err != nil {
		return err
	}
	if !answer.OK() {
		return fmt.Errorf("the Create that comes before this event failed: %s", answer.Reason)
	}
	return nil
}

func (s *session) run(event cloudformation.Event) (Result, error) {
	client := iamaccount.Client(s.server.URL, http.Header{})
	before, err := iamaccount.Read(context.Background(), client)
	if err != nil {
		return Result{}, err
	}
	answer, sent, err := s.send(event)
	if err != nil {
		return Result{}, err
	}
	after, err := iamaccount.Read(context.Background(), client)
	if err != nil {
		return Result{}, err
	}
	return Result{Event: event, Answer: answer, Sent: sent, Before: before, After: after, Log: s.function.Log()}, nil
}

// send runs one event and reads its one answer as CloudFormation does.
func (s *session) send(event cloudformation.Event) (cloudformation.Answer, []byte, error) {
	event.ResponseURL = s.urls.URL(0)
	outcome := s.function.Invoke(event.JSON(), 60*time.Second)
	puts := s.urls.Puts(event.ResponseURL)
	if len(puts) != 1 {
		return cloudformation.Answer{}, nil, fmt.Errorf("%s: %d answers (the invocation ended with %+v)\n%s", event.RequestType, len(puts), outcome, s.function.Log())
	}
	answer, err := cloudformation.Read(puts[0].Body, event)
	return answer, puts[0].Body, err
}
