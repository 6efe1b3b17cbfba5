package acceptance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestContributing_Sizes checks the sizes of Go files and functions. The lines of a
// function's composite literals, such as the cases of a table, do not count.
func TestContributing_Sizes(t *testing.T) {
	if err := filepath.WalkDir(checkout.Root(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == "build" || strings.HasPrefix(name, ".") && path != checkout.Root()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		lines := func(n ast.Node) int { return files.Position(n.End()).Line - files.Position(n.Pos()).Line + 1 }
		if n := files.File(file.Pos()).LineCount(); n > 300 {
			t.Errorf("%s has %d lines, want 300 at most", path, n)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && lines(f)-inLiterals(f, lines) > 50 {
				t.Errorf("%s: %s has %d lines, want 50 at most", path, f.Name.Name, lines(f)-inLiterals(f, lines))
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// inLiterals returns how many lines of a function are in composite literals, not counting
// the first line of each.
func inLiterals(f *ast.FuncDecl, lines func(ast.Node) int) (n int) {
	ast.Inspect(f, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if ok {
			n += lines(literal) - 1
		}
		return !ok
	})
	return n
}
