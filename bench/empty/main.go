// Command empty is a Lambda function that does nothing: what the benchmarks measure the
// provider's function against.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(func(context.Context) error { return nil }) }
