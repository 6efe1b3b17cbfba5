package acceptance

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// TestSpeed_RoundTrips checks how many calls a request makes one after another, to IAM and
// EC2 together, with no propagation wait. The proxy delays each call until no other has
// come for a second, so that calls made at once surely overlap.
// Reference 10.4, 14.2.
func TestSpeed_RoundTrips(t *testing.T) {
	t.Parallel()
	numbered := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprint("g", i))
		}
		return names
	}
	policies := func(names ...string) map[string]any {
		var arns []any
		for _, name := range names {
			arns = append(arns, awsPolicy+name)
		}
		return map[string]any{"ManagedPolicyArns": arns}
	}
	for _, n := range []int{1, 8} {
		t.Run(fmt.Sprint(n, " worker groups"), func(t *testing.T) {
			l := newLab(t)
			l.Proxy.SetPatience(2 * time.Second)
			l.EC2.SetPatience(2 * time.Second)
			s := l.Stack()
			p := quick.With(properties{"WorkerGroups": rig.Groups(numbered(n)...)})
			changed := p.With(properties{"Head": policies("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "AmazonSQSFullAccess", "AmazonSNSFullAccess")})
			for _, step := range []struct {
				name string
				do   func() cloudformation.Answer
				want int
			}{
				{"Create", func() cloudformation.Answer { a, _ := s.Create(p); return a }, 3},
				{"Update that changes nothing", func() cloudformation.Answer { a, _ := s.Update(p); return a }, 1},
				{"Update that changes policies", func() cloudformation.Answer { a, _ := s.Update(changed); return a }, 2},
				{"Update that takes a group away", func() cloudformation.Answer {
					a, _ := s.Update(changed.With(properties{"WorkerGroups": rig.Groups("other")}))
					return a
				}, 5},
				{"Delete", func() cloudformation.Answer { return s.Delete() }, 3},
			} {
				l.Proxy.Reset()
				l.EC2.Reset()
				l.OK(step.do())
				if got := iamproxy.CriticalPath(slices.Concat(l.Proxy.Calls(), l.EC2.Calls())); got > step.want {
					t.Errorf("%s: %d round trips one after another, want %d", step.name, got, step.want)
				}
			}
		})
	}
}

// TestSpeed_Size checks the compressed size of the executable, for the architecture of this
// machine. The sizes for Lambda's two architectures differ by a few percent.
// Reference 10.5.
func TestSpeed_Size(t *testing.T) {
	executable, err := checkout.Function()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(executable)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	file, err := archive.Create("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("compressed: %.2f MiB", float64(packed.Len())/(1<<20))
	if packed.Len() >= 5<<20 {
		t.Errorf("the compressed executable has %d bytes, want less than 5 MiB", packed.Len())
	}
}

// TestSpeed_Memory checks the peak memory of a process that has handled all requests of a
// resource's life.
// Reference 10.5.
func TestSpeed_Memory(t *testing.T) {
	l := newLab(t)
	executable, err := checkout.Function() // without the race detector, which needs more memory
	if err != nil {
		t.Fatal(err)
	}
	l.Function = l.StartBuilt(executable)
	s := l.created(quick)
	l.updated(s, quick.With(properties{"WorkerGroups": rig.Groups("a", "b")}))
	l.OK(s.Delete())
	peak := peakMemory(t, l.Function)
	t.Logf("peak memory %.1f MiB", float64(peak)/(1<<20))
	if peak >= 24<<20 {
		t.Errorf("peak memory %d bytes, want less than 24 MiB", peak)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory returns the process's peak resident memory, in bytes.
func peakMemory(t *testing.T, f *lambdaruntime.Function) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		t.Fatalf("the process's status has no VmHWM: %s", status)
	}
	kilobytes, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
