// Package faults holds the built function to its promises when things go wrong: at
// every call to IAM, on the way of its answers, and in the order of its requests.
package faults

import (
	"os"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopPools()
	checkout.Clean()
	os.Exit(code)
}
