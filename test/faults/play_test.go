package faults

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

// A reference is what an operation does when nothing goes wrong.
type reference struct {
	calls         int
	id            string
	data          map[string]string
	before, after rig.Snapshot
	back          span // of its calls where it was given up
}

// references holds one for each operation, by its name. It is written before any
// cell is played.
var references = map[string]reference{}

var learnOnce sync.Once

// learn writes the references, once.
func learn(t *testing.T) {
	t.Helper()
	learnOnce.Do(func() {
		w := newWorld(t, pool(t, 0))
		defer w.close()
		for _, o := range operations {
			w.learn(o)
		}
		for _, o := range givenUp {
			w.learnBack(o)
		}
	})
	if len(references) != len(operations) {
		t.Fatal("what happens without a fault is not known")
	}
}

func (w *world) learn(o operation) {
	w.tb.Helper()
	w.enter(o.from)
	ref := reference{before: w.snapshot()}
	s := w.stack(declared[o.from])
	answer := w.succeeds(s, o.event(s), nil)
	ref.calls = len(w.proxy.Calls())
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
	slowWorlds  = 32
)

// pools are two servers, one for each of two processors, with an account for each
// world and for the one in which the references are learnt.
var pools = sync.OnceValues(func() ([2]*moto.Pool, error) {
	var errs [2]error
	for i := range running {
		running[i], errs[i] = moto.NewPool((quickWorlds+slowWorlds)/2 + 1)
	}
	return running, errors.Join(errs[:]...)
})

var running [2]*moto.Pool

func pool(t *testing.T, n int) *moto.Pool {
	t.Helper()
	both, err := pools()
	if err != nil {
		t.Fatal(err)
	}
	return both[n%2]
}

// stopPools ends the servers. TestMain calls it last.
func stopPools() {
	for _, pool := range running {
		if pool != nil {
			_ = pool.Stop()
		}
	}
}

// A play is a cell before it has its world.
type play struct {
	fault fault
	operation
	n int
}

// run plays the cells of a matrix in many worlds at once.
func (m *matrix) run(t *testing.T) {
	var wait sync.WaitGroup
	for i, queue := range [2]chan []play{make(chan []play), make(chan []play)} {
		slow := i == 1
		for n := range [2]int{quickWorlds, slowWorlds}[i] {
			wait.Go(func() { m.runIn(t, newWorld(t, pool(t, n)), queue) })
		}
		wait.Go(func() { m.queue(queue, slow) })
	}
	wait.Wait()
}

// queue sends the plays that are slow, or those that are not. An operation and the one
// back travel together, so that one world goes there and back.
func (m *matrix) queue(queue chan<- []play, slow bool) {
	defer close(queue)
	for i := 0; i < len(m.columns); i++ {
		pair := m.columns[i : i+1]
		if i+1 < len(m.columns) && m.columns[i].from == m.columns[i+1].to && m.columns[i].to == m.columns[i+1].from {
			pair = m.columns[i : i+2]
			i++
		}
		for _, f := range m.rows {
			for _, plays := range m.plays(f, pair) {
				if f.slow(plays[0].operation) == slow {
					queue <- plays
				}
			}
		}
	}
}

// plays are a row's cells of some operations, those with the same n together.
func (m *matrix) plays(f fault, of []operation) (all [][]play) {
	for n := 1; ; n++ {
		var together []play
		for _, o := range of {
			if f.is(o) && n <= m.each(o) {
				together = append(together, play{f, o, n})
			}
		}
		if together == nil {
			return all
		}
		all = append(all, together)
	}
}

// runIn plays what comes in one world.
func (m *matrix) runIn(t *testing.T, w *world, queue <-chan []play) {
	defer w.close()
	for plays := range queue {
		for _, p := range plays {
			v := &verdict{TB: t}
			w.tb = v
			done := make(chan bool)
			go func() {
				defer close(done)
				p.fault.play(&cell{world: w, operation: p.operation, n: p.n})
			}()
			<-done
			if len(v.faults) > 0 {
				w.at = ""
				t.Errorf("%s, %s at call %d of %d:\n%s", p.operation.name, p.fault.name, p.n, references[p.operation.name].calls, strings.Join(v.faults, "\n"))
			}
			m.add(p, len(v.faults) == 0)
		}
	}
	w.tb = t
}
