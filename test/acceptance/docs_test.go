package acceptance

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// What the README and the documents claim, held against what is.

func text(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{checkout.Root()}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// section returns what stands under a heading.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(document, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("no section %q", heading)
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|([^|]*)\\|([^|]*)\\|")

// TestReadme_Properties holds the table of properties and defaults to the schema.
func TestReadme_Properties(t *testing.T) {
	var schema struct {
		Properties map[string]struct{ Default any }
	}
	if err := json.Unmarshal([]byte(text(t, "schema", "custom-rayiam.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(section(t, text(t, "README.md"), "Properties"), -1) {
		defaults[m[1]] = strings.TrimSpace(m[3])
	}
	if got, want := slices.Sorted(maps.Keys(defaults)), slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(got, want) {
		t.Errorf("the README lists %v, the schema %v", got, want)
	}
	for name, property := range schema.Properties {
		switch property.Default.(type) {
		case string, float64, bool:
			if want := fmt.Sprintf("`%v`", property.Default); defaults[name] != want {
				t.Errorf("default of %s: the README says %q, the schema %q", name, defaults[name], want)
			}
		}
	}
}

// TestReadme_DefaultPolicies holds the table of default policies to what the commands
// that people type by hand attach, to which TestRecipe holds the function.
func TestReadme_DefaultPolicies(t *testing.T) {
	properties := section(t, text(t, "README.md"), "Properties")
	for node, role := range map[string]string{"the head": "ray-head", "each worker group": "ray-worker"} {
		_, after, _ := strings.Cut(properties, "\n| "+node+" |")
		cell, _, _ := strings.Cut(after, "\n")
		var documented []string
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cell, -1) {
			documented = append(documented, m[1])
		}
		slices.Sort(documented)
		if want := defaultPolicies()[role]; !slices.Equal(documented, want) {
			t.Errorf("the README lists %v as the default policies of %s, want %v", documented, node, want)
		}
	}
}

// TestReadme_Attributes holds the table of attributes to what a Create answers.
func TestReadme_Attributes(t *testing.T) {
	l := newLab(t)
	create, _ := l.Stack().Create(quick)
	l.OK(create)
	var documented []string
	for _, m := range regexp.MustCompile("`([A-Za-z.<>]+)`").FindAllStringSubmatch(section(t, text(t, "README.md"), "Attributes"), -1) {
		if strings.Contains(m[1], "Arn") || strings.HasSuffix(m[1], "Name") {
			documented = append(documented, strings.ReplaceAll(m[1], "<Name>", "worker"))
		}
	}
	slices.Sort(documented)
	if got := slices.Sorted(maps.Keys(create.Data)); !slices.Equal(got, documented) {
		t.Errorf("the README lists %v, a Create answers %v", documented, got)
	}
}

// TestReadme_Bounds holds the table of the administrator's bounds to the template.
func TestReadme_Bounds(t *testing.T) {
	template := text(t, "template.yaml")
	rows := regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\| `(RAYIAM_[A-Z_]+)` \\|").FindAllStringSubmatch(text(t, "README.md"), -1)
	if len(rows) != 5 {
		t.Errorf("%d rows, want 5", len(rows))
	}
	for _, m := range rows {
		if !strings.Contains(template, m[2]+": !Ref "+m[1]+"\n") {
			t.Errorf("template.yaml does not set %s from %s", m[2], m[1])
		}
	}
}

var (
	link   = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	target = regexp.MustCompile("`make ([a-z-]+)|(?m)^make ([a-z-]+)")
)

// TestDocs_LinksAndTargets holds every relative link to a file and every make target
// to the Makefile, in all documents.
func TestDocs_LinksAndTargets(t *testing.T) {
	makefile := text(t, "Makefile")
	documents := []string{filepath.Join(checkout.Root(), "README.md")}
	if err := filepath.WalkDir(filepath.Join(checkout.Root(), "docs"), func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			documents = append(documents, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, document := range documents {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(content), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(document), m[1], err)
			}
		}
		for _, m := range target.FindAllStringSubmatch(string(content), -1) {
			if name := m[1] + m[2]; !regexp.MustCompile(`(?m)^` + name + `:`).MatchString(makefile) {
				t.Errorf("%s names make %s, which the Makefile does not have", filepath.Base(document), name)
			}
		}
	}
}

// TestDocs_Tests holds that every test on which a page rests is there, and that the
// pages which promise something rest on some.
func TestDocs_Tests(t *testing.T) {
	there := map[string]bool{}
	for _, folder := range []string{"internal", "test"} {
		if err := filepath.WalkDir(filepath.Join(checkout.Root(), folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(content), -1) {
				there[m[1]] = true
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range []string{"security.md", "reliability.md"} {
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text(t, "docs", page), -1)
		if len(named) == 0 {
			t.Errorf("%s names no test", page)
		}
		for _, m := range named {
			if !there[m[1]] {
				t.Errorf("%s: no test is called %s", page, m[1])
			}
		}
	}
}

// TestReadme_Layout holds the map in the README to the tree: what it names is there, and
// every folder of the top level, of internal/ and of test/ is in it.
func TestReadme_Layout(t *testing.T) {
	layout := section(t, text(t, "README.md"), "How it is laid out")
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
			t.Errorf("the map: %v", err)
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
				t.Errorf("the map lacks %s", name)
			}
		}
	}
}

