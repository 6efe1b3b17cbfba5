package customresource

import (
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// TestWhereToReadOn checks the end of every Reason, also without a log group.
func TestWhereToReadOn(t *testing.T) {
	group, stream := lambdacontext.LogGroupName, lambdacontext.LogStreamName
	t.Cleanup(func() { lambdacontext.LogGroupName, lambdacontext.LogStreamName = group, stream })
	lambdacontext.LogStreamName = "2026/01/02/[$LATEST]0"
	inv := invocation{requestID: "r", lambdaRequestID: "l"}
	for name, want := range map[string]string{
		"/aws/lambda/ray-iam": " (read on in log group /aws/lambda/ray-iam, log stream 2026/01/02/[$LATEST]0, request id r, Lambda request id l)",
		"":                    " (read on in log stream 2026/01/02/[$LATEST]0, request id r, Lambda request id l)",
	} {
		lambdacontext.LogGroupName = name
		if got := inv.whereToReadOn(); got != want {
			t.Errorf("log group %q: got %q, want %q", name, got, want)
		}
	}
}
