// Command inparts looks at all sets of an account as the function does on a schedule, at
// one part after another. It writes a line of JSON for each set, and one for its part. It
// is a program of its own so that its memory use is that of the looks alone.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/stackresource"
)

// A line describes a set, or a part.
type line struct {
	Set *drift.Set `json:",omitempty"`

	Parts int    `json:",omitempty"` // number of parts
	Calls int64  `json:",omitempty"` // calls to IAM for this part
	Grown uint64 `json:",omitempty"` // bytes by which memory has grown at most so far
}

func main() {
	calls := flag.Int("calls", 0, "about how many calls each look may make")
	flag.Parse()
	if err := run(context.Background(), *calls, json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, calls int, out *json.Encoder) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	m := memory{before: heap()}
	for turn, parts := 0, 1; turn < parts; turn++ {
		look, err := lookAt(ctx, cfg, calls, turn, &m, out)
		if err != nil {
			return err
		}
		parts = look.Parts
		if err := out.Encode(line{Parts: parts, Calls: look.Inventory.Calls(), Grown: m.grown}); err != nil {
			return err
		}
	}
	return nil
}

func lookAt(ctx context.Context, cfg aws.Config, calls, turn int, m *memory, out *json.Encoder) (*drift.Look, error) {
	look := &drift.Look{
		Inventory: iamsync.NewInventory(cfg, 0, slog.New(slog.DiscardHandler)), Stacks: stackresource.NewReader(cfg),
		NamePrefix: "ray", Calls: calls, Turn: int64(turn),
	}
	look.Progress = func(read, names int) {
		if read == names {
			m.measure()
		}
	}
	sets := 0
	for set, err := range look.Sets(ctx) {
		if err != nil {
			return nil, err
		}
		if err := out.Encode(line{Set: &set}); err != nil {
			return nil, err
		}
		if sets++; sets%50 == 0 {
			m.measure()
		}
	}
	return look, nil
}

// memory measures by how many bytes memory has grown at most.
type memory struct{ before, grown uint64 }

func (m *memory) measure() { m.grown = max(m.grown, max(heap(), m.before)-m.before) }

// heap returns the number of bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
