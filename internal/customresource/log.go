package customresource

import (
	"io"
	"log/slog"
)

// timestampForm is RFC 3339 with all its digits, so that the order of the texts is the order
// of the times.
const timestampForm = "2006-01-02T15:04:05.000000Z07:00"

// NewLogger returns a logger that writes JSON, one object a line, with the two members by
// which Lambda filters a function's log: level, and timestamp in RFC 3339. A line whose time
// Lambda does not find counts as INFO, whatever its level, so that a filter set to ERROR
// would lose the errors.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func NewLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
			return slog.String("timestamp", a.Value.Time().UTC().Format(timestampForm))
		}
		return a
	}}))
}
