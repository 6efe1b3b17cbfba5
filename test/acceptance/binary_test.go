package acceptance

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// build builds the function with these flags and returns the executable.
func build(t *testing.T, flags []string, env ...string) string {
	t.Helper()
	executable := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", append(append([]string{"build", "-o", executable}, flags...), "./function")...)
	cmd.Dir = checkout.Root()
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build ./function: %v\n%s", err, out)
	}
	return executable
}

// TestBinary_PlainBuildRuns holds that go build ./function is all there is to it:
// the executable, alone in a folder and without a home, makes what it should.
// Reference 10.1, 10.2.
func TestBinary_PlainBuildRuns(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	l.Function = l.StartBuilt(build(t, nil))
	s := l.Stack()
	create, _ := s.Create(quick)
	l.OK(create)
	l.has("profile ray-head: holds ray-head", "profile ray-worker: holds ray-worker")
	l.OK(s.Delete())
	l.unchanged(before, "Create and Delete")
}

// deployed are the flags of the Makefile's build, so that both share what is compiled.
var deployed = []string{"-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w"}

// TestBinary_Architectures holds that both of Lambda's can be built, for Linux and
// without a library of the machine's.
// Reference 10.1.
func TestBinary_Architectures(t *testing.T) {
	for arch, want := range map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			file, err := elf.Open(build(t, deployed, "GOOS=linux", "CGO_ENABLED=0", "GOARCH="+arch))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			libraries, err := file.ImportedLibraries()
			if err != nil {
				t.Fatal(err)
			}
			if file.Machine != want || len(libraries) > 0 {
				t.Errorf("built for %v with %v, want %v and no library", file.Machine, libraries, want)
			}
		})
	}
}

// TestBinary_ManyRequestsInOneProcess holds that a process serves one request
// after another, of several stacks, refused ones and failed ones among them.
// Reference 10.3.
func TestBinary_ManyRequestsInOneProcess(t *testing.T) {
	l := newLab(t)
	before := l.Snapshot()
	for range 3 {
		a, b := l.created(quick), l.created(other)
		refused, _ := l.Stack().Create(quick)
		l.Failed(refused, "role ray-head")
		if outcome := l.Function.Invoke([]byte(`not an event`), a.Timeout); outcome.Died || outcome.Error == "" {
			t.Errorf("an event that is none ended with %+v, want an error", outcome)
		}
		l.updated(a, quick.With(properties{"Tags": manyTags(1)}))
		l.OK(b.Delete())
		l.OK(a.Delete())
	}
	l.unchanged(before, "many requests")
}
