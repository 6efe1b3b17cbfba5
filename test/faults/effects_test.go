package faults

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// notPlayed has the effects and faults of iamproxy that no row uses, and why.
var notPlayed = map[string]string{
	"Bucket":    "a rate limit, which only many stacks meet: TestThrottled_Fleet",
	"Buckets":   "the same, for the measurements in bench",
	"Throttled": "the answer of a rate limit",
	"EC2Late":   "limited in time, and not in calls: TestInstances_NewProfiles",
}

// TestEveryEffectIsPlayed proves that the rows of this package use each effect and fault of
// iamproxy, or that notPlayed says why not.
func TestEveryEffectIsPlayed(t *testing.T) {
	rows := ""
	for _, path := range goFiles(t, "test/faults") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rows += string(text)
	}
	effects := map[string]bool{}
	for _, path := range goFiles(t, "test/standin/iamproxy") {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Type.Results == nil || strings.HasSuffix(path, "_test.go") || !f.Name.IsExported() {
				continue
			}
			result, _ := f.Type.Results.List[0].Type.(*ast.Ident)
			if result == nil || result.Name != "Effect" && result.Name != "Fault" {
				continue
			}
			effects[f.Name.Name] = true
			played, excused := strings.Contains(rows, "iamproxy."+f.Name.Name+"("), notPlayed[f.Name.Name] != ""
			if played == excused {
				t.Errorf("iamproxy.%s is used by a row: %v, and is in notPlayed: %v; want one of them", f.Name.Name, played, excused)
			}
		}
	}
	for name := range notPlayed {
		if !effects[name] {
			t.Errorf("notPlayed has %s, which is no effect or fault of iamproxy", name)
		}
	}
	if len(effects) < 15 {
		t.Errorf("iamproxy has %d effects and faults, want more: are they read?", len(effects))
	}
}

func goFiles(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(checkout.Root(), folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
