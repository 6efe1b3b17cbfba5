package planview

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/provider"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// TestView_EveryCall checks that a plan shows each call: as an action on an entity, or as a
// detail of an entity.
func TestView_EveryCall(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "rayiam", "step.go"))
	if err != nil {
		t.Fatal(err)
	}
	calls := regexp.MustCompile(`(?m)^\t\w+ +Call = "(\w+)"$`).FindAllStringSubmatch(string(source), -1)
	if len(calls) < 17 {
		t.Fatalf("found %d calls in step.go, want more", len(calls))
	}
	for _, m := range calls {
		step := rayiam.Step{Call: rayiam.Call(m[1]), Role: "ray-head", Policy: "p", Document: "{}", Boundary: "b", Path: "/", Tags: map[string]string{"k": "v"}, TagKeys: []string{"k"}}
		if strings.Contains(m[1], "InstanceProfile") {
			step.InstanceProfile = "ray-head"
		}
		v := New(customresource.Request{}, provider.Preview{Plan: rayiam.Plan{Phases: [][]rayiam.Step{{step}}}}, nil)
		if len(v.Entities) != 1 || v.Summary.Empty() {
			t.Fatalf("%s: the view is %+v, want one entity", m[1], v)
		}
		if e := v.Entities[0]; len(e.Details) == 0 && e.Action != Delete {
			t.Errorf("the view does not show the call %s: %+v", m[1], e)
		}
		if text := v.Text(Plain); strings.Contains(text, emptySummary) || !strings.Contains(text, "ray-head") {
			t.Errorf("the text does not show the call %s: %s", m[1], text)
		}
	}
}

// TestDiff checks which lines of two documents are shown.
func TestDiff(t *testing.T) {
	numbered := func(changed string) []string {
		lines := strings.Split("a b c d e f g h i j k l", " ")
		lines[5] = changed
		return lines
	}
	tests := []struct {
		name          string
		before, after []string
		want          string
	}{
		{"nothing and nothing", nil, nil, ""},
		{"the same", []string{"a"}, []string{"a"}, "…"},
		{"made", nil, []string{"a", "b"}, "+a +b"},
		{"gone", []string{"a", "b"}, nil, "-a -b"},
		{"one line", numbered("f"), numbered("x"), "… c d e -f +x g h i …"},
		{"at the beginning", []string{"a", "b", "c"}, []string{"x", "b", "c"}, "-a +x b c"},
		{"put between", []string{"a", "c"}, []string{"a", "b", "c"}, "a +b c"},
		{"moved", []string{"a", "b"}, []string{"b", "a"}, "-a b +a"},
	}
	for _, tt := range tests {
		var got []string
		for _, l := range diff(tt.before, tt.after) {
			got = append(got, strings.TrimSpace(string(l.sign)+l.text))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, strings.Join(got, " "), tt.want)
		}
	}
}

// TestDocument checks that equal documents have the same lines, in the order in which people
// write them, and that text which is not JSON is shown as it is.
func TestDocument(t *testing.T) {
	const want = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "A",
      "Effect": "Allow",
      "Action": [
        "a:<B>",
        "a:C"
      ],
      "Resource": "*",
      "Condition": {}
    }
  ]
}`
	for _, text := range []string{
		`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["a:<B>","a:C"],"Resource":"*","Condition":{}}]}`,
		`{"Statement":{"Condition":{},"Resource":["*"],"Action":["a:C","a:<B>"],"Effect":"Allow","Sid":"A"},"Version":"2012-10-17"}`,
	} {
		if got := Document(text); got != want {
			t.Errorf("%s is shown as\n%s\nwant\n%s", text, got, want)
		}
		if !json.Valid([]byte(Document(text))) {
			t.Errorf("%s is shown in a form that is not JSON", text)
		}
	}
	if got := lines("no JSON"); !slices.Equal(got, []string{"no JSON"}) || Document("") != "" {
		t.Errorf("a text that is not JSON is shown as %q, want it unchanged; an empty text as %q, want nothing", got, Document(""))
	}
}
