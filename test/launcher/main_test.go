// Package launcher proves which calls the launcher's policies allow and deny, with the real
// Ray: Ray's own commands run against moto, and every AWS call that they make must be
// allowed by the policies that examples/launcher.yaml makes.
//
// It also proves that a catalogue of dangerous calls is denied, and that each condition and
// resource of the policies is needed for that. A policy simulator decides as IAM does.
// Package awscall has the authorizations of each call, written by the Service Authorization
// Reference.
package launcher

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }
