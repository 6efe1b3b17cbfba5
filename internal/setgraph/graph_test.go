package setgraph

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

var update = flag.Bool("update", false, "write the golden files anew")

var stack = rayiam.Stack{Partition: "aws", Region: "us-east-1", Account: "123456789012"}

// sets returns the sets of these tests: the defaults, every property, and policies that a
// template's author may write.
func sets(t *testing.T) map[string]Graph {
	t.Helper()
	groups := []rayiam.WorkerGroup{{Name: "cpu"}, {Name: "gpu"}}
	everything := leastprivilege.Options{
		ClusterName: "research", S3Buckets: []leastprivilege.S3Bucket{{Name: "research-results"}, {Name: "public-datasets", ReadOnly: true}},
		FSx: true, CloudWatch: true, Spot: true, InstanceTypes: []string{"m6i.4xlarge", "g5.xlarge"},
	}
	own := func(document string) rayiam.NodeProperties {
		return rayiam.NodeProperties{ManagedPolicyARNs: []string{"arn:aws:iam::123456789012:policy/team/data"}, Policies: []rayiam.InlinePolicy{{Name: "own", Document: document}}}
	}
	drawn := map[string]Graph{}
	for name, p := range map[string]rayiam.Properties{
		"defaults":   {WorkerGroups: []rayiam.WorkerGroup{{Name: "worker"}}},
		"everything": {WorkerGroups: groups, LeastPrivilege: &everything},
		"own": {PermissionsBoundary: "arn:aws:iam::123456789012:policy/team/bound", Head: own(`{"Statement":[{"Effect":"Deny","NotAction":["s3:GetObject","sqs:*"],"NotResource":"arn:aws:s3:::a/b/*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"<&\"2027\">"}}},{"Effect":"Allow","Action":"*","Resource":["arn:aws:sqs:us-east-1:123456789012:jobs","odd"]}]}`),
			WorkerGroups: []rayiam.WorkerGroup{{Name: "a"}, {Name: "b", NodeProperties: own(`{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}`)}, {Name: "c"}}},
	} {
		p.NamePrefix, p.Path = "ray", "/"
		g, err := New("Set ray, as declared", rayiam.Declare(p, stack).Nodes(""))
		if err != nil {
			t.Fatal(err)
		}
		drawn[name] = g
	}
	return drawn
}

// TestPictures compares each picture with its golden file.
func TestPictures(t *testing.T) {
	for name, g := range sets(t) {
		for ending, got := range map[string]string{".mmd": g.Mermaid(), ".svg": g.SVG()} {
			path := filepath.Join("testdata", name+".golden"+ending)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || string(want) != got {
				t.Errorf("the picture differs from %s (write it with -update, and look at it): %v", path, err)
			}
		}
	}
}

// TestGraph checks the boxes and arrows: which roles share a box, their permissions, and the
// roles that the head may pass.
func TestGraph(t *testing.T) {
	all := sets(t)
	count := func(g Graph, role int, kind Kind) (n int) {
		for _, a := range g.Arrows {
			if a.From == role && !a.Passes && g.Rights[a.To].Kind == kind {
				n++
			}
		}
		return n
	}
	passes := func(g Graph) (to []string) {
		for _, a := range g.Arrows {
			if a.Passes {
				to = append(to, fmt.Sprint(g.Roles[a.From].Kind, ">", a.To))
			}
		}
		return to
	}
	tests := []struct {
		set                                    string
		roles, managed, rights, denials, other int // other: rights in the second box
		passes                                 string
	}{
		{"defaults", 2, 5, 0, 0, 0, "[head>1]"},
		{"everything", 2, 0, 19, 1, 7, "[head>1]"},
		{"own", 3, 1, 1, 1, 0, "[head>1 head>2]"},
	}
	for _, tt := range tests {
		g := all[tt.set]
		if len(g.Roles) != tt.roles || count(g, 0, Managed) != tt.managed || count(g, 0, Right) != tt.rights || count(g, 0, Denial) != tt.denials || count(g, 1, Right) != tt.other || fmt.Sprint(passes(g)) != tt.passes {
			t.Errorf("%s: %d boxes of roles, the head has %d managed policies, %d rights and %d denials, the workers have %d rights, passed are %v; want %+v",
				tt.set, len(g.Roles), count(g, 0, Managed), count(g, 0, Right), count(g, 0, Denial), count(g, 1, Right), passes(g), tt)
		}
	}
	if got := strings.Join(all["everything"].Roles[1].Lines, ","); got != "role ray-cpu,role ray-gpu" {
		t.Errorf("the workers' box has the policies %s", got)
	}
	if _, err := New("x", []rayiam.Node{{Name: "a", InlinePolicies: map[string]string{"p": "{"}}}); err == nil {
		t.Error("a policy that is not JSON is drawn, want an error")
	}
}

// TestSVG_IsReadable checks that each picture is XML, that every text lies within its box,
// that no two boxes lie over each other, and that everything lies within the picture.
func TestSVG_IsReadable(t *testing.T) {
	for name, g := range sets(t) {
		boxes, texts, whole := read(t, g.SVG())
		if len(boxes) != len(g.Roles)+len(g.Rights) {
			t.Errorf("%s: the picture has %d boxes for %d roles and %d rights", name, len(boxes), len(g.Roles), len(g.Rights))
		}
		for i, a := range boxes {
			if a.x < 0 || a.y < 0 || a.x+a.w > whole.w || a.y+a.h > whole.h {
				t.Errorf("%s: box %d is outside of the picture", name, i)
			}
			for j, b := range boxes[:i] {
				if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
					t.Errorf("%s: the boxes %d and %d overlap", name, i, j)
				}
			}
		}
		inside := 0
		for _, text := range texts {
			for _, b := range boxes {
				if text.x > b.x && text.x < b.x+b.w && text.y > b.y && text.y < b.y+b.h {
					inside++
					if text.x+text.w > b.x+b.w || text.y+3 > b.y+b.h {
						t.Errorf("%s: a text is longer than its box", name)
					}
				}
			}
			if text.x+text.w > whole.w {
				t.Errorf("%s: a text is longer than the picture", name)
			}
		}
		want := 0
		for _, b := range append(g.Roles, g.Rights...) {
			want += 1 + len(b.Lines)
		}
		if inside != want {
			t.Errorf("%s: %d texts are in boxes, want %d", name, inside, want)
		}
	}
}

// read returns the places of boxes and texts in an SVG, and its size.
func read(t *testing.T, svg string) (boxes, texts []rectangle, whole rectangle) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return boxes, texts, whole
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		number := func(name string) float64 {
			for _, a := range start.Attr {
				if a.Name.Local == name {
					n, err := strconv.ParseFloat(a.Value, 64)
					if err != nil {
						t.Fatal(err)
					}
					return n
				}
			}
			return 0
		}
		r := rectangle{number("x"), number("y"), number("width"), number("height")}
		switch start.Name.Local {
		case "svg":
			whole = r
		case "rect":
			if r.x > 0 { // the background is at no position of its own
				boxes = append(boxes, r)
			}
		case "text":
			var content string
			if err := dec.DecodeElement(&content, &start); err != nil {
				t.Fatal(err)
			}
			r.w = 7.23 * float64(utf8.RuneCountInString(content)) // the width in the widest of the fonts at 12 pixels
			texts = append(texts, r)
		}
	}
}
