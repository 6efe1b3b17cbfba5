// Package launcher proves what the launcher's policy holds, with the real Ray: its own
// commands run against moto, and every AWS call that they make must be allowed by the
// policy that examples/launcher.yaml makes.
//
// It also shows that a catalogue of dangerous calls is denied, and that each condition and
// resource of the policy is needed for that. What IAM says to a call comes from a policy
// simulator; how AWS takes a call apart into authorizations is written down here, by the
// Service Authorization Reference.
package launcher

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }
