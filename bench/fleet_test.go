package bench

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// The limit of IAM that is played.
const (
	rate  = 20.0
	burst = 40.0
)

// BenchmarkThrottled measures clusters that are created at once, each by a process of its own,
// against a limit of the account, and against one for each action.
func BenchmarkThrottled(b *testing.B) {
	for b.Loop() {
		columns := []string{"clusters", "made", "calls served", "throttled", "share", "time", "the limit itself", "ratio"}
		var one, each [][]string
		for _, n := range []int{1, 10, 50, 200} {
			one = append(one, fleet(b, n, false))
			if n <= 50 {
				each = append(each, fleet(b, n, true))
			}
		}
		write(b, "throttled", fmt.Sprintf("## Throttled\n\nClusters that are created at once, each by a new process with the default properties, no propagation wait and the function's\ntimeout of 300 seconds. IAM serves %.0f calls a second and %.0f at once, which is a guess: AWS does not publish its limits.\nThe limit itself is how long it takes to serve so many calls. Of clusters that were not made, each was answered in time.\n\n### One limit for all calls\n\n%s\n### One for each action\n\nThe limit itself is that of AttachRolePolicy, the busiest.\n\n%s", rate, burst, table(columns, one), table(columns, each)))
	}
}

// started returns so many stacks, each served by a process of its own that is ready.
func started(b *testing.B, r *rig.Rig, n int) (stacks []*cloudformation.Stack, stop func()) {
	path, err := checkout.Function()
	must(b, err)
	var processes []*lambdaruntime.Function
	for range n {
		f := r.StartBuilt(path)
		processes = append(processes, f)
		s := cloudformation.NewStack(b, f, r.URLs, r.AccountID)
		s.Timeout = 5 * time.Minute
		stacks = append(stacks, s)
	}
	for _, f := range processes {
		_, err := f.Ready()
		must(b, err)
	}
	return stacks, func() {
		for _, f := range processes {
			f.Stop()
		}
	}
}

func fleet(b *testing.B, clusters int, eachAction bool) []string {
	r := rig.New(b)
	r.Snapshot()
	stacks, stop := started(b, r, clusters)
	bucket, busiest := iamproxy.Bucket(rate, burst), 24.0
	if eachAction {
		bucket, busiest = iamproxy.Buckets(rate, burst), 8
	}
	r.Proxy.Reset()
	r.Proxy.SetDelay(50 * time.Millisecond)
	r.Proxy.SetFault(bucket)
	answers := make([]cloudformation.Answer, clusters)
	begun := time.Now()
	var all sync.WaitGroup
	for i, s := range stacks {
		all.Go(func() {
			answers[i] = s.Send(s.Event("Create", quick.With(cloudformation.Properties{"NamePrefix": fmt.Sprintf("c%d", i)})))
		})
	}
	all.Wait()
	took := time.Since(begun)
	made := 0
	for _, answer := range answers {
		if answer.OK() {
			made++
		} else {
			b.Log(answer.Reason)
		}
	}
	throttled, served := iamproxy.ThrottledOf(r.Proxy.Calls())
	r.Proxy.SetFault(nil)
	r.Proxy.SetDelay(0)
	stop()
	limit := max(0, (float64(clusters)*busiest-burst)/rate)
	ratio := "-"
	if limit > 0 {
		ratio = fmt.Sprintf("%.2f", took.Seconds()/limit)
	}
	return []string{fmt.Sprint(clusters), fmt.Sprint(made), fmt.Sprint(served), fmt.Sprint(throttled), fmt.Sprintf("%.0f %%", 100*float64(throttled)/float64(throttled+served)), seconds(took), fmt.Sprintf("%.0f s", limit), ratio}
}

// BenchmarkGrowth measures a set that grows: its calls, its round trips, the time and the
// memory of the process.
func BenchmarkGrowth(b *testing.B) {
	for b.Loop() {
		var rows [][]string
		for _, groups := range []int{1, 2, 4, 8, 12} {
			rows = append(rows, grown(b, fmt.Sprintf("%d worker groups", groups), groups, 3))
		}
		for _, policies := range []int{1, 5, 10, 20} {
			rows = append(rows, grown(b, fmt.Sprintf("%d managed policies a node", policies), 1, policies))
		}
		write(b, "growth", "## Growth\n\nA Create in a new process, with each call taking 50 ms, then an Update that changes nothing and a Delete.\n\n"+
			table([]string{"", "calls of the Create", "Update", "Delete", "one after another", "time of the Create", "peak memory"}, rows)+plot(rows))
	}
}

// names are managed policies of AWS, as many as IAM allows a role at the most by default
// and after an increase.
var names = strings.Fields(`AmazonEC2FullAccess AmazonS3FullAccess AmazonFSxFullAccess CloudWatchAgentServerPolicy AmazonSSMFullAccess
	AdministratorAccess PowerUserAccess ReadOnlyAccess SecurityAudit AmazonSQSFullAccess AmazonSNSFullAccess AmazonVPCFullAccess
	AmazonDynamoDBFullAccess AmazonRDSFullAccess AmazonKinesisFullAccess AmazonRoute53FullAccess AmazonElastiCacheFullAccess
	AmazonRedshiftFullAccess AmazonSESFullAccess AmazonGlacierFullAccess`)

func grown(b *testing.B, name string, groups, policies int) []string {
	r := rig.New(b)
	r.Snapshot()
	var arns []any
	for _, policy := range names[:policies] {
		arns = append(arns, awsPolicy+policy)
	}
	var list []any
	for i := range groups {
		list = append(list, map[string]any{"Name": fmt.Sprint("g", i), "ManagedPolicyArns": arns})
	}
	p := quick.With(cloudformation.Properties{"WorkerGroups": list, "Head": map[string]any{"ManagedPolicyArns": arns}})
	s := r.Stack()
	r.Proxy.SetDelay(50 * time.Millisecond)
	var calls []string
	var took time.Duration
	path := 0
	for i, do := range []func() cloudformation.Answer{
		func() cloudformation.Answer { a, _ := s.Create(p); return a },
		func() cloudformation.Answer { a, _ := s.Update(p); return a },
		s.Delete,
	} {
		r.Proxy.Reset()
		begun := time.Now()
		r.OK(do())
		if i == 0 {
			took, path = time.Since(begun), iamproxy.CriticalPath(r.Proxy.Calls())
		}
		calls = append(calls, fmt.Sprint(len(r.Proxy.Calls())))
	}
	memory := peak(b, r.Function)
	r.Stop()
	return []string{name, calls[0], calls[1], calls[2], fmt.Sprint(path), seconds(took), fmt.Sprintf("%.1f MiB", memory)}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak returns the most resident memory that a process has had, in MiB.
func peak(b *testing.B, f *lambdaruntime.Function) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.Pid()))
	must(b, err)
	kilobytes, err := strconv.Atoi(string(highWater.FindSubmatch(status)[1]))
	must(b, err)
	return float64(kilobytes) / 1024
}

// plot draws the calls of the first rows, those of the worker groups.
func plot(rows [][]string) string {
	var x, y []string
	for _, row := range rows {
		if n, ok := strings.CutSuffix(row[0], " worker groups"); ok {
			x, y = append(x, n), append(y, row[1])
		}
	}
	return fmt.Sprintf("\n```mermaid\nxychart-beta\n    title \"Calls of a Create\"\n    x-axis \"worker groups\" [%s]\n    y-axis \"calls\"\n    bar [%s]\n```\n", strings.Join(x, ", "), strings.Join(y, ", "))
}
