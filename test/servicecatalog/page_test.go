package servicecatalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// page is the page that people read before they deploy the portfolio.
const page = "docs/service-catalog.md"

// block returns the page's only code block in a language.
func block(t *testing.T, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```\n").FindAllStringSubmatch(checkout.Text(t, page), -1)
	if len(found) != 1 {
		t.Fatalf("%s has %d blocks of %s, want 1", page, len(found), language)
	}
	return found[0][1]
}

// TestPage_EndUser proves that the page's policy for end users lets them launch products
// and manage their own, and gives them none of the launch role's rights.
func TestPage_EndUser(t *testing.T) {
	policy := block(t, "json")
	var document struct{ Statement []weaken.Statement }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		t.Fatal(err)
	}
	var aws []weaken.Statement
	python(t, &aws, endUser)
	for _, action := range actions(document.Statement) {
		if !strings.HasPrefix(action, "servicecatalog:") || !slices.Contains(actions(aws), action) {
			t.Errorf("the page's policy allows %s, want only actions of Service Catalog in AWS's own policy for end users", action)
		}
	}
	s := states[0]
	product, own := s.arn("catalog", s.place(), account, "product/prod-abc"), "*"
	self, others := conditionKeys{"servicecatalog:userLevel": {"self"}}, conditionKeys{"servicecatalog:userLevel": {"account"}}
	tests := []struct {
		c    policysim.Case
		want bool
	}{
		{call("", "servicecatalog:ProvisionProduct", product, nil), true},
		{call("", "servicecatalog:DescribeProvisioningParameters", product, nil), true},
		{call("", "servicecatalog:SearchProducts", own, nil), true},
		{call("", "servicecatalog:UpdateProvisionedProduct", own, self), true},
		{call("", "servicecatalog:TerminateProvisionedProduct", own, self), true},
		{call("", "servicecatalog:DescribeRecord", own, self), true},
		{call("", "servicecatalog:UpdateProvisionedProduct", own, others), false},
		{call("", "servicecatalog:TerminateProvisionedProduct", own, others), false},
		{call("", "cloudformation:DeleteStack", s.launchedStack(), nil), false},
		{call("", "cloudformation:UpdateStack", s.launchedStack(), nil), false},
		{call("", "lambda:InvokeFunction", s.function(), nil), false},
		{call("", "iam:PassRole", s.arn("iam", "", account, "role/ray-research-head"), nil), false},
		{call("", "servicecatalog:DeleteConstraint", own, nil), false},
	}
	var cases []policysim.Case
	for _, tt := range tests {
		tt.c.Principal, tt.c.Identity = "arn:aws:iam::"+account+":role/data-scientist", []string{policy}
		cases = append(cases, tt.c)
	}
	for i, got := range policysim.Evaluate(t, cases) {
		if (got == policysim.Allowed) != tests[i].want {
			t.Errorf("%s: the decision is %s, want allowed: %t", cases[i].Name, got, tests[i].want)
		}
	}
}

// TestPage_Version proves that the page adds a version to those of the example and leaves
// the others unchanged.
func TestPage_Version(t *testing.T) {
	template := checkout.Text(t, catalogPath)
	before, added, found := strings.Cut(block(t, "yaml"), "        - Name: v2\n")
	if !found || !strings.Contains(template, "\n"+before) {
		t.Errorf("the page's list of versions does not begin with the example's:\n%s", before)
	}
	if !strings.Contains(added, "${TemplatesUrl}/v2.yaml") {
		t.Errorf("the page's new version has no file of its own: %s", added)
	}
}

// TestPage_Parameters proves that the parameters in the page's commands exist, and that the
// commands have the capability that a named role needs.
func TestPage_Parameters(t *testing.T) {
	catalog, commands := read(t, catalogPath), 0
	for _, command := range regexp.MustCompile(`(?s)aws cloudformation deploy.*?[^\\]\n`).FindAllString(checkout.Text(t, page), -1) {
		commands++
		if !strings.Contains(command, "--capabilities CAPABILITY_NAMED_IAM") {
			t.Errorf("the command does not have the capability for a named role: %s", command)
		}
		_, overrides, _ := strings.Cut(command, "--parameter-overrides")
		for _, m := range regexp.MustCompile(`(?:^|\s)(\w+)=`).FindAllStringSubmatch(overrides, -1) {
			if _, ok := catalog.Parameters[m[1]]; !ok {
				t.Errorf("the page sets %s, which %s does not have", m[1], catalogPath)
			}
		}
	}
	if commands != 3 {
		t.Errorf("the page has %d commands that deploy, want 3", commands)
	}
}

// TestPage_Statements proves that the page explains each statement of the launch role's
// policy.
func TestPage_Statements(t *testing.T) {
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(checkout.Text(t, page), -1) {
		got = append(got, m[1])
	}
	var want []string
	for _, st := range states[0].statements(t) {
		want = append(want, st["Sid"].(string))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page explains %q, the launch role has %q", got, want)
	}
}

// TestPage_Tests proves that the tests that the page names exist in this folder.
func TestPage_Tests(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(checkout.Root(), "test/servicecatalog/*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(checkout.Text(t, page), -1)
	for _, m := range named {
		if !strings.Contains(source.String(), "\nfunc "+m[1]+"(t ") {
			t.Errorf("%s names the test %s, which does not exist", page, m[1])
		}
	}
	if len(named) < 10 {
		t.Errorf("%s names %d tests, want more", page, len(named))
	}
}
