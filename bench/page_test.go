package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A part is the part of the page that one benchmark writes.
type part struct{ name, title string }

var parts = []part{
	{"side-by-side", "Side by side"},
	{"start", "The start"},
	{"throttled", "Throttled"},
	{"growth", "Growth"},
	{"core", "The core"},
}

// A kept is the content of a part in build/bench.
type kept struct {
	Setting string // date, machine and versions of the measurement
	Text    string
}

const heading = `# Benchmarks

` + "`make bench`" + ` wrote this page. It measures the built function, and other tools that make such roles, against one emulated
IAM (moto) behind one proxy. The machine did other work as well, so read the ratios of the times. Calls and round trips
are the same on every machine. Nothing here was measured on AWS.
`

const (
	failed   = "This part has no result: it failed, or did not end. `make bench` shows why.\n"
	notBegun = "This part was not measured: the run ended before it.\n"
)

// measure runs a benchmark that writes its part of the page. Until the benchmark has ended,
// the page says that the part failed. So a benchmark that ends early leaves no older
// result, and does not change the other parts.
func measure(b *testing.B, name string, text func() string) {
	b.Helper()
	setting := setting()
	write(b, name, kept{setting, failed})
	for b.Loop() {
		write(b, name, kept{setting, text()})
	}
}

// write writes a part to build/bench, and writes the page with all parts.
func write(b *testing.B, name string, k kept) {
	b.Helper()
	store := filepath.Join(checkout.Root(), "build", "bench")
	must(b, os.MkdirAll(store, 0o755))
	content, err := json.Marshal(k)
	must(b, err)
	must(b, os.WriteFile(filepath.Join(store, name+".json"), content, 0o644))
	all := map[string]kept{}
	for _, p := range parts {
		content, err := os.ReadFile(filepath.Join(store, p.name+".json"))
		if err != nil {
			continue // not measured
		}
		var k kept
		must(b, json.Unmarshal(content, &k))
		all[p.name] = k
	}
	must(b, os.WriteFile(document("benchmarks.md"), []byte(page(all)), 0o644))
}

// page renders the parts in their order. The setting is at the top if it is the same for
// all parts, and otherwise under each.
func page(all map[string]kept) string {
	settings := map[string]bool{}
	common := ""
	for _, k := range all {
		settings[k.Setting], common = true, k.Setting
	}
	out := strings.Builder{}
	out.WriteString(heading)
	if len(settings) == 1 {
		fmt.Fprintf(&out, "\n%s\n", common)
	}
	for _, p := range parts {
		k, ok := all[p.name]
		if !ok {
			k.Text = notBegun
		}
		fmt.Fprintf(&out, "\n## %s\n\n%s", p.title, k.Text)
		if ok && len(settings) > 1 {
			fmt.Fprintf(&out, "\n%s\n", k.Setting)
		}
	}
	return out.String()
}

// document returns the path of a file of docs.
func document(name string) string { return filepath.Join(checkout.Root(), "docs", name) }

// packages are the Python packages whose versions the page names.
const packages = "moto boto3 crhelper awscli ray"

// setting returns the date, the machine and the versions.
func setting() string {
	commit := output(inCheckout("git", "rev-parse", "--short", "HEAD"))
	if output(inCheckout("git", "status", "--porcelain", "--", ".", ":!docs", ":!README.md")) != "" {
		commit += " with changes"
	}
	versions := output(python(nil, "-c", "import sys, importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1].split()))", packages))
	return fmt.Sprintf("Measured on %s at commit %s, on %d processors of %s, with %s, %s.", time.Now().UTC().Format("2006-01-02"), commit, runtime.NumCPU(), processor(), runtime.Version(), versions)
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
