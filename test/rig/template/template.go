// Package template reads the CloudFormation templates of this checkout. It uses the command's
// own reader, internal/cfntemplate; TestRead compares that with the parser of cfn-lint.
package template

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// The types are those of the command's own reader.
type (
	Template  = cfntemplate.Template
	Parameter = cfntemplate.Parameter
	Resource  = cfntemplate.Resource
	Output    = cfntemplate.Output
	Stack     = cfntemplate.Stack
)

// Read returns the template at a path within the checkout. The caller may change it.
func Read(path string) (Template, error) {
	text, err := os.ReadFile(filepath.Join(checkout.Root(), path))
	if err != nil {
		return Template{}, fmt.Errorf("reading a template: %w", err)
	}
	t, err := cfntemplate.Parse(text)
	if err != nil {
		return Template{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}
