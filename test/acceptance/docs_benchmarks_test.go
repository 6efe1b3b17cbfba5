package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestDocs_Speed proves that the README's figures were measured: each line of its table is
// a line of docs/benchmarks.md.
func TestDocs_Speed(t *testing.T) {
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(checkout.Root(), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	_, section, found := strings.Cut(read("README.md"), "\n## How fast it is\n")
	if !found {
		t.Fatal("the README has no heading \"How fast it is\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	page, n := read("docs/benchmarks.md"), 0
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
