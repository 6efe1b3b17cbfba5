// Package faults holds the built function to its promises when things go wrong: at
// every call to IAM, on the way of its answers, and in the order of its requests.
package faults

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// There is a server of moto for each of two processors.
func TestMain(m *testing.M) { rig.Main(m, rig.Suite{Servers: 2}) }
