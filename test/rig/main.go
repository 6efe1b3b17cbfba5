package rig

import (
	"flag"
	"os"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A Suite is what the tests of one package have in common.
type Suite struct {
	Servers int               // of moto; 1 where it is 0
	Race    bool              // the function is built with the race detector
	Flags   map[string]string // of go test, where the command line does not say otherwise
}

// suite is the one of this process, which Main sets before any test runs, and shared are
// its servers.
var (
	suite  Suite
	shared = pool{taken: map[string]int{}}
)

// Main runs a suite's tests, and ends what they shared. A TestMain calls it.
func Main(m *testing.M, s Suite) {
	suite = s
	for name, value := range s.Flags {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	flag.Parse()
	code := m.Run()
	Stop()
	os.Exit(code)
}

// Stop ends what is shared in this process.
func Stop() { shared.stop() }

// executable returns the built function as the suite wants it.
func executable() (string, error) {
	if suite.Race {
		return checkout.RaceFunction()
	}
	return checkout.Function()
}
