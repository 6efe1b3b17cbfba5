// Package model plays random stacks in an account that others use too, through random
// operations of CloudFormation, random faults and random changes by hand, and holds the
// account, after each step, to a model that knows the reference and not the code.
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