// TestDocs_Dependencies holds the list of dependencies to what the function imports.
func TestDocs_Dependencies(t *testing.T) {
	var documented []string
	for _, m := range row.FindAllStringSubmatch(text(t, "docs", "decisions", "0006-dependencies.md"), -1) {
		documented = append(documented, m[1])
	}
	direct, _, _ := strings.Cut(text(t, "go.mod"), ")")
	var required []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(direct, -1) {
		required = append(required, m[1])
	}
	slices.Sort(documented)
	if slices.Sort(required); !slices.Equal(documented, required) {
		t.Errorf("documented %v, required %v", documented, required)
	}
}

// TestRunbook_Reasons holds every Reason that the runbook quotes to the code: its
// fixed words stand in a string of the function or of the schema.
func TestRunbook_Reasons(t *testing.T) {
	var source strings.Builder
	for _, root := range []string{"internal", "schema"} {
		if err := filepath.WalkDir(filepath.Join(checkout.Root(), root), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				source.WriteString(text(t, path[len(checkout.Root()):]))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	placeholders := regexp.MustCompile(`%(\[\d\])?[a-z]|"[^"]*\+[^"]*"`)
	code := placeholders.ReplaceAllString(source.String(), "...")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(text(t, "docs", "runbook.md"), -1)
	if len(rows) < 15 {
		t.Errorf("%d rows", len(rows))
	}
	for _, m := range rows {
		for _, part := range regexp.MustCompile(`\.\.\.|<[^>]+>`).Split(m[1], -1) {
			if part = strings.Trim(part, " :"); part != "" && !strings.Contains(code, part) {
				t.Errorf("the runbook quotes %q, which no Reason says", part)
			}
		}
	}
}

// TestRunbook_Outcomes holds the runbook's list of outcomes to those that the metrics have.
func TestRunbook_Outcomes(t *testing.T) {
	var documented, counted []string
	_, table, _ := strings.Cut(text(t, "docs", "runbook.md"), "\n| outcome |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z]+) \|`).FindAllStringSubmatch(table, -1) {
		documented = append(documented, m[1])
	}
	for _, m := range regexp.MustCompile(`ending += "([A-Z]+)"`).FindAllStringSubmatch(text(t, "internal", "customresource", "metrics.go"), -1) {
		counted = append(counted, m[1])
	}
	slices.Sort(documented)
	if slices.Sort(counted); len(counted) == 0 || !slices.Equal(documented, counted) {
		t.Errorf("the runbook lists %v, the metrics have %v", documented, counted)
	}
}
