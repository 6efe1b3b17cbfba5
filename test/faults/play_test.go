package faults

import (
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// A reference is what an operation does when nothing goes wrong.
type reference struct {
	calls         int
	id            string
	data          map[string]string
	before, after rig.Snapshot
}

// references holds one for each operation, by its name. It is written before any
// cell is played.
var references = map[string]reference{}

var learnOnce sync.Once

// learn writes the references, once.
func learn(t *testing.T) {
	t.Helper()
	learnOnce.Do(func() {
		w := newWorld(t)
		for _, o := range ec2Operations {
			w.learn(o)
		}
	})
	if len(references) != len(ec2Operations) {
		t.Fatal("what happens without a fault is not known")
	}
}

// backs holds, for each operation that is given up, which of its calls roll it back. It is
// written before any cell of TestRolledBack is played.
var backs = map[string]span{}

// learnBacks writes them. To roll back is mostly to wait: each operation has a world.
func learnBacks(t *testing.T) {
	t.Helper()
	learn(t)
	spans := make([]span, len(givenUp))
	var wait sync.WaitGroup
	for i, o := range givenUp {
		w := newWorld(t)
		wait.Go(func() {
			for _, fault := range rig.Play(func(tb testing.TB) { w.TB = tb; spans[i] = w.learnBack(o) }) {
				t.Errorf("%s, given up without a fault: %s", o.name, fault)
			}
		})
	}
	wait.Wait()
	for i, o := range givenUp {
		backs[o.name] = spans[i]
	}
	if t.Failed() {
		t.FailNow()
	}
}

func (w *world) learn(o operation) {
	w.TB.Helper()
	w.enter(o.from)
	ref := reference{before: w.snapshot()}
	s := w.stack(declared[o.from])
	answer := w.succeeds(s, o.event(s), nil)
	ref.calls = len(w.Proxy.Calls())
	w.cleanUp(s, o, answer)
	w.at = o.to
	ref.id, ref.data = w.answered(answer)
	ref.after = w.snapshot()
	references[o.name] = ref
}

// The worlds in which cells are played at once: as many as keep the processors busy,
// and many more in which they wait.
const (
	quickWorlds = 6
	slowWorlds  = 48
)

// run plays the cells of a matrix in many worlds at once.
func (m *matrix) run(t *testing.T) {
	var wait sync.WaitGroup
	for i, queue := range [2]chan []*cell{make(chan []*cell), make(chan []*cell)} {
		for range [2]int{quickWorlds, slowWorlds}[i] {
			w := newWorld(t)
			wait.Go(func() { m.runIn(t, w, queue) })
		}
		wait.Go(func() { m.queue(queue, i == 1) })
	}
	wait.Wait()
}

// queue sends the cells that are slow, or those that are not. An operation and the one
// back travel together, so that one world goes there and back.
func (m *matrix) queue(queue chan<- []*cell, slow bool) {
	defer close(queue)
	for i := 0; i < len(m.columns); i++ {
		pair := m.columns[i : i+1]
		if i+1 < len(m.columns) && m.columns[i].from == m.columns[i+1].to && m.columns[i].to == m.columns[i+1].from {
			pair = m.columns[i : i+2]
			i++
		}
		for _, f := range m.rows {
			for n := 1; ; n++ {
				together := m.cells(f, pair, n)
				if together == nil {
					break
				}
				if f.slow(together[0].operation) == slow {
					queue <- together
				}
			}
		}
	}
}

// cells are a row's cells with n of some operations; nil where none has so many calls.
func (m *matrix) cells(f fault, of []operation, n int) (together []*cell) {
	for _, o := range of {
		if f.is(o) && n <= m.each(o) {
			together = append(together, &cell{fault: f, operation: o, n: n})
		}
	}
	return together
}

// runIn plays what comes in one world.
func (m *matrix) runIn(t *testing.T, w *world, queue <-chan []*cell) {
	for together := range queue {
		for _, c := range together {
			c.world = w
			faults := rig.Play(func(tb testing.TB) {
				w.TB = tb
				c.fault.play(c)
			})
			if len(faults) > 0 {
				w.at = ""
				t.Errorf("%s, %s at call %d of %d:\n%s", c.operation.name, c.fault.name, c.n, references[c.operation.name].calls, strings.Join(faults, "\n"))
			}
			m.add(c, len(faults) == 0)
		}
	}
}
