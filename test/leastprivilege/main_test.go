// Package leastprivilege proves what the generated policies hold with the real Ray: its cluster
// launcher and its autoscaler run against moto with the roles that the function made,
// and every AWS call that the head makes must be allowed by the head's policies.
//
// It also shows that a catalogue of dangerous calls is denied, that the default
// policies allow most of it, and that each condition and resource of the generated
// policies is needed for that. What IAM says to a call comes from a policy simulator;
// how EC2 takes a call apart into authorizations is written down here, by the Service
// Authorization Reference.
package leastprivilege

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }
