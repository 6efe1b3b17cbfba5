package faults

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestMatrix proves for every operation, every fault and every call to IAM that the
// operation or its follow-up leads to the right state.
// Reference 5.3, 5.9, 5.10, 5.12, 5.15, 6.1, 6.3, 11.1.
func TestMatrix(t *testing.T) {
	m := &matrix{title: "cells that hold, of all", rows: faults, columns: operations, each: calls}
	m.play(t)
	checkout.Report(t, "faults-matrix", m.String())
}

// TestStorms proves the same for faults that last longer than one call, once for each
// operation.
// Reference 6.1, 6.2, 7.3.
func TestStorms(t *testing.T) {
	t.Parallel() // together with TestRolledBack: both mostly wait
	m := &matrix{title: "storms that are weathered", rows: storms, columns: operations, each: func(operation) int { return 1 }}
	m.play(t)
	checkout.Report(t, "faults-storms", m.String())
}

// TestRolledBack proves that an abandoned operation is rolled back in spite of every fault
// at every call of the rollback.
// Reference 11.1.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	learnRollbacks(t)
	m := &matrix{title: "rolled back all the same, of all", rows: rollbackFaults, columns: abandoned, each: rollbackCalls}
	m.play(t)
	checkout.Report(t, "faults-rolled-back", m.String())
}

// calls returns the number of calls of an operation, and rollbackCalls the number of calls that
// roll it back.
func calls(o operation) int         { return references[o.name].calls }
func rollbackCalls(o operation) int { return rollbacks[o.name].calls }

// A matrix has a row for each fault and a column for each operation.
type matrix struct {
	title   string
	rows    []fault
	columns []operation
	each    func(operation) int // number of cells that a row has for an operation

	mu    sync.Mutex
	count map[[2]string][2]int // by fault and operation: the number of cells, and the number of cells that hold
	took  time.Duration
}

// play runs every cell. A cell that fails is an error of the test, and so is a cell that
// was not run.
func (m *matrix) play(t *testing.T) {
	learn(t)
	start := time.Now()
	m.count = map[[2]string][2]int{}
	m.run(t)
	m.took = time.Since(start)
	for _, f := range m.rows {
		for _, o := range m.columns {
			want := 0
			if f.is(o) {
				want = m.each(o)
			}
			if got := m.count[[2]string{f.name, o.name}]; got[0] != want {
				t.Errorf("%s, %s: %d cells were run, want %d", o.name, f.name, got[0], want)
			}
		}
	}
}

func (m *matrix) add(c *cell, holds bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := [2]string{c.fault.name, c.operation.name}
	count := m.count[key]
	count[0]++
	if holds {
		count[1]++
	}
	m.count[key] = count
}

// String renders the matrix as a table.
func (m *matrix) String() string {
	var out strings.Builder
	line := func(first string, column func(operation) string) {
		fmt.Fprintf(&out, "%-50s", first)
		for _, o := range m.columns {
			fmt.Fprintf(&out, "%18s", column(o))
		}
		out.WriteString("\n")
	}
	line(m.title, func(o operation) string { return o.name })
	line("IAM calls without a fault", func(o operation) string { return fmt.Sprint(calls(o)) })
	total, hold := 0, 0
	for _, f := range m.rows {
		line(f.name, func(o operation) string {
			count, ok := m.count[[2]string{f.name, o.name}]
			if !ok {
				return "-"
			}
			total, hold = total+count[0], hold+count[1]
			return fmt.Sprintf("%d of %d", count[1], count[0])
		})
	}
	fmt.Fprintf(&out, "%d of %d hold, in %s", hold, total, m.took.Round(time.Second))
	return out.String()
}
