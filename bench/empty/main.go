// Command empty is a Lambda function that does nothing. The benchmarks compare the
// provider's function with it.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(func(context.Context) error { return nil }) }
