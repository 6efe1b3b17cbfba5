package acceptance

import (
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestDocs_Speed proves that the README's figures were measured: each line of its table is
// a line of docs/benchmarks.md.
func TestDocs_Speed(t *testing.T) {
	_, section, found := strings.Cut(checkout.Text(t, "README.md"), "\n## How fast it is\n")
	if !found {
		t.Fatal("the README has no heading \"How fast it is\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	page, n := checkout.Text(t, "docs/benchmarks.md"), 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if n++; !strings.Contains(page, "\n"+line) {
			t.Errorf("docs/benchmarks.md does not have the README's line\n%s", line)
		}
	}
	if n < 4 {
		t.Errorf("the README quotes %d lines, want a table", n)
	}
}
