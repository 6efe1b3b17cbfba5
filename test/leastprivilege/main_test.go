// Package leastprivilege proves which calls the generated policies allow and deny, with the
// real Ray: its cluster launcher and its autoscaler run against moto with the roles that
// the function made, and every AWS call that the head makes must be allowed by the head's
// policies.
//
// It also proves that a catalogue of dangerous calls is denied, that the default policies
// allow most of it, and that each condition and resource of the generated policies is
// needed. A policy simulator decides as IAM does. Package awscall has the authorizations of
// each call, written by the Service Authorization Reference.
package leastprivilege

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }
