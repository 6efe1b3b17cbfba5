package instances

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// raySleeps is how long Ray sleeps after it has made its own instance profile.
// https://github.com/ray-project/ray/blob/master/python/ray/autoscaler/_private/aws/config.py
const raySleeps = 30 * time.Second

// row returns a line of the table in docs/instances.md: for a lag of EC2's view, the wait if
// EC2 answers the question, the wait if it denies it, and Ray's own wait, each with whether
// EC2 then knows the profile.
func row(lag, told, untold time.Duration) string {
	cell := func(wait time.Duration) string {
		known := "known"
		if wait < lag {
			known = "not known yet"
		}
		return fmt.Sprintf("%d s, %s", int(wait.Seconds()), known)
	}
	return fmt.Sprintf("| %d s | %s | %s | %s |", int(lag.Seconds()), cell(told), cell(untold), cell(raySleeps))
}

// table returns the rows of the table in docs/instances.md.
func table(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "instances.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") && strings.Contains(line, " s, ") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return strings.Join(rows, "\n")
}
