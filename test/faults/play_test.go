package faults

import (
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// A reference is an operation's result without a fault.
type reference struct {
	calls         int
	id            string
	data          map[string]string
	before, after rig.Snapshot
}

// references has one reference for each operation, by its name. It is complete before any
// cell is run.
var references = map[string]reference{}

var learnOnce sync.Once

// learn runs each operation without a fault and fills references, once.
func learn(t *testing.T) {
	t.Helper()
	learnOnce.Do(func() {
		w := newWorld(t)
		for _, o := range ec2Operations {
			w.learn(o)
		}
	})
	if len(references) != len(ec2Operations) {
		t.Fatal("an operation failed without a fault: the cells have nothing to be compared with")
	}
}

// rollbacks has, by the operation's name, the calls that roll back the abandoned operation. It
// is complete before any cell of TestRolledBack is run.
var rollbacks = map[string]span{}

// learnRollbacks fills rollbacks. Rolling back mostly waits, so each operation gets a world of its
// own.
func learnRollbacks(t *testing.T) {
	t.Helper()
	learn(t)
	spans := make([]span, len(abandoned))
	var wait sync.WaitGroup
	for i, o := range abandoned {
		w := newWorld(t)
		wait.Go(func() {
			for _, fault := range rig.Play(func(tb testing.TB) { w.TB = tb; spans[i] = w.learnRollback(o) }) {
				t.Errorf("%s, abandoned, fails without a fault: %s", o.name, fault)
			}
		})
	}
	wait.Wait()
	for i, o := range abandoned {
		rollbacks[o.name] = spans[i]
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

// The number of worlds in which cells run at the same time: enough for the processors, and
// many more for cells that mostly wait.
const (
	quickWorlds = 6
	slowWorlds  = 48
)

// run runs the cells of a matrix in many worlds at once.
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

// queue sends the slow cells, or the others. The cells of an operation and of the one that
// undoes it are sent together, so that one world can run them in turn.
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

// cells returns a row's cells at the n-th call of some operations; nil if no operation has
// so many calls.
func (m *matrix) cells(f fault, of []operation, n int) (together []*cell) {
	for _, o := range of {
		if f.is(o) && n <= m.each(o) {
			together = append(together, &cell{fault: f, operation: o, n: n})
		}
	}
	return together
}

// runIn runs the cells of the queue in one world.
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
