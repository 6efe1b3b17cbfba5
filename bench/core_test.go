package bench

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var result = regexp.MustCompile(`(?m)^Benchmark(\S+)-\d+\s+\d+\s+([\d.]+) ns/op\s+(\d+) B/op\s+(\d+) allocs/op`)

// BenchmarkCore runs the benchmarks of the packages in internal/, in a process of their
// own.
func BenchmarkCore(b *testing.B) {
	measure(b, "core", func() string {
		cmd := inCheckout("go", "test", "-run", "^$", "-bench", ".", "-benchmem", "./internal/rayiam", "./internal/properties")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		must(b, err)
		var rows [][]string
		for _, m := range result.FindAllStringSubmatch(string(out), -1) {
			nanoseconds, err := strconv.ParseFloat(m[2], 64)
			must(b, err)
			rows = append(rows, []string{strings.ReplaceAll(m[1], "_", " "), fmt.Sprintf("%.3f ms", nanoseconds/float64(time.Millisecond)), m[3] + " B", m[4]})
		}
		if len(rows) == 0 {
			b.Fatalf("no results in\n%s", out)
		}
		return coreIntro + table([]string{"", "time", "memory", "allocations"}, rows)
	})
}

const coreIntro = "The work between the calls: `Core` declares, checks, desires and plans, `Read` checks and decodes the properties of an event\nof `events/`, `NewChecker` compiles the schema, once a process. Tests check the allocations.\n\n"
