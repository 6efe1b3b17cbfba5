// Package sdklog makes AWS's SDK log through slog. Otherwise the SDK writes lines in its own
// form to standard error, for example about a connection that it cannot reuse.
package sdklog

import (
	"fmt"
	"log/slog"

	"github.com/aws/smithy-go/logging"
)

// To returns a logger for the SDK, which logs the SDK's warnings as warnings of log, and
// everything else at the debug level.
func To(log *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(class logging.Classification, format string, v ...any) {
		if text := fmt.Sprintf(format, v...); class == logging.Warn {
			log.Warn("the AWS SDK warns", "text", text)
		} else {
			log.Debug("the AWS SDK says", "text", text)
		}
	})
}
