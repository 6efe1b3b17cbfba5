package launcher

import (
	"encoding/json"
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
	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

func page(t *testing.T) string {
	t.Helper()
	return checkout.Text(t, "docs/launcher.md")
}

// TestPage_Statements checks the page's tables against the policies: each statement is in
// them, with each of its actions.
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
						t.Errorf("docs/launcher.md does not say that %s allows %s", sid, action)
					}
				}
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(generated)); !slices.Equal(got, want) {
		t.Errorf("docs/launcher.md has the statements %v, the policies have %v", got, want)
	}
}

// search is a Python program that prints what a JMESPath expression finds in a document, as
// the AWS CLI does with --query.
const search = `import jmespath, json, sys
expression, document = json.load(sys.stdin)
print("\n".join("\t".join(row) for row in jmespath.search(expression, document)))`

// TestPage_Command proves that the page's command deploys the launcher of the example. Its
// query finds outputs of examples/least-privilege.yaml that examples/launcher.yaml takes,
// its other values are in examples/ray/cluster.yaml, and together they set all parameters
// that the template requires.
func TestPage_Command(t *testing.T) {
	identities, err := template.Read("examples/least-privilege.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l := at("aws", region)
	values := map[string]string{
		"ClusterName": l.ClusterName, "HeadRoleArn": l.HeadRoleARN, "HeadInstanceProfileArn": l.HeadProfileARN,
		"WorkerInstanceProfileArns": strings.Join(sets()["workers"].WorkerProfileARNs, ","),
	}
	var outputs []map[string]string
	for name := range identities.Outputs {
		outputs = append(outputs, map[string]string{"OutputKey": name, "OutputValue": values[name]})
	}
	command := strings.ReplaceAll(page(t), "\\\n", " ")
	query := regexp.MustCompile(`--query\s+"(Stacks[^"]+)"`).FindStringSubmatch(command)
	overrides := regexp.MustCompile(`--parameter-overrides \$identities ([^\n]+)`).FindStringSubmatch(command)
	if query == nil || overrides == nil {
		t.Fatal("docs/launcher.md has no command that deploys examples/launcher.yaml")
	}
	given := map[string]string{}
	for _, word := range append(found(t, query[1], map[string]any{"Stacks": []any{map[string]any{"Outputs": outputs}}}), strings.Fields(overrides[1])...) {
		name, value, _ := strings.Cut(word, "=")
		given[name] = value
		if want := values[name]; want != "" && value != want {
			t.Errorf("the command sets %s to %s, want %s", name, value, want)
		} else if want == "" && name != "PolicyName" && !strings.Contains(clusterYAML(t), value) {
			t.Errorf("the command sets %s to %s, which is not in the cluster's YAML", name, value)
		}
	}
	accepted(t, given)
	for name, parameter := range exampleTemplate(t).Parameters {
		if parameter.Default == nil && given[name] == "" {
			t.Errorf("the command does not set the required parameter %s", name)
		}
		delete(given, name)
	}
	if len(given) > 0 {
		t.Errorf("the command sets %v, which examples/launcher.yaml does not have", given)
	}
}

// found returns the rows that a query of the AWS CLI prints for a document.
func found(t *testing.T, query string, document any) []string {
	t.Helper()
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal([]any{query, document})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", search)
	cmd.Stdin = strings.NewReader(string(input))
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("searching by %s: %v", query, err)
	}
	return strings.Fields(string(output))
}

func clusterYAML(t *testing.T) string {
	t.Helper()
	return checkout.Text(t, "examples/ray/cluster.yaml")
}

// TestPage_Templates proves that cfn-lint finds nothing in the page's templates.
func TestPage_Templates(t *testing.T) {
	directory, paths := t.TempDir(), []string{"--"}
	templates := regexp.MustCompile("(?s)```yaml\n(AWSTemplateFormatVersion.*?)```").FindAllStringSubmatch(page(t), -1)
	for i, m := range templates {
		path := filepath.Join(directory, fmt.Sprintf("%d.yaml", i+1))
		if err := os.WriteFile(path, []byte(m[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if out, err := checkout.CFNLint(t, paths...).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint on the page's templates: %v\n%s", err, out)
	}
	if len(templates) != 2 {
		t.Errorf("the page has %d templates, want 2", len(templates))
	}
}
