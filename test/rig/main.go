package rig

import (
	"flag"
	"os"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A Suite says how the tests of one package are run.
type Suite struct {
	Servers int               // number of moto servers; 0 means 1
	Race    bool              // build the function with the race detector
	Flags   map[string]string // flags of go test, unless the command line sets them
}

// suite is the suite of this process, set by Main before any test runs. shared has its
// servers.
var (
	suite  Suite
	shared = pool{taken: map[string]int{}}
)

// Main runs a suite's tests, and then ends the servers that they shared. A TestMain calls
// it.
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

// Stop ends the servers that the tests of this process share.
func Stop() { shared.stop() }

// executable returns the built function, with the race detector if the suite asks for it.
func executable() (string, error) {
	if suite.Race {
		return checkout.RaceFunction()
	}
	return checkout.Function()
}
