package deployed

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Environment returns the environment of the provider's function, which has the
// administrator's bounds: nil if Lambda does not show it. The error says why it cannot be
// read. It needs lambda:GetFunctionConfiguration.
func Environment(ctx context.Context, cfg aws.Config, functionARN string) (map[string]string, error) {
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		if parts := strings.SplitN(functionARN, ":", 5); len(parts) == 5 {
			o.Region = parts[3]
		}
	})
	out, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &functionARN})
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the configuration of %s: %w", functionARN, classified(err))
	case out.Environment == nil:
		return map[string]string{}, nil
	case out.Environment.Error != nil:
		return nil, fmt.Errorf("reading the environment of %s: %s", functionARN, aws.ToString(out.Environment.Error.Message))
	}
	return out.Environment.Variables, nil
}
