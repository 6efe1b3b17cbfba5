package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A tally counts the steps of a run, by subject and kind.
type tally struct {
	mu     sync.Mutex
	counts map[string]map[string]int
}

func (t *tally) add(subject, kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]map[string]int{}
	}
	if t.counts[subject] == nil {
		t.counts[subject] = map[string]int{}
	}
	t.counts[subject][kind]++
}

func (t *tally) of(subject string) (total int) {
	for _, n := range t.counts[subject] {
		total += n
	}
	return total
}

// String returns a line for each subject.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out strings.Builder
	for _, subject := range slices.Sorted(maps.Keys(t.counts)) {
		var parts []string
		for _, kind := range slices.Sorted(maps.Keys(t.counts[subject])) {
			parts = append(parts, fmt.Sprintf("%d %s", t.counts[subject][kind], kind))
		}
		fmt.Fprintf(&out, "%-9s %5d: %s\n", subject, t.of(subject), strings.Join(parts, ", "))
	}
	return strings.TrimSuffix(out.String(), "\n")
}
