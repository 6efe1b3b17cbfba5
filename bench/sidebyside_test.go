package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

const awsPolicy = "arn:aws:iam::aws:policy/"

// A cost is what of a contestant's time does not count.
type cost struct {
	start time.Duration // of its program
	slept time.Duration // what it would have slept, but for the bench
}

// A contestant makes roles for a Ray cluster.
type contestant struct {
	name string
	do   func(b *testing.B, r *rig.Rig) cost
	wipe bool // what it made, since it takes nothing back itself
}

var quick = cloudformation.Properties{"PropagationWaitSeconds": 0}

// ours are a Create, an Update that changes nothing, and a Delete.
func ours() []contestant {
	var s *cloudformation.Stack
	return []contestant{
		{"Custom::RayIAM, Create in a new process", func(_ *testing.B, r *rig.Rig) cost {
			s = r.Stack()
			answer, _ := s.Create(quick)
			r.OK(answer)
			return cost{}
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
			return cost{}
		}, false},
		{"", func(_ *testing.B, r *rig.Rig) cost { r.OK(s.Delete()); return cost{} }, false},
	}
}

// others are what else makes such roles, each from nothing.
func others() []contestant {
	python := func(arguments ...string) func(*testing.B, *rig.Rig) cost {
		return func(b *testing.B, r *rig.Rig) cost { return run(b, r, arguments...) }
	}
	return []contestant{
		{"boto3 handler, Create", python("bench/peers/handler.py", "Create"), false},
		{"boto3 handler, Update that changes nothing", python("bench/peers/handler.py", "Update"), false},
		{"boto3 handler, Delete", python("bench/peers/handler.py", "Delete"), false},
		{"AWS CLI, the commands by hand", func(b *testing.B, r *rig.Rig) cost {
			for _, command := range commands {
				run(b, r, append([]string{".venv/bin/aws", "iam"}, command...)...)
			}
			return cost{}
		}, true},
		{"ray up, its own role (the head alone)", python("bench/peers/ray_role.py"), true},
	}
}

// commands are what people type by hand: docs/reference.md, 1.7, names the page.
var commands = byHand()

func byHand() (all [][]string) {
	for _, role := range []string{"ray-head", "ray-worker"} {
		all = append(all,
			[]string{"create-role", "--role-name", role, "--assume-role-policy-document", rig.TrustByHand},
			[]string{"create-instance-profile", "--instance-profile-name", role},
			[]string{"add-role-to-instance-profile", "--instance-profile-name", role, "--role-name", role})
	}
	for _, name := range []string{"AmazonEC2FullAccess", "AmazonS3FullAccess", "AmazonFSxFullAccess", "CloudWatchAgentServerPolicy", "AmazonSSMFullAccess"} {
		all = append(all, []string{"attach-role-policy", "--role-name", "ray-head", "--policy-arn", awsPolicy + name})
	}
	for _, name := range []string{"AmazonS3FullAccess", "AmazonFSxFullAccess"} {
		all = append(all, []string{"attach-role-policy", "--role-name", "ray-worker", "--policy-arn", awsPolicy + name})
	}
	pass := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/ray-worker"}]}`
	return append(all, []string{"put-role-policy", "--role-name", "ray-head", "--policy-name", "ray-pass-role-policy", "--policy-document", pass})
}

// run runs a program of the checkout's Python against the rig's IAM, and returns what it says
// that it would have slept, and how long it took to say that it was ready.
func run(b *testing.B, r *rig.Rig, arguments ...string) (c cost) {
	b.Helper()
	cmd := exec.Command(filepath.Join(checkout.Root(), ".venv/bin/python"), arguments...)
	cmd.Dir = checkout.Root()
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+r.Proxy.URL, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true")
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.StdoutPipe()
	must(b, err)
	begun := time.Now()
	must(b, cmd.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			c.start = time.Since(begun)
		}
		if text, ok := strings.CutPrefix(lines.Text(), "slept "); ok {
			n, err := strconv.Atoi(text)
			must(b, err)
			c.slept = time.Duration(n) * time.Second
		}
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%v: %v\n%s", arguments, err, errors.String())
	}
	return c
}

// BenchmarkSideBySide measures ours and the others, with each call to IAM held up for a while.
func BenchmarkSideBySide(b *testing.B) {
	for b.Loop() {
		var out strings.Builder
		out.WriteString("## Side by side\n\nEach row makes, updates or deletes the roles of one cluster. Times leave out the start of a\nprogram, but for the AWS CLI, of which each command is one, and its own sleeps, which stand beside them. The ratio is to\nthe same request of Custom::RayIAM, to the Create in a new process.\n")
		for _, delay := range []time.Duration{50 * time.Millisecond, 250 * time.Millisecond} {
			fmt.Fprintf(&out, "\n### Each call takes %s\n\n%s", delay, table([]string{"", "calls", "one after another", "time", "own sleeps", "ratio"}, sideBySide(b, delay)))
		}
		out.WriteString(notMeasured)
		write(b, "side-by-side", out.String())
	}
}

const notMeasured = `
Not measured: CloudFormation's own resources, which run at AWS, and Terraform's provider, whose registry is none that this
checkout installs from. crhelper around the boto3 handler would add no call to IAM. The boto3 handler checks nothing before
it writes, and its Update reads neither trust policies, inline policies nor instance profiles.
`

func sideBySide(b *testing.B, delay time.Duration) (rows [][]string) {
	r := rig.New(b)
	r.Running()
	r.Snapshot() // so that the first one does not wait for the emulator to read AWS's policies
	r.Proxy.SetDelay(delay)
	own := map[string]time.Duration{}
	for _, c := range append(ours(), others()...) {
		r.Proxy.Reset()
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
		calls := r.Proxy.Calls()
		rows = append(rows, []string{c.name, fmt.Sprint(len(calls)), fmt.Sprint(iamproxy.CriticalPath(calls)), seconds(took), seconds(cost.slept), fmt.Sprintf("%.1f", took.Seconds()/own[request].Seconds())})
	}
	return rows
}

func requestOf(name string) string {
	for _, request := range []string{"Update", "Delete"} {
		if strings.Contains(name, request) {
			return request
		}
	}
	return "Create"
}
