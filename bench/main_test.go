// Package bench measures what depends on the machine, and so is no part of make test. Each
// benchmark writes a section of docs/benchmarks.md.
//
//	make bench
package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }

// The sections of the page, in their order.
var sections = []string{"side-by-side", "start", "throttled", "growth"}

// write writes a section, and the page of all that have been written.
func write(b *testing.B, section, text string) {
	b.Helper()
	store := filepath.Join(checkout.Root(), "build", "bench")
	must(b, os.MkdirAll(store, 0o755))
	must(b, os.WriteFile(filepath.Join(store, section+".md"), []byte(text+"\n"+measured()), 0o644))
	page := strings.Builder{}
	page.WriteString(heading)
	for _, name := range sections {
		part, err := os.ReadFile(filepath.Join(store, name+".md"))
		if err != nil {
			continue // not measured yet
		}
		page.WriteString("\n" + string(part))
	}
	must(b, os.WriteFile(filepath.Join(checkout.Root(), "docs", "benchmarks.md"), []byte(page.String()), 0o644))
}

const heading = `# Benchmarks

` + "`make bench`" + ` wrote this page: the built function, and what else makes such roles, against one emulated IAM (moto) behind one
proxy. Times are of the machine that each section names, which did other work as well, so read the ratios. Calls and
round trips are the same on every machine. Nothing here was measured on AWS.
`

// measured says when a section was measured, on what and with what.
func measured() string {
	return fmt.Sprintf("\nMeasured on %s with %s on %d processors of %s, commit %s.\n", time.Now().UTC().Format("2006-01-02"), runtime.Version(), runtime.NumCPU(), processor(), output("git", "rev-parse", "--short", "HEAD"))
}

func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, after, _ := strings.Cut(string(content), "model name\t: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}

func output(command string, arguments ...string) string {
	out, err := exec.Command(command, arguments...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// table renders rows as Markdown.
func table(columns []string, rows [][]string) string {
	var out strings.Builder
	line := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(columns)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---:"
	}
	rule[0] = "---"
	line(rule)
	for _, row := range rows {
		line(row)
	}
	return out.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
