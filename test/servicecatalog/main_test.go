// Package servicecatalog proves examples/service-catalog.yaml as far as that can be done
// without AWS: no emulator knows Service Catalog.
//
// The launch role is judged in the policy simulator: it may make every call that a launch,
// an update and a termination make, the product's resources included, by their published
// schemas; a catalogue of dangerous calls is denied; and nothing in its policy is there for
// nothing. The portfolio's constraints are held to the product's parameters. And the
// product is launched, updated and terminated on a local AWS, which asks the launch role's
// policy at each call.
//
// Which calls Service Catalog makes is taken from AWS's own managed policies and its
// guides; docs/service-catalog.md lists them, and what nobody confirms.
package servicecatalog

import (
	"os"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

func TestMain(m *testing.M) {
	code := m.Run()
	checkout.Clean()
	os.Exit(code)
}
