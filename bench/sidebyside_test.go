package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

const awsPolicy = "arn:aws:iam::aws:policy/"

// A contestant is a way to make the roles of a Ray cluster.
type contestant struct {
	name string
	do   func(b *testing.B, r *rig.Rig) cost
	wipe bool // the benchmark deletes what it made, because it has no Delete
}

var quick = cloudformation.Properties{"PropagationWaitSeconds": 0}

// propagationWait is how long a Create sleeps by default. The benchmark adds it and does
// not sleep.
const propagationWait = 10 * time.Second

// ours are the function's Create, an Update that changes nothing, and the Delete.
func ours() []contestant {
	var s *cloudformation.Stack
	return []contestant{
		{"Custom::RayIAM, Create in a new process", func(_ *testing.B, r *rig.Rig) cost {
			s = r.Stack()
			answer, _ := s.Create(quick)
			r.OK(answer)
			return cost{slept: propagationWait}
		}, false},
		{"Custom::RayIAM, Update that changes nothing", func(_ *testing.B, r *rig.Rig) cost {
			answer, _ := s.Update(quick)
			r.OK(answer)
			return cost{}
		}, false},
		{"Custom::RayIAM, Delete", func(_ *testing.B, r *rig.Rig) cost { r.OK(s.Delete()); return cost{} }, false},
		{"Custom::RayIAM, Create in a warm process", func(_ *testing.B, r *rig.Rig) cost {
			s = r.Stack()
			answer, _ := s.Create(quick)
			r.OK(answer)
			return cost{slept: propagationWait}
		}, false},
		{"", func(_ *testing.B, r *rig.Rig) cost { r.OK(s.Delete()); return cost{} }, false},
	}
}

// others are other ways to make such roles, each from an empty account.
func others() []contestant {
	handler := func(requestType string) func(*testing.B, *rig.Rig) cost {
		return func(b *testing.B, r *rig.Rig) cost { return invoke(b, r, requestType) }
	}
	return []contestant{
		{"crhelper and boto3, Create", handler("Create"), false},
		{"crhelper and boto3, Update that changes nothing", handler("Update"), false},
		{"crhelper and boto3, Delete", handler("Delete"), false},
		{"AWS CLI, the commands by hand", func(b *testing.B, r *rig.Rig) cost {
			for _, command := range rig.Recipe {
				run(b, r, nil, "", append([]string{".venv/bin/aws", "iam"}, command...)...)
			}
			return cost{}
		}, true},
		{"ray up, its own role (the head alone)", func(b *testing.B, r *rig.Rig) cost { return run(b, r, nil, "", "bench/peers/ray_role.py") }, true},
	}
}

// BenchmarkSideBySide measures the function and the other ways, with a delay at each call.
func BenchmarkSideBySide(b *testing.B) {
	measure(b, "side-by-side", func() string {
		var out strings.Builder
		out.WriteString(sideBySideIntro)
		for _, delay := range []time.Duration{50 * time.Millisecond, 250 * time.Millisecond} {
			fmt.Fprintf(&out, "\n### Each call takes %s\n\n%s", delay, table([]string{"", "calls", "one after another", "time", "own sleeps", "ratio"}, sideBySide(b, delay)))
		}
		return out.String() + resourcesText(b) + notMeasured
	})
}

const sideBySideIntro = `Each row makes, updates or deletes the roles of one cluster. Calls are calls to IAM, and for Custom::RayIAM also the
calls to EC2 before a Delete. Times leave out the start of a program and its own sleeps, which have a column of their
own: for a Create of Custom::RayIAM, the default propagation wait. With the AWS CLI each command is a program, whose
start counts: its time depends mostly on the machine's other work, and can be longer in the table with faster calls. The
ratio is to the same request of Custom::RayIAM, and for a Create to the Create in a new process. The handler with
crhelper and boto3 checks nothing before it writes, tags nothing, and its Update reads neither trust policies, inline
policies nor instance profiles.
`

const notMeasured = `
### Not measured

Terraform's provider for AWS: its executable is only in Terraform's own registry, from which this checkout installs nothing.
Compiling its source would compile a client for each service of AWS, and was not tried.
`

func sideBySide(b *testing.B, delay time.Duration) (rows [][]string) {
	r := rig.New(b)
	warmUp(r)
	r.Running()
	r.Proxy.SetDelay(delay)
	r.EC2.SetDelay(delay)
	own := map[string]time.Duration{}
	for _, c := range append(ours(), others()...) {
		r.Proxy.Reset()
		r.EC2.Reset()
		begun := time.Now()
		cost := c.do(b, r)
		took := time.Since(begun) - cost.start
		request := requestOf(c.name)
		if c.wipe {
			r.Wipe()
		}
		if c.name == "" {
			continue
		}
		if _, ok := own[request]; !ok {
			own[request] = took
		}
		calls := slices.Concat(r.Proxy.Calls(), r.EC2.Calls())
		rows = append(rows, []string{c.name, fmt.Sprint(len(calls)), fmt.Sprint(iamproxy.CriticalPath(calls)), seconds(took), seconds(cost.slept), fmt.Sprintf("%.1f", took.Seconds()/own[request].Seconds())})
	}
	return rows
}

// warmUp makes and deletes a set in another process. Otherwise the first measurement would
// wait for the emulator to read AWS's policies and images.
func warmUp(r *rig.Rig) {
	s := r.Stack()
	answer, _ := s.Create(quick)
	r.OK(answer)
	r.OK(s.Delete())
	r.Stop()
}

func requestOf(name string) string {
	for _, request := range []string{"Update", "Delete"} {
		if strings.Contains(name, request) {
			return request
		}
	}
	return "Create"
}
