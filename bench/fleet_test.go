package bench

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/lambdaruntime"
)

// The limit of the simulated IAM.
const (
	rate  = 20.0
	burst = 40.0
)

// fleets are the numbers of clusters that are created at once.
var fleets = []int{1, 10, 50, 200}

// A fleet is the result for one number of clusters.
type fleet struct {
	clusters, made, served, throttled int
	took                              time.Duration
	limit                             float64 // seconds that IAM needs for the calls at its limit
	memory                            float64 // MiB, the peak of one process
}

// BenchmarkThrottled measures clusters that are created at once, each by a process of its
// own, under one limit for all calls of the account, and under one limit for each action.
func BenchmarkThrottled(b *testing.B) {
	measure(b, "throttled", func() string {
		columns := []string{"clusters", "made", "calls served", "throttled", "share", "time", "the limit itself", "ratio", "peak memory"}
		var account, each []fleet
		for _, n := range fleets {
			account, each = append(account, created(b, n, false)), append(each, created(b, n, true))
		}
		return fmt.Sprintf(throttledIntro, rate, burst) +
			"\n### One limit for all calls\n\n" + table(columns, rows(account)) + draw(b, "clusters", fleetChart("Clusters created at once, one limit for all calls", account)) +
			"\n### One for each action\n\nThe limit itself is the limit of AttachRolePolicy, the most frequent call.\n\n" + table(columns, rows(each)) + draw(b, "clusters-each-action", fleetChart("Clusters created at once, a limit for each action", each))
	})
}

const throttledIntro = `Clusters that are created at once, each by a new process with the default properties, no propagation wait and the function's
timeout of 300 seconds. IAM serves %.0f calls a second and %.0f at once, which is a guess: AWS does not publish its limits.
The limit itself is the time that IAM takes to serve this many calls. Each cluster that was not made got an answer in time.
Memory is the memory of one process.
`

func rows(fleets []fleet) (rows [][]string) {
	for _, f := range fleets {
		ratio := "-"
		if f.limit > 0 {
			ratio = fmt.Sprintf("%.2f", f.took.Seconds()/f.limit)
		}
		rows = append(rows, []string{fmt.Sprint(f.clusters), fmt.Sprint(f.made), fmt.Sprint(f.served), fmt.Sprint(f.throttled), fmt.Sprintf("%.0f %%", 100*f.share()), seconds(f.took), fmt.Sprintf("%.0f s", f.limit), ratio, mebibytes(f.memory)})
	}
	return rows
}

// share returns the part of all calls that was throttled.
func (f fleet) share() float64 { return float64(f.throttled) / float64(f.throttled+f.served) }

func fleetChart(title string, fleets []fleet) chart {
	of := func(value func(fleet) float64) (all []float64) {
		for _, f := range fleets {
			all = append(all, value(f))
		}
		return all
	}
	return chart{title: title, xLabel: "clusters", x: of(func(f fleet) float64 { return float64(f.clusters) }), panels: []panel{
		{"calls", []line{
			{"served", of(func(f fleet) float64 { return float64(f.served) })},
			{"throttled", of(func(f fleet) float64 { return float64(f.throttled) })},
		}},
		{"seconds", []line{
			{"taken", of(func(f fleet) float64 { return f.took.Seconds() })},
			{"the limit", of(func(f fleet) float64 { return f.limit })},
		}},
		{"share throttled, %", []line{{"", of(func(f fleet) float64 { return 100 * f.share() })}}},
		{"peak memory of a process, MiB", []line{{"", of(func(f fleet) float64 { return f.memory })}}},
	}}
}

// started returns stacks, each with a running process of its own.
func started(b *testing.B, r *rig.Rig, n int) (stacks []*cloudformation.Stack, processes []*lambdaruntime.Function) {
	path, err := checkout.Function()
	must(b, err)
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
	return stacks, processes
}

// created creates clusters at once and measures it.
func created(b *testing.B, clusters int, eachAction bool) fleet {
	r := rig.New(b)
	r.Snapshot()
	stacks, processes := started(b, r, clusters)
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
	f := fleet{clusters: clusters, took: time.Since(begun), limit: max(0, (float64(clusters)*busiest-burst)/rate)}
	for i, answer := range answers {
		if answer.OK() {
			f.made++
		} else {
			b.Log(answer.Reason)
		}
		f.memory = max(f.memory, peak(b, processes[i].Pid()))
		processes[i].Stop()
	}
	f.throttled, f.served = iamproxy.ThrottledOf(r.Proxy.Calls())
	r.Proxy.SetFault(nil)
	r.Proxy.SetDelay(0)
	return f
}
