package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestBinary_PlainBuildRuns proves that go build ./function alone makes a working function:
// the executable runs alone in a folder, without a home directory.
// Reference 10.1, 10.2.
func TestBinary_PlainBuildRuns(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	executable := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-o", executable, "./function")
	build.Dir, build.Env = checkout.Root(), append(os.Environ(), "CGO_ENABLED=0") // as on a machine without a C compiler
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./function: %v\n%s", err, out)
	}
	l.Function = l.StartBuilt(executable)
	s := l.Stack()
	create, _ := s.Create(quick)
	l.OK(create)
	l.has("profile ray-head: holds ray-head", "profile ray-worker: holds ray-worker")
	l.OK(s.Delete())
	l.unchanged(before, "Create and Delete")
}

// TestBinary_ManyRequestsInOneProcess proves that one process serves many requests one
// after another, from several stacks, also after requests that were refused or failed.
// Reference 10.3.
func TestBinary_ManyRequestsInOneProcess(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	for range 3 {
		a, b := l.created(quick), l.created(other)
		refused, _ := l.Stack().Create(quick)
		l.Failed(refused, "role ray-head")
		if outcome := l.Function.Invoke([]byte(`not an event`), a.Timeout); outcome.Died || outcome.Error == "" {
			t.Errorf("an undecodable event ended with %+v, want an error", outcome)
		}
		l.updated(a, quick.With(properties{"Tags": manyTags(1)}))
		l.OK(b.Delete())
		l.OK(a.Delete())
	}
	l.unchanged(before, "many requests")
}
