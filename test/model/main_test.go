// Package model plays random stacks in an account that others use too, through random
// operations of CloudFormation, random faults and random changes by hand, and holds the
// account, after each step, to a model that knows the contract and not the code.
package model

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": fmt.Sprint(runs), "rapid.steps": fmt.Sprint(steps), "rapid.nofailfile": "true", "rapid.shrinktime": "2m"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	flag.Parse()
	code := m.Run()
	checkout.Clean()
	os.Exit(code)
}
