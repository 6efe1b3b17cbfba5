// Package executionrole proves which calls the provider's execution role allows and denies.
// It tests the policies as they are deployed: from the template after the SAM transform,
// with its parameters resolved, in a policy simulator.
//
// It proves that the function can do its whole job under the role, that a catalogue of
// dangerous calls is denied, that no action is allowed which the code does not call, and
// that each condition, resource and denial of the policies is needed. How IAM evaluates a
// policy is decided by the simulator, with its copy of the Service Authorization Reference.
package executionrole

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }
