package checkout

import (
	"os"
	"path/filepath"
	"testing"
)

// Report logs what a proof has shown and keeps it in build/reports, from where make
// test shows it: go test prints nothing of a package that passes. What was reported
// under the same name before is replaced.
func Report(tb testing.TB, name, text string) {
	tb.Helper()
	tb.Log(text)
	dir := filepath.Join(Root(), "build", "reports")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".txt"), []byte(text+"\n"), 0o644); err != nil {
		tb.Fatal(err)
	}
}
