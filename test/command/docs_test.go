package command

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/cfntemplate"
	"github.com/ray-iam/custom-rayiam/internal/clustercheck"
	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/internal/setgraph"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

func page(t *testing.T) string {
	t.Helper()
	return checkout.Text(t, "docs/rayiam.md")
}

var (
	consoles   = regexp.MustCompile("(?s)```console\n(.*?)```(?:\n\n```text\n(.*?)```)?")
	yamlBlocks = regexp.MustCompile("(?s)```yaml\n(.*?)```")
)

// commandLines matches the commands of a page, in blocks of any kind.
var commandLines = regexp.MustCompile(`(?m)^(rayiam|cfn-lint|go) .+$`)

// ages matches the ages of sets, which differ from run to run.
var ages = regexp.MustCompile(`(?m)\d+ (min|h|d)( +\S+ \(us-east-1\))$`)

// TestDocs_Commands runs every command of the page, in the state that the page describes,
// and compares the output with what the page shows.
func TestDocs_Commands(t *testing.T) {
	l := newLab(t)
	l.Running()
	s := l.documented(page(t))
	old := l.Stack() // a stack that is deleted before the commands run
	old.ID = strings.Replace(s.ID, "ray-research", "ray-old", 1)
	l.deployedIn(old, properties{"NamePrefix": "ray-old"})
	ids := strings.NewReplacer("ray-research-b9e057b95982", s.PhysicalID, "ray-old-5c1f0e7a9d24", old.PhysicalID)
	shown := strings.NewReplacer(s.PhysicalID, "ray-research-b9e057b95982", old.PhysicalID, "ray-old-5c1f0e7a9d24")
	home := l.home(t)
	ran := map[string]bool{}
	for _, block := range consoles.FindAllStringSubmatch(page(t), -1) {
		var output string
		for i, command := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			if command == "rayiam list" {
				l.PutInline("ray-research-cpu", "by-hand")
				l.orphan(old)
			}
			printed := l.shell(home, ids.Replace(command))
			ran[command] = true
			if i == 0 {
				output = printed
			}
		}
		l.shows(block[1], ages.ReplaceAllString(shown.Replace(output), "1 min$2"), block[2])
	}
	all := commandLines.FindAllString(page(t), -1)
	for _, command := range all {
		if !ran[command] {
			t.Errorf("the page's command %s is not run", command)
		}
	}
	if len(all) < 29 || len(ran) < 29 {
		t.Errorf("the page has %d commands, and %d different ones were run, want more", len(all), len(ran))
	}
	drawn, err := os.ReadFile(filepath.Join(home, "set.svg"))
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(checkout.Root(), "docs", "set.svg")
	if *update {
		if err := os.WriteFile(picture, drawn, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(picture); err != nil || !bytes.Equal(drawn, want) {
		t.Errorf("docs/set.svg differs from what the page's command draws (write it with -update, and look at it): %v", err)
	}
}

// mentioned matches the commands in the text and in the blocks of a page.
var mentioned = regexp.MustCompile("(?m)(?:`|^)rayiam ([a-z][^`\\n]*)")

// TestDocs_OtherPages proves that each rayiam command that another page names exists, with
// its flags.
func TestDocs_OtherPages(t *testing.T) {
	l := newLab(t)
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "examples/*.yaml"} {
		some, err := filepath.Glob(filepath.Join(checkout.Root(), filepath.FromSlash(pattern)))
		if err != nil || len(some) == 0 {
			t.Fatalf("no page like %s: %v", pattern, err)
		}
		pages = append(pages, some...)
	}
	commands := map[string]string{}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mentioned.FindAllStringSubmatch(string(text), -1) {
			if filepath.Base(path) != "rayiam.md" {
				commands[m[1]] = path
			}
		}
	}
	for command, path := range commands {
		words := strings.Fields(command)
		r := l.run("", append(words, "--help")...) // --help does not hide a wrong flag
		if usage := "Usage:\n  rayiam " + words[0]; r.code != 0 || !strings.Contains(r.out, usage) {
			t.Errorf("%s names rayiam %s: exit code %d\n%s%s", path, command, r.code, r.out, r.err)
		}
	}
	if len(commands) < 10 {
		t.Errorf("the pages name %d commands, want more: are they read?", len(commands))
	}
}

