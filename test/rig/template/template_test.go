package template

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestRead holds that the command's reader and cfn-lint's parser see the same in each
// template of this checkout.
func TestRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(checkout.Root(), "examples", "*.yaml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d examples (%v)", len(files), err)
	}
	for _, file := range append(files, filepath.Join(checkout.Root(), "template.yaml")) {
		want, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cfntemplate.Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read in another way than by cfn-lint (%v)", filepath.Base(file), err)
		}
	}
}
