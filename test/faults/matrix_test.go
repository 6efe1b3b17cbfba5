package faults

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestMatrix checks every operation against every fault at every call.
// Reference 5.3, 5.9, 5.10, 5.12, 5.15, 6.1, 6.3, 11.1.
func TestMatrix(t *testing.T) {
	m := &matrix{title: "cells that hold, of all", rows: faults, columns: operations, each: calls}
	m.play(t)
	checkout.Report(t, "faults-matrix", m.String())
}

// TestStorms checks every operation against what lasts, once each.
// Reference 6.1, 6.2, 7.3.
func TestStorms(t *testing.T) {
	t.Parallel() // beside TestRolledBack: both are mostly waiting
	m := &matrix{title: "storms that are weathered", rows: storms, columns: operations, each: func(operation) int { return 1 }}
	m.play(t)
	checkout.Report(t, "faults-storms", m.String())
}

// TestRolledBack checks the rollback of what CloudFormation has abandoned against
// faults at every call that it takes.
// Reference 11.1.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	learnBacks(t)
	m := &matrix{title: "rolled back all the same, of all", rows: undone, columns: givenUp, each: callsBack}
	m.play(t)
	checkout.Report(t, "faults-rolled-back", m.String())
}

// calls and callsBack are how many calls an operation takes, and to take it back.
func calls(o operation) int     { return references[o.name].calls }
func callsBack(o operation) int { return backs[o.name].calls }

// A matrix is a set of faults, its rows, played at operations, its columns.
type matrix struct {
	title   string
	rows    []fault
	columns []operation
	each    func(operation) int // how many cells a row has for an operation

	mu    sync.Mutex
	count map[[2]string][2]int // fault and operation to the number of cells played, and of those that hold
	took  time.Duration
}

// play plays every cell. Each that does not hold is an error of the test, and so is
// each that was not played.
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
				t.Errorf("%s, %s: %d cells were played, want %d", o.name, f.name, got[0], want)
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
