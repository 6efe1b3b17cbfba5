package properties

import (
	"bytes"
	"encoding/json"
	goflag "flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = goflag.Bool("update", false, "write the golden files anew")

// TestCases writes the cases of this package's tests to a file. Tests elsewhere check that the
// linter's rule and the plan find the same faults.
func TestCases(t *testing.T) {
	type entry struct {
		Name       string
		Properties json.RawMessage
	}
	var entries []entry
	for _, tt := range slices.Concat(schemaCases(), leastPrivilegeCases(t)) {
		if raw := json.RawMessage(tt.raw); json.Valid(raw) && bytes.HasPrefix(raw, []byte("{")) { // a template can have only objects
			entries = append(entries, entry{tt.name, raw})
		}
	}
	for i, raw := range []string{
		`{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}`, ``, `Version: 2012-10-17`, `[]`, `{}`, `{"Statement":[{"Effect":"allow","Action":"","Resource":[""]}]}`,
		`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
	} {
		entries = append(entries, entry{"a document as text " + string(rune('1'+i)), withDocument(quoted(t, raw))})
	}
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(entries); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "cases.golden.json")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got.String() != string(want) {
		t.Errorf("%s differs from the cases (write it with -update): %v", file, err)
	}
}
