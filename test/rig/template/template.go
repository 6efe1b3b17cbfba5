// Package template reads the CloudFormation templates of this checkout by the parser of
// cfn-lint. Package cfntemplate computes their functions.
package template

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// The types are those of the command's own reader, which TestRead holds to this one.
type (
	Template  = cfntemplate.Template
	Parameter = cfntemplate.Parameter
	Resource  = cfntemplate.Resource
	Output    = cfntemplate.Output
	Stack     = cfntemplate.Stack
)

// decode prints a template as JSON. cfn-lint's parser knows the short forms.
const decode = `import json, sys
from cfnlint.decode import decode
template, faults = decode(sys.argv[1])
if faults:
    sys.exit(str(faults))
json.dump(template, sys.stdout)`

// Read returns the template at a path within the checkout.
func Read(path string) (Template, error) {
	python, err := checkout.Python()
	if err != nil {
		return Template{}, err
	}
	cmd := exec.Command(python, "-c", decode, path)
	cmd.Dir = checkout.Root()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return Template{}, fmt.Errorf("reading %s: %w: %s", path, err, &stderr)
	}
	var t Template
	if err := json.Unmarshal(output, &t); err != nil {
		return Template{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return t, nil
}
