package acceptance

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// This file compares the README and the documents with the code.

// section returns the text under a heading.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(document, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("the document has no heading %q", heading)
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|([^|]*)\\|([^|]*)\\|")

var (
	link    = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]+))?\)`)
	heading = regexp.MustCompile("(?m)^#+ (.+)$")
	target  = regexp.MustCompile("`make ([a-z-]+)|(?m)^make ([a-z-]+)")
)

// anchors returns the anchors of a document's headings.
func anchors(document string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(document, -1) {
		name := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// leads fails the test unless the target of a link exists: a file or folder, and in it the
// heading that the anchor names.
func leads(t *testing.T, document, path, anchor string) {
	t.Helper()
	to := document
	if path != "" {
		to = filepath.Join(filepath.Dir(document), path)
	}
	if _, err := os.Stat(to); err != nil {
		t.Errorf("%s links to %s, which cannot be read: %v", filepath.Base(document), path, err)
		return
	}
	if anchor == "" {
		return
	}
	content, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(anchors(string(content)), anchor) {
		t.Errorf("%s links to %s#%s, and there is no such heading", filepath.Base(document), path, anchor)
	}
}

// TestDocs_LinksAndTargets proves that the target of every relative link in the documents
// exists, and that the Makefile has every make target that they name.
func TestDocs_LinksAndTargets(t *testing.T) {
	makefile := checkout.Text(t, "Makefile")
	documents := []string{filepath.Join(checkout.Root(), "README.md"), filepath.Join(checkout.Root(), "CONTRIBUTING.md")}
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
			leads(t, document, m[1], m[2])
		}
		for _, m := range target.FindAllStringSubmatch(string(content), -1) {
			if name := m[1] + m[2]; !regexp.MustCompile(`(?m)^` + name + `:`).MatchString(makefile) {
				t.Errorf("%s names make %s, which the Makefile does not have", filepath.Base(document), name)
			}
		}
	}
}

// TestDocs_Tests proves that every test that a page names exists, and that the pages that
// make promises name tests.
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
	for _, page := range []string{"docs/security.md", "docs/reliability.md", "CONTRIBUTING.md"} {
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(checkout.Text(t, page), -1)
		if len(named) == 0 {
			t.Errorf("%s names no test, want one for each promise", page)
		}
		for _, m := range named {
			if !there[m[1]] {
				t.Errorf("%s: no test is called %s", page, m[1])
			}
		}
	}
}

// TestReadme_Properties proves that the schema has every property that the README's
// examples set.
func TestReadme_Properties(t *testing.T) {
	schema, properties := checkout.Text(t, "schema/custom-rayiam.schema.json"), 0
	for _, block := range regexp.MustCompile("(?s)```yaml\nNamePrefix:.*?```").FindAllString(checkout.Text(t, "README.md"), -1) {
		for _, m := range regexp.MustCompile(`\b([A-Z]\w+): `).FindAllStringSubmatch(block, -1) {
			properties++
			if !strings.Contains(schema, `"`+m[1]+`": {`) {
				t.Errorf("the README sets the property %s, which the schema does not have", m[1])
			}
		}
	}
	if properties < 6 {
		t.Errorf("found %d properties in the README, want more: are they read?", properties)
	}
}

// TestDocs_Dependencies checks the documented list of dependencies against the function's
// imports.
func TestDocs_Dependencies(t *testing.T) {
	var documented []string
	for _, m := range row.FindAllStringSubmatch(checkout.Text(t, "docs/decisions/0006-dependencies.md"), -1) {
		documented = append(documented, m[1])
	}
	direct, _, _ := strings.Cut(checkout.Text(t, "go.mod"), ")")
	var required []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(direct, -1) {
		required = append(required, m[1])
	}
	slices.Sort(documented)
	if slices.Sort(required); !slices.Equal(documented, required) {
		t.Errorf("documented are %v, the function imports %v", documented, required)
	}
}

// TestRunbook_Reasons proves that the fixed words of every Reason that the runbook quotes
// are in a string of the function or of the schema.
// Reference 13.4.
func TestRunbook_Reasons(t *testing.T) {
	var source strings.Builder
	for _, root := range []string{"internal", "schema"} {
		if err := filepath.WalkDir(filepath.Join(checkout.Root(), root), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				source.WriteString(checkout.Text(t, path[len(checkout.Root()):]))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	placeholders := regexp.MustCompile(`%(\[\d\])?[a-z]|"[^"]*\+[^"]*"`)
	code := placeholders.ReplaceAllString(source.String(), "...")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(checkout.Text(t, "docs/runbook.md"), -1)
	if len(rows) < 15 {
		t.Errorf("found %d rows in the runbook, want more: are they read?", len(rows))
	}
	for _, m := range rows {
		for _, part := range regexp.MustCompile(`\.\.\.|<[^>]+>`).Split(m[1], -1) {
			if part = strings.Trim(part, " :"); part != "" && !strings.Contains(code, part) {
				t.Errorf("the runbook quotes %q, which is in no string of the function or of the schema", part)
			}
		}
	}
}

// TestRunbook_Outcomes checks the runbook's list of outcomes against the outcomes in the
// metrics.
// Reference 13.5.
func TestRunbook_Outcomes(t *testing.T) {
	var documented, counted []string
	_, table, _ := strings.Cut(checkout.Text(t, "docs/runbook.md"), "\n| outcome |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z]+) \|`).FindAllStringSubmatch(table, -1) {
		documented = append(documented, m[1])
	}
	for _, m := range regexp.MustCompile(`ending += "([A-Z]+)"`).FindAllStringSubmatch(checkout.Text(t, "internal/customresource/metrics.go"), -1) {
		counted = append(counted, m[1])
	}
	slices.Sort(documented)
	if slices.Sort(counted); len(counted) == 0 || !slices.Equal(documented, counted) {
		t.Errorf("the runbook lists %v, the metrics have %v", documented, counted)
	}
}

// TestDocs_Reports proves that the table of least counts in docs/reliability.md has a row
// for each report that a proof makes, and no other row. Report compares the counts.
func TestDocs_Reports(t *testing.T) {
	var rows, reports []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(section(t, checkout.Text(t, "docs/reliability.md"), "How much is played"), -1) {
		rows = append(rows, m[1])
	}
	files, err := filepath.Glob(filepath.Join(checkout.Root(), "test", "*", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`checkout\.Report\(\w+, "([a-z0-9-]+)"`).FindAllStringSubmatch(string(content), -1) {
			reports = append(reports, m[1])
		}
	}
	slices.Sort(rows)
	slices.Sort(reports)
	if len(reports) == 0 || !slices.Equal(rows, reports) {
		t.Errorf("rows of %q, want one for each of %q", rows, reports)
	}
}
