package customresource

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// An invocation has Lambda's data about one invocation of the function.
type invocation struct {
	functionARN     string // the function's own ARN; the ServiceToken if Lambda does not give it
	lambdaRequestID string
	requestID       string // the RequestId of CloudFormation's event
}

func invocationOf(ctx context.Context, r Request) invocation {
	inv := invocation{functionARN: r.ServiceToken, requestID: r.RequestID}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		inv.lambdaRequestID = lc.AwsRequestID
		if lc.InvokedFunctionArn != "" {
			inv.functionARN = lc.InvokedFunctionArn
		}
	}
	return inv
}

// whereToReadOn is the end of every Reason. Lambda names the log group; a local stand-in may not.
func (inv invocation) whereToReadOn() string {
	group := ""
	if name := lambdacontext.LogGroupName; name != "" {
		group = "log group " + name + ", "
	}
	return fmt.Sprintf(" (read on in %slog stream %s, request id %s, Lambda request id %s)",
		group, lambdacontext.LogStreamName, inv.requestID, inv.lambdaRequestID)
}
