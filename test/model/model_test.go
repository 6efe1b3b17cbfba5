package model

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ray-iam/custom-rayiam/test/rig"
)

// The short run, in make test, is always the same: a fixed number of worlds, each with its
// seed and a number of runs. Some requests mostly wait, so there are more worlds than
// processors.
const (
	firstSeed = 1000

	servers = 2
	worlds  = 14
	runs    = 2
	steps   = 18 // of a run, on average
	longest = 20 // steps; limited so that all worlds end at about the same time
)

var soak = flag.Duration("soak", 0, "play with new random seeds for so long, in place of the short run")

// replayed is set if a seed was given on the command line.
var replayed bool

// seeds returns the worlds' first seeds: those of the short run, new ones for a soak, or
// the seed to be replayed, for whichever world.
func seeds(t *testing.T) []uint64 {
	var given uint64
	if _, err := fmt.Sscan(flag.Lookup("rapid.seed").Value.String(), &given); err != nil {
		t.Fatal(err)
	}
	replayed = given != 0
	all := make([]uint64, worlds)
	for i := range all {
		switch {
		case replayed:
			all[i] = given
		case *soak > 0:
			all[i] = rand.Uint64()
		default:
			all[i] = firstSeed + 1000*uint64(i)
		}
	}
	return all
}

// TestModel proves that, after each of many random operations, faults and changes by hand,
// the account is in the state that the model predicts.
// Reference 4.5, 4.9, 5.2, 5.10, 5.16, 5.17.
func TestModel(t *testing.T) {
	var (
		total tally
		all   sync.WaitGroup
		start = time.Now()
	)
	for i, seed := range seeds(t) {
		begun := make(chan bool)
		begin := sync.OnceFunc(func() { close(begun) })
		all.Go(func() {
			defer begin()
			t.Run(fmt.Sprintf("world%d", i+1), func(t *testing.T) { play(t, newWorld(t, &total), seed, start, begin) })
		})
		<-begun // rapid reads its seed from a flag, which the next world sets
	}
	all.Wait()
	total.report(t, time.Since(start))
}

// play runs one world, one run after another, beginning with its seed.
func play(t *testing.T, w *world, seed uint64, start time.Time, begin func()) {
	if err := flag.Set("rapid.seed", fmt.Sprint(seed)); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d", seed)
	n, failed := uint64(0), false
	rapid.Check(t, func(r *rapid.T) {
		begin()
		if *soak > 0 && time.Since(start) > *soak {
			return
		}
		held := false
		defer func() {
			if !held && !failed { // later runs are rapid's search for a shorter failure
				failed = true
				t.Logf("replay this run: go test ./test/model -run 'TestModel/%s$' -rapid.checks 1 -rapid.seed %d", path.Base(t.Name()), seed+n*(n+1)/2)
			}
			n++
		}()
		w.run(t, r)
		held = true
	})
}

// run is one run: it begins and ends without stacks in the account.
func (w *world) run(t *testing.T, r *rapid.T) {
	w.TB = judge{t, r}
	w.reset()
	w.tally.add("runs", "")
	n := 0
	r.Repeat(map[string]func(*rapid.T){"": func(*rapid.T) {}, "step": func(r *rapid.T) {
		if n++; n > longest {
			return
		}
		o := w.step().Draw(r, "step")
		w.tally.add("steps", o.Kind)
		switch o.Kind {
		case "create":
			w.create(o)
		case "delete":
			w.remove(o)
		case "by hand":
			w.byHand(o.Hand)
			w.check("by hand")
		default:
			w.update(o)
		}
	}})
	w.end()
}

// end deletes all resources, and proves that nothing of them is left and that everything
// foreign is unchanged.
func (w *world) end() {
	for _, r := range w.resources {
		if r.id != "" {
			w.settle(r, "Delete", r.id, r.props, nil, w.removal(r, r.id, r.props))
		}
	}
	for entity, f := range w.seen() {
		for _, id := range w.ids {
			if f.owner() == id {
				w.TB.Fatalf("after the last Delete, %s of %s is left", entity, id)
			}
		}
	}
	if d := rig.Diff(w.policies, w.policiesNow()); d != "" {
		w.TB.Fatalf("managed policies have changed:\n%s", d)
	}
}
