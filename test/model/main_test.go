// Package model sends random requests of random stacks to the function, in an account that
// others use too, with random faults and random changes by hand. After each step it
// compares the account with a model, which is written from the reference and not from the
// code.
package model

import (
	"fmt"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

func TestMain(m *testing.M) {
	rig.Main(m, rig.Suite{Servers: servers, Flags: map[string]string{
		"rapid.checks": fmt.Sprint(runs), "rapid.steps": fmt.Sprint(steps), "rapid.nofailfile": "true", "rapid.shrinktime": "2m",
	}})
}
