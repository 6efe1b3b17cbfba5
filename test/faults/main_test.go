// Package faults proves what the reference promises when something fails: faults at every
// call to IAM and EC2, lost answers, and requests that CloudFormation supersedes.
package faults

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// TestMain starts two moto servers, for the two processors that the checks are meant for.
func TestMain(m *testing.M) { rig.Main(m, rig.Suite{Servers: 2}) }
