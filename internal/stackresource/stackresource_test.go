package stackresource_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/ray-iam/custom-rayiam/internal/stackresource"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

func TestMain(m *testing.M) {
	code := m.Run()
	moto.StopShared()
	os.Exit(code)
}

const template = `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}}`

// TestRead reads the resources of real stacks, as far as moto's are.
func TestRead(t *testing.T) {
	pool, err := moto.Shared()
	if err != nil {
		t.Fatal(err)
	}
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(pool.URL()), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
	})}
	stack, err := cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(template)})
	if err != nil {
		t.Fatal(err)
	}
	reader := stackresource.NewReader(cfg)
	state, err := reader.Read(t.Context(), aws.ToString(stack.StackId), "Queue")
	if err != nil || state.Status != "CREATE_COMPLETE" || !strings.HasSuffix(state.PhysicalID, "/q") {
		t.Errorf("got %+v and %v, want a complete queue", state, err)
	}
	for _, nothing := range [][2]string{{aws.ToString(stack.StackId), "Nothing"}, {"arn:aws:cloudformation:us-east-1:123456789012:stack/none/1", "Queue"}} {
		state, err := reader.Read(t.Context(), nothing[0], nothing[1])
		if err == nil || state != (stackresource.State{}) || !strings.Contains(err.Error(), "reading the state of "+nothing[1]) {
			t.Errorf("%v: got %+v and %v, want an error", nothing, state, err)
		}
	}
}
