package launcher

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout.Root(), "docs", "launcher.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPage_Statements holds the page's tables to the policies: each statement is there,
// and names each of its actions.
func TestPage_Statements(t *testing.T) {
	_, section, _ := strings.Cut(page(t), "## What each statement permits")
	section, _, _ = strings.Cut(section, "\n## ")
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| ([^|]*) \\|").FindAllStringSubmatch(section, -1) {
		documented[m[1]] = m[2]
	}
	generated := map[string]bool{}
	for _, l := range sets() {
		for _, document := range documents(t, l) {
			for _, st := range weaken.Statements(t, document) {
				sid := st["Sid"].(string)
				generated[sid] = true
				for _, action := range weaken.List(st["Action"]) {
					if !strings.Contains(documented[sid], "`"+action.(string)+"`") && sid != "OwnTagsOnParts" {
						t.Errorf("the page does not say that %s is about %s", sid, action)
					}
				}
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(generated)); !slices.Equal(got, want) {
		t.Errorf("documented %v, generated %v", got, want)
	}
}

// TestPage_Templates holds that cfn-lint finds nothing in the page's templates.
func TestPage_Templates(t *testing.T) {
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	directory, arguments := t.TempDir(), []string{"-c", "import sys; from cfnlint.runner import main; sys.exit(main())"}
	templates := regexp.MustCompile("(?s)```yaml\n(AWSTemplateFormatVersion.*?)```").FindAllStringSubmatch(page(t), -1)
	for i, m := range templates {
		path := filepath.Join(directory, fmt.Sprintf("%d.yaml", i+1))
		if err := os.WriteFile(path, []byte(m[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, path)
	}
	if out, err := exec.Command(python, arguments...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if len(templates) != 2 {
		t.Errorf("%d templates, want 2", len(templates))
	}
}