// documented makes the state that the page describes: the stack ray-research with the set
// that the page's properties declare, and a change set that adds a group.
func (l *lab) documented(page string) *cloudformation.Stack {
	l.TB.Helper()
	declared := yamlBlocks.FindStringSubmatch(page)[1]
	v, err := cfntemplate.Decode([]byte(declared))
	if err != nil {
		l.TB.Fatal(err)
	}
	p := properties(v.(map[string]any)).With(properties{"PropagationWaitSeconds": "0"})
	s := l.Stack()
	s.ID = "arn:aws:cloudformation:us-east-1:" + l.AccountID + ":stack/ray-research/5d1c7f20-c91f-11f0-8de9-0242ac120002"
	create, _ := s.Create(p)
	l.OK(create)
	after := p.With(properties{"WorkerGroups": []any{map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu"}}})
	t := l.TB.(*testing.T)
	modify := change("Modify", "RayIAM", encoded(t, p), encoded(t, after))
	modify.PhysicalID = s.PhysicalID
	l.Described.AddChangeSet(cloudformation.ChangeSet{Name: "add-gpu", StackName: "ray-research", StackID: s.ID, Status: "CREATE_COMPLETE", Changes: []cloudformation.ResourceChange{modify}})
	l.Described.AddStack(cloudformation.DescribedStack{
		Name: "ray-research", ID: s.ID, Template: encoded(t, map[string]any{"Resources": map[string]any{"RayIAM": map[string]any{"Type": "Custom::RayIAM", "Properties": p}}}),
		Resources: []cloudformation.ResourceSummary{{LogicalID: "RayIAM", PhysicalID: s.PhysicalID, Type: "Custom::RayIAM"}},
	})
	l.stands(s, "CREATE_COMPLETE")
	return s
}

// home returns a folder in which the page's commands run: it has links to the checkout, and
// the page's own files.
func (l *lab) home(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	entries, err := os.ReadDir(checkout.Root())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "events" {
			continue
		}
		if err := os.Symlink(filepath.Join(checkout.Root(), e.Name()), filepath.Join(home, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(home, "events"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "events", "create.json"), l.event("create").JSON(), 0o644); err != nil {
		t.Fatal(err)
	}
	cluster := checkout.Text(t, "examples/ray/cluster.yaml")
	for name, text := range map[string]string{"properties.yaml": yamlBlocks.FindStringSubmatch(page(t))[1], "cluster.yaml": cluster} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// shell runs a command of the page. rayiam is the executable that the page's first command
// installs, and cfn-lint is the checkout's.
func (l *lab) shell(home, command string) string {
	l.TB.Helper()
	python, err := checkout.Python()
	if err != nil {
		l.TB.Fatal(err)
	}
	const named = `cfn-lint() { "$0" -c '` + checkout.CFNLintProgram + `' "$@"; }; `
	cmd := exec.Command("bash", "-uo", "pipefail", "-c", named+command, python)
	cmd.Dir = home
	if strings.HasPrefix(command, "go ") {
		cmd.Dir = checkout.Root() // Go's package patterns do not follow a link to a folder
	}
	cmd.Env = append(l.environment(), "GOBIN="+filepath.Join(home, "bin"), "GOFLAGS=-buildvcs=false", "PATH="+filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 2 {
		l.TB.Errorf("%s: exit code %d (%v)\n%s%s", command, code, err, out, &stderr)
	}
	return string(out)
}

// shows fails the test unless each line that the page shows begins a line of the output, in
// this order.
func (l *lab) shows(command, output, shown string) {
	l.TB.Helper()
	lines := strings.Split(l.anonymousAccount(output), "\n")
	for _, want := range strings.Split(strings.Trim(shown, "\n"), "\n") {
		for len(lines) > 0 && !strings.Contains(lines[0], want) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			l.TB.Errorf("%sprints\n%s\nand not %q, or not in this order", command, output, want)
			return
		}
		lines = lines[1:]
	}
}

func (l *lab) anonymousAccount(text string) string {
	return strings.ReplaceAll(text, l.AccountID, "123456789012")
}

// TestDocs_Fields proves that the page names every field of the JSON output.
func TestDocs_Fields(t *testing.T) {
	text := page(t)
	fields := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice:
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "" {
					fields[name] = true
				}
				walk(typ.Field(i).Type)
			}
		}
	}
	for _, v := range []any{planview.View{}, clustercheck.Finding{}, setgraph.Graph{}} {
		walk(reflect.TypeOf(v))
	}
	for _, name := range []string{"plans", "findings", "role", "trustPolicy", "managedPolicyArns", "policies", "name", "type", "document",
		"sets", "owner", "stackId", "belongs", "reason", "state", "created", "entities", "kind", "differs", "plan", "deleted", "failed"} {
		fields[name] = true
	}
	if len(fields) < 30 {
		t.Errorf("found %d fields, want more: are they read?", len(fields))
	}
	for name := range fields {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the page does not name the field %s", name)
		}
	}
}

// TestDocs_LintConfiguration proves that cfn-lint loads the rules with the page's
// .cfnlintrc.
func TestDocs_LintConfiguration(t *testing.T) {
	blocks := yamlBlocks.FindAllStringSubmatch(page(t), -1)
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(checkout.Root(), "tools"), filepath.Join(dir, "tools")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{".cfnlintrc": blocks[1][1], "template.json": templateOf(t, []properties{{"Namprefix": "x"}}, nil)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := checkout.CFNLint(t, "template.json")
	cmd.Dir = dir
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), "E9301 Namprefix: unknown property") {
		t.Errorf("cfn-lint prints %s, want a finding of the rules", out)
	}
}
