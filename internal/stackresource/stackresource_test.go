package stackresource_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

const template = `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}}`

// TestRead reads the resources of stacks that moto creates.
func TestRead(t *testing.T) {
	server, err := moto.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
	})}
	stack, err := cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(template)})
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine the emulator's first answers take longer than a Reader waits.
	client := cloudformation.NewFromConfig(cfg)
	if _, err := client.DescribeStackResource(t.Context(), &cloudformation.DescribeStackResourceInput{StackName: stack.StackId, LogicalResourceId: aws.String("Queue")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: stack.StackId}); err != nil {
		t.Fatal(err)
	}
	reader := stackresource.NewReader(cfg)
	state, err := reader.Read(t.Context(), aws.ToString(stack.StackId), "Queue")
	if err != nil || state.Status != "CREATE_COMPLETE" || !strings.HasSuffix(state.PhysicalID, "/q") {
		t.Errorf("got %+v and %v, want a complete queue", state, err)
	}
	found, err := reader.Find(t.Context(), aws.ToString(stack.StackId), state.PhysicalID, noLogicalID)
	if err != nil || found != state {
		t.Errorf("found %+v and %v, want %+v", found, err, state)
	}
	byLogicalID, err := reader.Find(t.Context(), aws.ToString(stack.StackId), "not shown yet", func(logicalID string) bool { return logicalID == "Queue" })
	if err != nil || byLogicalID != state {
		t.Errorf("found by logical id %+v and %v, want %+v", byLogicalID, err, state)
	}
	got, err := reader.Stack(t.Context(), aws.ToString(stack.StackId))
	if want := (stackresource.Stack{Status: "CREATE_COMPLETE"}); got != want || err != nil {
		t.Errorf("the stack is %+v (%v), want %+v", got, err, want)
	}
	absent(t, reader, aws.ToString(stack.StackId))
}

// absent checks a Reader's errors for missing stacks and resources, beside an existing stack.
func absent(t *testing.T, reader *stackresource.Reader, stackID string) {
	t.Helper()
	none := "arn:aws:cloudformation:us-east-1:123456789012:stack/none/1"
	for _, tt := range []struct {
		stack, name string
		want        error
	}{{stackID, "Nothing", stackresource.ErrNoResource}, {none, "Queue", stackresource.ErrNoStack}} {
		state, err := reader.Read(t.Context(), tt.stack, tt.name)
		if !errors.Is(err, tt.want) || state != (stackresource.State{}) || !strings.Contains(err.Error(), "reading the state of "+tt.name) {
			t.Errorf("%v: got %+v and %v, want %v", tt, state, err, tt.want)
		}
		if _, err := reader.Find(t.Context(), tt.stack, tt.name, noLogicalID); !errors.Is(err, tt.want) {
			t.Errorf("%v: Find returned the error %v, want %v", tt, err, tt.want)
		}
	}
	if stack, err := reader.Stack(t.Context(), none); !errors.Is(err, stackresource.ErrNoStack) || stack != (stackresource.Stack{}) {
		t.Errorf("a stack that does not exist: got %+v and %v, want %v", stack, err, stackresource.ErrNoStack)
	}
	for _, malformed := range []string{"", "s", "arn:aws:cloudformation:example.com/:123456789012:stack/s/1", "arn:aws:iam:us-east-1:123456789012:stack/s/1"} {
		_, read := reader.Read(t.Context(), malformed, "Queue")
		_, found := reader.Find(t.Context(), malformed, "q", noLogicalID)
		_, asked := reader.Stack(t.Context(), malformed)
		for _, err := range []error{read, found, asked} {
			if err == nil || !strings.Contains(err.Error(), "reading StackId") {
				t.Errorf("%q: %v, want an error of the id's form", malformed, err)
			}
		}
	}
	// Another Region has its own stacks.
	elsewhere := strings.Replace(stackID, "us-east-1", "eu-west-1", 1)
	if _, err := reader.Read(t.Context(), elsewhere, "Queue"); !errors.Is(err, stackresource.ErrNoStack) {
		t.Errorf("in another Region: %v, want %v", err, stackresource.ErrNoStack)
	}
}

func noLogicalID(string) bool { return false }

// TestStack_Settled checks in which states of a stack CloudFormation rolls nothing back.
// Reference 4.13.
func TestStack_Settled(t *testing.T) {
	for status, want := range map[string]bool{
		"CREATE_COMPLETE": true, "UPDATE_COMPLETE": true, "ROLLBACK_COMPLETE": true, "UPDATE_ROLLBACK_COMPLETE": true, "IMPORT_COMPLETE": true, "DELETE_COMPLETE": true,
		"CREATE_IN_PROGRESS": false, "UPDATE_IN_PROGRESS": false, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": false, "UPDATE_ROLLBACK_IN_PROGRESS": false, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": false,
		"UPDATE_FAILED": false, "UPDATE_ROLLBACK_FAILED": false, "ROLLBACK_FAILED": false, "DELETE_FAILED": false, "": false,
	} {
		if got := (stackresource.Stack{Status: status}).Settled(); got != want {
			t.Errorf("%q: %v, want %v", status, got, want)
		}
	}
}

// TestTemporary checks for which errors the same call may succeed later.
// Reference 14.4.
func TestTemporary(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&smithy.GenericAPIError{Code: "Throttling"}, true},
		{&smithy.GenericAPIError{Code: "AccessDenied"}, false},
		{fmt.Errorf("reading: %w", &smithy.GenericAPIError{Code: "ValidationError"}), false},
		{&smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 503}}, Err: &smithy.GenericAPIError{Code: "Unknown"}}, true},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), true},
		{context.Canceled, false},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
		{&net.DNSError{IsNotFound: true}, false},
	} {
		if got := stackresource.Temporary(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}
