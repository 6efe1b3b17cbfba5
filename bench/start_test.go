// Package bench measures what depends on the machine, and so is no part of make test.
//
//	make bench
package bench

import (
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// BenchmarkStart measures the time from the start of a process until it asks Lambda for
// its first event, for the function and for one that does nothing, in turn. The ratio of
// the two is what a machine's speed does not change.
// Reference 10.5.
func BenchmarkStart(b *testing.B) {
	function, empty := built(b, "./function"), built(b, "./bench/empty")
	var ofFunction, ofEmpty time.Duration
	for b.Loop() {
		ofFunction += ready(b, function)
		ofEmpty += ready(b, empty)
	}
	milliseconds := func(all time.Duration) float64 { return all.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(0, "ns/op") // of both together: of no use
	b.ReportMetric(milliseconds(ofFunction), "ms/function")
	b.ReportMetric(milliseconds(ofEmpty), "ms/empty")
	b.ReportMetric(float64(ofFunction)/float64(ofEmpty), "function/empty")
}

func built(b *testing.B, command string) string {
	b.Helper()
	executable, err := checkout.Build(command)
	if err != nil {
		b.Fatal(err)
	}
	return executable
}

func ready(b *testing.B, executable string) time.Duration {
	b.Helper()
	f, err := lambdaruntime.Start(executable, "123456789012")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Stop()
	took, err := f.Ready()
	if err != nil {
		b.Fatal(err)
	}
	return took
}
