package model

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ray-iam/custom-rayiam/test/iamaccount"
	"github.com/ray-iam/custom-rayiam/test/moto"
)

// The short run, in make test, is the same every time: so many worlds side by side,
// each with its seed, so many runs.
const (
	firstSeed = 1000

	worlds = 2
	runs   = 8
	steps  = 26 // of a run, on average
)

var soak = flag.Duration("soak", 0, "play with new random seeds for so long, in place of the short run")

// replayed is whether a seed was given.
var replayed bool

// seeds returns the worlds' first seeds: those of the short run, new ones for a soak,
// or the one that is to be replayed.
func seeds() []uint64 {
	if given := flag.Lookup("rapid.seed").Value.String(); given != "0" {
		var seed uint64
		if _, err := fmt.Sscan(given, &seed); err != nil {
			panic(err)
		}
		replayed = true
		return []uint64{seed}
	}
	var all []uint64
	for i := range uint64(worlds) {
		if *soak > 0 {
			i = rand.Uint64()
		}
		all = append(all, firstSeed+1000*i)
	}
	return all
}

// TestModel plays random stacks through random operations, faults and hands, and holds
// the account to the model after each.
func TestModel(t *testing.T) {
	var (
		total tally
		all   sync.WaitGroup
		start = time.Now()
		begun = make(chan bool)
	)
	for i, seed := range seeds() {
		all.Go(func() {
			t.Run(fmt.Sprintf("world %d", i+1), func(t *testing.T) { play(t, seed, start, &total, begun) })
		})
		<-begun // rapid reads its seed from a flag, which the next world sets
	}
	all.Wait()
	total.report(t, time.Since(start))
}

// play plays one world from its seed on, a batch of runs in a soak after the other.
func play(t *testing.T, seed uint64, start time.Time, total *tally, begun chan<- bool) {
	signal := sync.OnceFunc(func() { begun <- true })
	defer signal()
	pool, err := moto.NewPool(1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Stop() }()
	w := newWorld(t, pool, total)
	defer w.close()
	if err := flag.Set("rapid.seed", fmt.Sprint(seed)); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d", seed)
	rapid.Check(t, func(r *rapid.T) {
		signal()
		if *soak > 0 && time.Since(start) > *soak {
			return
		}
		w.run(r)
	})
}

// run is one run: from an account without stacks to one.
func (w *world) run(r *rapid.T) {
	w.judge = judge{w.t, r}
	w.reset()
	w.tally.add("runs", "")
	r.Repeat(map[string]func(*rapid.T){"": func(*rapid.T) {}, "step": func(r *rapid.T) {
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

// end deletes what is left, and holds that nothing of ours is and that all that was
// foreign is as it was.
func (w *world) end() {
	for _, r := range w.resources {
		if r.id != "" {
			w.settle(r, "Delete", r.id, r.props, nil, w.removal(r, r.id, r.props))
		}
	}
	for entity, f := range w.seen() {
		for _, id := range w.ids {
			if f.owner() == id {
				w.judge.Fatalf("after the last Delete, %s of %s is left", entity, id)
			}
		}
	}
	if d := iamaccount.Diff(w.policies, w.policiesNow()); d != "" {
		w.judge.Fatalf("managed policies have changed:\n%s", d)
	}
}
