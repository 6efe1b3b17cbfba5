package command

import (
	"os"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/clustercheck"
	"github.com/ray-iam/custom-rayiam/internal/setgraph"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// research describes the stack of examples/least-privilege.yaml, with these parameters.
func (l *lab) research(parameters map[string]string) {
	l.TB.Helper()
	text := checkout.Text(l.TB, "examples/least-privilege.yaml")
	l.Described.AddStack(cloudformation.DescribedStack{
		Name: "ray-research", ID: "arn:aws:cloudformation:us-east-1:123456789012:stack/ray-research/5d1c7f20-c91f-11f0-8de9-0242ac120002",
		Template: text, Parameters: parameters,
		Resources: []cloudformation.ResourceSummary{
			{LogicalID: "Results", PhysicalID: "ray-research-results-1x2y3z", Type: "AWS::S3::Bucket"},
			{LogicalID: "RayIAM", PhysicalID: "ray-research-0123456789ab", Type: "Custom::RayIAM"},
		},
	})
}

// checked checks the example's cluster against the stack. It expects an exit code, and a
// note that the YAML does not show whether the head may launch the image.
func (l *lab) checked(code int, args ...string) string {
	l.TB.Helper()
	r := l.run("", append([]string{"check", "--stack-name", "ray-research"}, args...)...)
	if r.code != code {
		l.TB.Fatalf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.err)
	}
	if !strings.HasPrefix(r.err, "rayiam: note: the head may launch ami-0123456789abcdef0 only if EC2 knows it as public") || strings.Count(r.err, "\n") != 1 {
		l.TB.Errorf("want one note, about the image: %s", r.err)
	}
	return r.out
}

// TestCheck_Stack proves that the example's cluster fits the deployed example template.
func TestCheck_Stack(t *testing.T) {
	l := newLab(t)
	l.research(nil)
	if got := l.checked(0, "examples/ray/cluster.yaml"); got != "examples/ray/cluster.yaml: the set permits all that this cluster asks for.\n" {
		t.Errorf("check prints for the example %s, want no finding", got)
	}
}

// TestCheck_NarrowedStack proves that the check uses the stack's parameters.
func TestCheck_NarrowedStack(t *testing.T) {
	narrow := newLab(t)
	narrow.research(map[string]string{"ClusterName": "other", "SubnetIds": "subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb"})
	got := narrow.checked(2, "examples/ray/cluster.yaml")
	for _, want := range []string{
		"cluster_name: research is not other\n    why: the head may only", "available_node_types.cpu.node_config.SubnetIds[0]: subnet-0123456789abcdef0 is none of LeastPrivilege.SubnetIds\n", "\n    do:  write SubnetIds with one of subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb", "\n3 to correct before ray up.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the output is\n%s\nwant %q in it", got, want)
		}
	}
	var printed struct{ Findings []clustercheck.Finding }
	decoded(t, narrow.checked(2, "examples/ray/cluster.yaml", "--output", "json"), &printed)
	if len(printed.Findings) != 3 || printed.Findings[0].Path != "cluster_name" || printed.Findings[0].Line < 2 || printed.Findings[0].Found != "research" {
		t.Errorf("the findings are %+v", printed.Findings)
	}
}

// TestCheck_Write proves that --write fills in the instance profiles and changes nothing
// else, and that the written file passes the check.
func TestCheck_Write(t *testing.T) {
	l := newLab(t)
	l.research(nil)
	text := checkout.Text(t, "examples/ray/cluster.yaml")
	const account = "arn:aws:iam::123456789012:instance-profile/"
	path := file(t, "cluster.yaml", strings.ReplaceAll(text, account, "arn:aws:iam::999999999999:instance-profile/"))
	r := l.run("", "check", "--stack-name", "ray-research", "--write", path)
	if r.code != 0 || !strings.Contains(r.err, "note: wrote the instance profile of head, cpu, gpu into ") {
		t.Errorf("--write: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the written file is %s (error: %v)", got, err)
	}
	unclear := file(t, "unclear.yaml", strings.ReplaceAll(strings.ReplaceAll(text, "\n  gpu:", "\n  big:"), account+"ray-research-gpu", "x"))
	r = l.run("", "check", "--stack-name", "ray-research", "--write", unclear)
	if r.code != 2 || !strings.Contains(r.err, "big was not written: its name does not show which worker group it belongs to: pass --group big=NAME") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = l.run("", "check", "--stack-name", "ray-research", "--write", "--group", "big=gpu", unclear); r.code != 0 {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

// TestGraph_Owner proves that a set is drawn as it is in IAM, and that this picture equals
// that of the declared set until somebody changes the set.
func TestGraph_Owner(t *testing.T) {
	l := newLab(t)
	l.Running()
	s := l.Stack()
	create, _ := s.Create(everything)
	l.OK(create)
	path := file(t, "p.json", encoded(t, everything))
	var observed, declared setgraph.Graph
	read := func() {
		t.Helper()
		decoded(t, l.ok(0, "", "graph", s.PhysicalID, "--output", "json"), &observed)
	}
	decoded(t, l.ok(0, "", "graph", "--properties", path, "--output", "json"), &declared)
	read()
	if observed.Title == declared.Title {
		t.Errorf("both pictures have the title %q, want different ones", observed.Title)
	}
	observed.Title = declared.Title
	if encoded(t, observed) != encoded(t, declared) {
		t.Errorf("the picture of IAM is %+v, that of the properties %+v, want the same", observed, declared)
	}
	l.PutInline("ml-gpu", "by-hand")
	read()
	if got := encoded(t, observed); !strings.Contains(got, "sqs: *") {
		t.Errorf("a policy put by hand is not drawn: %s", got)
	}
	if got := l.ok(0, "", "graph", s.PhysicalID); !strings.Contains(got, "flowchart LR\n  role1([") {
		t.Errorf("the Mermaid picture is %s", got)
	}
	if got := l.ok(0, "", "graph", s.PhysicalID, "--format", "svg"); !strings.HasPrefix(got, "<svg ") {
		t.Errorf("the SVG picture is %s", got)
	}
}
