package rayiam

import (
	"fmt"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// core runs the pure core for one request: declare, check, desire, plan.
func core(p Properties, o Observed) error {
	declared := Declare(p, testStack)
	if faults := declared.Check(Bounds{}); len(faults) > 0 {
		return faults
	}
	_, err := NewPlan(Desired{Owner: ownerOf(p), Nodes: declared.Nodes(ownerOf(p))}, o)
	return err
}

// manyGroups declares n worker groups.
func manyGroups(n int) Properties {
	return edited(func(p *Properties) {
		p.WorkerGroups = nil
		for i := range n {
			p.WorkerGroups = append(p.WorkerGroups, WorkerGroup{Name: fmt.Sprint("g", i)})
		}
	})
}

// A coreCase is a request in an account that has nothing, or the whole set.
type coreCase struct {
	name    string
	p       Properties
	settled bool
	allocs  float64 // upper bound: the number with the race detector, and half as much again
}

var coreCases = []coreCase{
	{"create", defaults, false, 820},
	{"nothing to do", defaults, true, 1050},
	{"create with 8 groups", manyGroups(8), false, 3000},
	{"nothing to do with 8 groups", manyGroups(8), true, 4000},
	{"create with least privilege", edited(func(p *Properties) { p.LeastPrivilege = &leastprivilege.Options{ClusterName: "c"} }), false, 2600},
}

func (c coreCase) observed() Observed {
	if c.settled {
		return settled(c.p)
	}
	return Observed{}
}

// BenchmarkCore measures the pure core.
func BenchmarkCore(b *testing.B) {
	for _, c := range coreCases {
		b.Run(c.name, func(b *testing.B) {
			o := c.observed()
			b.ReportAllocs()
			for b.Loop() {
				if err := core(c.p, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestCore_Allocations checks how much the pure core allocates: this number does not depend on
// the machine.
// Reference 10.8.
func TestCore_Allocations(t *testing.T) {
	for _, c := range coreCases {
		o := c.observed()
		got := testing.AllocsPerRun(20, func() {
			if err := core(c.p, o); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %.0f allocations", c.name, got)
		if got > c.allocs {
			t.Errorf("%s: %.0f allocations, want at most %.0f", c.name, got, c.allocs)
		}
	}
}
