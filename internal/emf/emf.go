// Package emf writes log lines in CloudWatch's embedded metric format, which CloudWatch turns
// into metrics without a call.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package emf

import (
	"log/slog"
	"time"
)

// Namespace is the CloudWatch namespace of the metrics.
const Namespace = "CustomRayIAM"

// A Metric is a number in the log line.
type Metric struct {
	Name string
	Unit string // Count, Milliseconds
}

// Metadata is the member _aws.
type Metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []Directive
}

// A Directive says which members of the line are metrics and dimensions.
type Directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []Metric
}

// Attr returns the member _aws, which says which other members of the line are metrics and
// which are dimensions. Each list of dimensions makes a metric of its own.
func Attr(at time.Time, dimensions [][]string, metrics ...Metric) slog.Attr {
	return slog.Any("_aws", Metadata{at.UnixMilli(), []Directive{{Namespace, dimensions, metrics}}})
}
