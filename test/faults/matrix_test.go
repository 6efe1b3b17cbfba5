package faults

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/checkout"
	"github.com/ray-iam/custom-rayiam/test/iamaccount"
	"github.com/ray-iam/custom-rayiam/test/moto"
)

// A reference is what an operation does when nothing goes wrong.
type reference struct {
	calls         int
	id            string
	data          map[string]string
	before, after iamaccount.Snapshot
}

// references holds one for each operation, by its name. It is written before any
// cell is played.
var references = map[string]reference{}

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

// TestMatrix holds every operation against every fault at every call.
func TestMatrix(t *testing.T) {
	start := time.Now()
	pools := newPools(t)
	w := newWorld(t, pools[0])
	for _, o := range operations {
		w.learn(o)
	}
	w.close()
	var wait sync.WaitGroup
	for i, queue := range [2]chan []play{make(chan []play), make(chan []play)} {
		slow := i == 1
		for n := range [2]int{quickWorlds, slowWorlds}[i] {
			wait.Go(func() { runPlays(t, newWorld(t, pools[n%len(pools)]), queue) })
		}
		wait.Go(func() { queuePlays(queue, slow) })
	}
	wait.Wait()
	result.took = time.Since(start)
	checkout.Report(t, "faults", result.String())
	if got, want := result.size(), size(); got != want {
		t.Errorf("%d cells were played, want %d: each fault at each call of each operation that it is for", got, want)
	}
}

// size is how many cells the matrix has to have.
func size() (n int) {
	for _, f := range faults {
		for _, o := range operations {
			if f.is(o) {
				n += references[o.name].calls
			}
		}
	}
	return n
}

// The worlds in which cells are played at once: as many as keep the processors busy,
// and many more in which they wait.
const (
	servers     = 2
	quickWorlds = 6
	slowWorlds  = 24
)

func newPools(t *testing.T) (pools []*moto.Pool) {
	for range servers {
		pool, err := moto.NewPool((quickWorlds + slowWorlds + servers) / servers)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pool.Stop() })
		pools = append(pools, pool)
	}
	return pools
}

// A play is a cell before it has its world.
type play struct {
	fault fault
	operation
	n int
}

// queuePlays sends the plays that are slow, or those that are not. An operation and
// the one back travel together, so that one world goes there and back.
func queuePlays(queue chan<- []play, slow bool) {
	defer close(queue)
	for i := 0; i < len(operations); i++ {
		pair := operations[i : i+1]
		if i+1 < len(operations) && operations[i].from == operations[i+1].to && operations[i].to == operations[i+1].from {
			pair = operations[i : i+2]
			i++
		}
		for _, f := range faults {
			if !f.is(pair[0]) || f.slow(pair[0]) != slow {
				continue
			}
			calls := 0
			for _, o := range pair {
				calls = max(calls, references[o.name].calls)
			}
			for n := 1; n <= calls; n++ {
				var plays []play
				for _, o := range pair {
					if n <= references[o.name].calls {
						plays = append(plays, play{f, o, n})
					}
				}
				queue <- plays
			}
		}
	}
}

// runPlays plays what comes in one world.
func runPlays(t *testing.T, w *world, queue <-chan []play) {
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
			result.add(p, len(v.faults) == 0)
		}
	}
	w.tb = t
}

// result is the matrix as played.
var result matrix

type matrix struct {
	mu    sync.Mutex
	cells map[string][2]int // operation and fault to the number of cells, and of those that hold
	took  time.Duration
}

func (m *matrix) add(p play, holds bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cells == nil {
		m.cells = map[string][2]int{}
	}
	key := p.operation.name + "|" + p.fault.name
	count := m.cells[key]
	count[0]++
	if holds {
		count[1]++
	}
	m.cells[key] = count
}

// size is the number of cells that were played.
func (m *matrix) size() (n int) {
	for _, count := range m.cells {
		n += count[0]
	}
	return n
}

// String renders the matrix as a table.
func (m *matrix) String() string {
	var out strings.Builder
	line := func(first string, column func(operation) string) {
		fmt.Fprintf(&out, "%-50s", first)
		for _, o := range operations {
			fmt.Fprintf(&out, "%18s", column(o))
		}
		out.WriteString("\n")
	}
	line("cells that hold, of all", func(o operation) string { return o.name })
	line("IAM calls without a fault", func(o operation) string { return fmt.Sprint(references[o.name].calls) })
	total, hold := 0, 0
	for _, f := range faults {
		line(f.name, func(o operation) string {
			count, ok := m.cells[o.name+"|"+f.name]
			if !ok {
				return "-"
			}
			total, hold = total+count[0], hold+count[1]
			return fmt.Sprintf("%d of %d", count[1], count[0])
		})
	}
	fmt.Fprintf(&out, "%d of %d cells hold, in %s", hold, total, m.took.Round(time.Second))
	return out.String()
}
