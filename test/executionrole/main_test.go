// Package executionrole proves what the provider's execution role allows and denies. It tests
// the policy as it is deployed: the template after the SAM transform, with its parameters
// resolved, in a policy simulator.
//
// It shows that the function can do its whole job under the role, that a catalogue of
// dangerous calls is denied, that no action is allowed which the code does not call,
// and that each condition, resource and denial of the policy is needed for that.
// What IAM itself does with a policy it takes from the simulator and its copy of the
// Service Authorization Reference.
package executionrole

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }
