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

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
	"github.com/ray-iam/custom-rayiam/test/standin/responseurl"
)

// account is moto's own, and that of the files in events/.
const account = "123456789012"

// A Result is what came of an event.
type Result struct {
	Event  cloudformation.Event
	Answer cloudformation.Answer
	Sent   []byte // the answer as it was put
	Before rig.Snapshot
	After  rig.Snapshot
	Log    string
}

// Run replays the event in file on a stage of its own.
func Run(file string) (result Result, err error) {
	s, err := NewStage()
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Run(file)
}

// A Stage is a process of the function, its IAM and the far end of its answers. One
// event at a time is played on it.
type Stage struct {
	server   *moto.Server
	function *lambdaruntime.Function
	urls     *responseurl.Server
}

// NewStage starts what events need. Close stops it.
func NewStage() (*Stage, error) {
	server, err := moto.Start()
	if err != nil {
		return nil, err
	}
	executable, err := checkout.Function()
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	function, err := lambdaruntime.Start(executable, account, "AWS_ENDPOINT_URL="+server.URL)
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return &Stage{server: server, function: function, urls: responseurl.New()}, nil
}

// Close stops all that NewStage started.
func (s *Stage) Close() error {
	s.urls.Close()
	s.function.Stop()
	return s.server.Stop()
}

// Run replays the event in file in an empty account.
func (s *Stage) Run(file string) (Result, error) {
	event, err := read(file)
	if err != nil {
		return Result{}, err
	}
	if err := rig.Wipe(context.Background(), s.client()); err != nil {
		return Result{}, fmt.Errorf("wiping the account: %w", err)
	}
	if err := s.prepare(event); err != nil {
		return Result{}, err
	}
	return s.run(event)
}

func (s *Stage) client() *iam.Client { return rig.Client(s.server.URL, http.Header{}) }

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
func (s *Stage) prepare(event cloudformation.Event) error {
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

func (s *Stage) run(event cloudformation.Event) (Result, error) {
	client := s.client()
	before, err := rig.Read(context.Background(), client)
	if err != nil {
		return Result{}, err
	}
	answer, sent, err := s.send(event)
	if err != nil {
		return Result{}, err
	}
	after, err := rig.Read(context.Background(), client)
	if err != nil {
		return Result{}, err
	}
	return Result{Event: event, Answer: answer, Sent: sent, Before: before, After: after, Log: s.function.Log()}, nil
}

// send runs one event and reads its one answer as CloudFormation does.
func (s *Stage) send(event cloudformation.Event) (cloudformation.Answer, []byte, error) {
	event.ResponseURL = s.urls.URL(0)
	outcome := s.function.Invoke(event.JSON(), 60*time.Second)
	puts := s.urls.Puts(event.ResponseURL)
	if len(puts) != 1 {
		return cloudformation.Answer{}, nil, fmt.Errorf("%s: %d answers (the invocation ended with %+v)\n%s", event.RequestType, len(puts), outcome, s.function.Log())
	}
	answer, err := cloudformation.Read(puts[0].Body, event)
	return answer, puts[0].Body, err
}
