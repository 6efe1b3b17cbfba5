package checkout

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Report logs the result of a proof and writes it to build/reports, replacing the previous
// report of that name. make test prints these files, because go test prints nothing of a
// package that passes. A proof whose counts are lower than docs/reliability.md says fails.
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
	document, err := os.ReadFile(filepath.Join(Root(), "docs", "reliability.md"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := atLeast(string(document), name, text); err != nil && !tb.Failed() {
		tb.Error(err)
	}
}

var number = regexp.MustCompile(`\d+`)

// atLeast compares a report with the row of its name in docs/reliability.md. It returns an
// error if the report does not contain the row's words, or if one of its numbers is lower
// than the row's.
func atLeast(document, name, text string) error {
	row := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(name) + "` \\| (.+) \\|$").FindStringSubmatch(document)
	if row == nil {
		return fmt.Errorf("docs/reliability.md has no row for %s", name)
	}
	words := number.ReplaceAllString(regexp.QuoteMeta(row[1]), `(\d+)`)
	said, found := number.FindAllString(row[1], -1), regexp.MustCompile(words).FindStringSubmatch(text)
	if found == nil {
		return fmt.Errorf("docs/reliability.md says of %s %q, but the report says: %s", name, row[1], text)
	}
	for i, least := range said {
		if want, err := strconv.Atoi(least); err != nil || len(found[i+1]) > 9 {
			return fmt.Errorf("a number has too many digits: %s in docs/reliability.md, %s in the report", least, found[i+1])
		} else if got, _ := strconv.Atoi(found[i+1]); got < want {
			return fmt.Errorf("%s: docs/reliability.md asks for at least %q, the report says: %s", name, row[1], strings.TrimSpace(text))
		}
	}
	return nil
}
