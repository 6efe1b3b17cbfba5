package acceptance

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// This file compares docs/reference.md with the schema, the template, and the tests.

var (
	chapter   = regexp.MustCompile(`(?m)^## (\d+)\. `)
	guarantee = regexp.MustCompile(`(?m)^\*\*(\d+)\.(\d+)\*\* `)
	reference = regexp.MustCompile(`\bReference ((?:\d+\.\d+(?:, )?)+)`)
)

// guarantees returns the numbers in docs/reference.md. It fails the test unless each number
// is in its chapter and in order.
func guarantees(t *testing.T) []string {
	t.Helper()
	page := checkout.Text(t, "docs/reference.md")
	var numbers []string
	chapters := chapter.FindAllStringSubmatchIndex(page, -1)
	for i, at := range chapters {
		number, end := page[at[2]:at[3]], len(page)
		if i+1 < len(chapters) {
			end = chapters[i+1][0]
		}
		if number != fmt.Sprint(i+1) {
			t.Errorf("chapter number %d of docs/reference.md is numbered %s", i+1, number)
		}
		last := 0
		for _, m := range guarantee.FindAllStringSubmatch(page[at[1]:end], -1) {
			var n int
			if _, err := fmt.Sscan(m[2], &n); err != nil || m[1] != number || n <= last {
				t.Errorf("guarantee %s.%s is in chapter %s after %s.%d", m[1], m[2], number, number, last)
			}
			last = n
			numbers = append(numbers, m[1]+"."+m[2])
		}
	}
	return numbers
}

// A testComment is the comment of a test function, or another comment in a test file.
type testComment struct {
	file, test string // test is empty for another comment
	numbers    []string
}

// testComments returns the comments of all tests, and the other comments that name a
// guarantee.
func testComments(t *testing.T) (all []testComment) {
	t.Helper()
	for _, folder := range []string{"internal", "test"} {
		root := filepath.Join(checkout.Root(), folder)
		if err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			docs := map[*ast.CommentGroup]bool{}
			for _, declaration := range file.Decls {
				f, ok := declaration.(*ast.FuncDecl)
				if ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) && f.Name.Name != "TestMain" {
					docs[f.Doc] = true
					all = append(all, testComment{path, f.Name.Name, named(f.Doc)})
				}
			}
			for _, comment := range file.Comments {
				if numbers := named(comment); !docs[comment] && len(numbers) > 0 {
					all = append(all, testComment{path, "", numbers})
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// named returns the numbers of the guarantees that a comment names.
func named(comment *ast.CommentGroup) (numbers []string) {
	for _, m := range reference.FindAllStringSubmatch(strings.Join(strings.Fields(comment.Text()), " "), -1) {
		numbers = append(numbers, strings.Split(strings.TrimSuffix(m[1], ", "), ", ")...)
	}
	return numbers
}

// TestReference_Numbers proves that a test names each guarantee, that each number that a
// test names is in the reference, and that each test of this folder names a guarantee,
// except the tests of documents.
func TestReference_Numbers(t *testing.T) {
	numbers := guarantees(t)
	if len(numbers) < 100 {
		t.Errorf("docs/reference.md has %d guarantees, want more: are they read?", len(numbers))
	}
	held := map[string]bool{}
	for _, c := range testComments(t) {
		for _, number := range c.numbers {
			if !slices.Contains(numbers, number) {
				t.Errorf("%s %s: docs/reference.md has no guarantee %s", c.file, c.test, number)
			}
			held[number] = held[number] || c.test != ""
		}
		ofAPage := strings.HasPrefix(filepath.Base(c.file), "docs_")
		if filepath.Base(filepath.Dir(c.file)) == "acceptance" && !ofAPage && len(c.numbers) == 0 {
			t.Errorf("%s names no guarantee: say which it proves, as in \"Reference 4.3.\"", c.test)
		}
	}
	for _, number := range numbers {
		if !held[number] {
			t.Errorf("no test names guarantee %s", number)
		}
	}
}

// TestReference_Properties checks the table of properties and defaults against the schema.
func TestReference_Properties(t *testing.T) {
	var schema struct {
		Properties map[string]struct{ Default any }
	}
	if err := json.Unmarshal([]byte(checkout.Text(t, "schema/custom-rayiam.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(section(t, checkout.Text(t, "docs/reference.md"), "2. Properties"), -1) {
		defaults[m[1]] = strings.TrimSpace(m[3])
	}
	if got, want := slices.Sorted(maps.Keys(defaults)), slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(got, want) {
		t.Errorf("docs/reference.md has the properties %v, the schema has %v", got, want)
	}
	for name, property := range schema.Properties {
		switch property.Default.(type) {
		case string, float64, bool:
			if want := fmt.Sprintf("`%v`", property.Default); defaults[name] != want {
				t.Errorf("default of %s: the reference says %q, the schema %q", name, defaults[name], want)
			}
		}
	}
}

// TestReference_Attributes checks the table of attributes against the answer of a Create.
// Reference 3.1.
func TestReference_Attributes(t *testing.T) {
	l := newLab(t)
	create, _ := l.Stack().Create(quick)
	l.OK(create)
	var documented []string
	table, _, _ := strings.Cut(section(t, checkout.Text(t, "docs/reference.md"), "3. Attributes"), "\n**")
	for _, m := range regexp.MustCompile("`([A-Za-z.<>]+)`").FindAllStringSubmatch(table, -1) {
		if strings.Contains(m[1], "Arn") || strings.HasSuffix(m[1], "Name") {
			documented = append(documented, strings.ReplaceAll(m[1], "<Name>", "worker"))
		}
	}
	slices.Sort(documented)
	if got := slices.Sorted(maps.Keys(create.Data)); !slices.Equal(got, documented) {
		t.Errorf("docs/reference.md has the attributes %v, a Create answers %v", documented, got)
	}
}

// TestReference_DefaultPolicies checks the table of default policies against the AWS CLI
// commands of TestRecipe, which compares the function with them.
// Reference 1.5.
func TestReference_DefaultPolicies(t *testing.T) {
	set := section(t, checkout.Text(t, "docs/reference.md"), "1. The set")
	for node, role := range map[string]string{"the head": "ray-head", "each worker group": "ray-worker"} {
		_, after, _ := strings.Cut(set, "\n| "+node+" |")
		cell, _, _ := strings.Cut(after, "\n")
		var documented []string
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cell, -1) {
			documented = append(documented, m[1])
		}
		slices.Sort(documented)
		if want := rig.DefaultPolicies()[role]; !slices.Equal(documented, want) {
			t.Errorf("the reference lists %v as the default policies of %s, want %v", documented, node, want)
		}
	}
}

// TestReference_Bounds checks the table of the administrator's bounds against the template.
func TestReference_Bounds(t *testing.T) {
	template := checkout.Text(t, "template.yaml")
	set := regexp.MustCompile(`(?m)^ +(RAYIAM_[A-Z_]+): `).FindAllStringSubmatch(template, -1)
	rows := regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\| `(RAYIAM_[A-Z_]+)` \\|").FindAllStringSubmatch(checkout.Text(t, "docs/reference.md"), -1)
	if len(rows) != len(set) || len(rows) == 0 {
		t.Errorf("docs/reference.md has %d bounds, and template.yaml sets %d variables", len(rows), len(set))
	}
	for _, m := range rows {
		if !strings.Contains(template, m[2]+": !Ref "+m[1]+"\n") {
			t.Errorf("template.yaml does not set %s from %s", m[2], m[1])
		}
	}
}
