package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// This file compares what the documents say of folders and packages with the checkout.

// TestReadme_Layout proves that everything in the README's map exists, and that the map has
// every folder of the top level, of internal/ and of test/.
func TestReadme_Layout(t *testing.T) {
	layout := section(t, checkout.Text(t, "README.md"), "How it is laid out")
	layout = strings.Split(layout, "```")[1]
	mapped, folder := map[string]bool{}, ""
	for _, m := range regexp.MustCompile(`(?m)^( *)([a-zA-Z.]+/?) +\S`).FindAllStringSubmatch(layout, -1) {
		path := m[2]
		if m[1] == "" {
			folder = path
		} else {
			path = folder + path
		}
		mapped[path] = true
		if _, err := os.Stat(filepath.Join(checkout.Root(), path)); err != nil {
			t.Errorf("the README's map names a path that cannot be read: %v", err)
		}
	}
	for _, folder := range []string{"", "internal/", "test/"} {
		entries, err := os.ReadDir(filepath.Join(checkout.Root(), folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := folder + e.Name() + "/"
			installed := e.Name() == "build" || e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".")
			if e.IsDir() && !installed && !mapped[name] {
				t.Errorf("the README's map does not have %s", name)
			}
		}
	}
}

// TestDocs_Layout proves that the decision about the layout names every folder that tests
// share, and that of the commands.
func TestDocs_Layout(t *testing.T) {
	decision := checkout.Text(t, "docs/decisions/0009-layout.md")
	wanted := []string{"cmd/"}
	for _, folder := range []string{"test/rig", "test/policysim"} {
		wanted = append(wanted, folder)
		entries, err := os.ReadDir(filepath.Join(checkout.Root(), folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				wanted = append(wanted, e.Name())
			}
		}
	}
	for _, name := range wanted {
		if !strings.Contains(decision, "`"+name+"`") {
			t.Errorf("docs/decisions/0009-layout.md does not name %s", name)
		}
	}
}

// TestDocs_Places proves that every path in the tables of CONTRIBUTING exists, at the top
// level or in internal/.
func TestDocs_Places(t *testing.T) {
	places := regexp.MustCompile("`([\\w./*-]+/[\\w./*-]+|[\\w-]+\\.(?:go|md|yaml))`").FindAllStringSubmatch(checkout.Text(t, "CONTRIBUTING.md"), -1)
	if len(places) < 40 {
		t.Errorf("found %d paths in CONTRIBUTING.md, want more: are they read?", len(places))
	}
	for _, m := range places {
		var found []string
		for _, root := range []string{".", "internal"} {
			matches, err := filepath.Glob(filepath.Join(checkout.Root(), root, m[1]))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, matches...)
		}
		if len(found) == 0 {
			t.Errorf("CONTRIBUTING.md names %s, which does not exist", m[1])
		}
	}
}

// TestDocs_Packages checks the table of packages in docs/architecture.md against the
// imports of each package.
func TestDocs_Packages(t *testing.T) {
	documented := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.+) \\|$").FindAllStringSubmatch(checkout.Text(t, "docs/architecture.md"), -1) {
		documented[m[1]] = []string{}
		for _, imported := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(m[2], -1) {
			documented[m[1]] = append(documented[m[1]], imported[1])
		}
	}
	entries, err := os.ReadDir(filepath.Join(checkout.Root(), "internal"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(documented) {
		t.Errorf("internal/ has %d packages, docs/architecture.md has %d", len(entries), len(documented))
	}
	for _, e := range entries {
		files, err := filepath.Glob(filepath.Join(checkout.Root(), "internal", e.Name(), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var imports []string
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(`"github.com/ray-iam/custom-rayiam/(?:internal/)?(\w+)"`).FindAllStringSubmatch(checkout.Text(t, file[len(checkout.Root()):]), -1) {
				imports = append(imports, m[1])
			}
		}
		slices.Sort(imports)
		if imports = slices.Compact(imports); !slices.Equal(imports, documented[e.Name()]) {
			t.Errorf("%s imports %v, docs/architecture.md says %v", e.Name(), imports, documented[e.Name()])
		}
	}
}
