package bench

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// policyNames are as many AWS managed policies as IAM allows for a role after an increase
// of the quota. The default quota is 10.
// https://repost.aws/knowledge-center/iam-increase-policy-size
var policyNames = strings.Fields(`AmazonEC2FullAccess AmazonS3FullAccess AmazonFSxFullAccess CloudWatchAgentServerPolicy AmazonSSMFullAccess
	AdministratorAccess PowerUserAccess ReadOnlyAccess SecurityAudit AmazonSQSFullAccess AmazonSNSFullAccess AmazonVPCFullAccess
	AmazonDynamoDBFullAccess AmazonRDSFullAccess AmazonKinesisFullAccess AmazonRoute53FullAccess AmazonElastiCacheFullAccess
	AmazonRedshiftFullAccess AmazonSESFullAccess AmazonGlacierFullAccess`)

// A grown is the result for one size of a set.
type grown struct {
	size                         int // worker groups, or policies of a node
	create, warm, update, delete int // numbers of calls
	path                         int // round trips of the Create
	took, tookWarm               time.Duration
	memory                       float64 // MiB, the peak
}

// BenchmarkGrowth measures sets of growing size: their calls, their round trips, the time,
// and the memory of the process.
func BenchmarkGrowth(b *testing.B) {
	measure(b, "growth", func() string {
		most := mostGroups(b)
		var groups, policies []grown
		for n := 1; n < most; n *= 2 {
			groups = append(groups, grow(b, n, withGroups(n, 3)))
		}
		groups = append(groups, grow(b, most, withGroups(most, 3)))
		for _, n := range []int{1, 5, 10, len(policyNames)} {
			policies = append(policies, grow(b, n, withGroups(1, n)))
		}
		return fmt.Sprintf(growthIntro, most) +
			"\n### Worker groups, of 3 managed policies each\n\n" + growthTable("worker groups", groups) + draw(b, "groups", growthChart("A set of more worker groups", "worker groups", groups)) +
			"\n### Managed policies of each node, of one worker group\n\n" + growthTable("managed policies", policies) + draw(b, "policies", growthChart("Nodes of more managed policies", "managed policies of a node", policies))
	})
}

const growthIntro = `A Create in a new process, an Update that changes nothing, a Delete, and a Create in that process, which is warm by then.
Each call takes 50 ms. Names are as short as possible: %d worker groups are the most whose answer has no more than
CloudFormation's 4096 bytes. IAM lets a role have 10 managed policies, and 20 after an increase.
`

func growthTable(what string, sets []grown) string {
	var rows [][]string
	for _, g := range sets {
		rows = append(rows, []string{fmt.Sprint(g.size), fmt.Sprint(g.create), fmt.Sprint(g.warm), fmt.Sprint(g.update), fmt.Sprint(g.delete), fmt.Sprint(g.path), seconds(g.took), seconds(g.tookWarm), mebibytes(g.memory)})
	}
	return table([]string{what, "calls of the Create", "of a warm one", "of the Update", "of the Delete", "one after another", "time of the Create", "of a warm one", "peak memory"}, rows)
}

func growthChart(title, xLabel string, sets []grown) chart {
	of := func(value func(grown) float64) (all []float64) {
		for _, g := range sets {
			all = append(all, value(g))
		}
		return all
	}
	return chart{title: title, xLabel: xLabel, x: of(func(g grown) float64 { return float64(g.size) }), panels: []panel{
		{"calls of a Create", []line{{"", of(func(g grown) float64 { return float64(g.create) })}}},
		{"seconds of a Create", []line{{"", of(func(g grown) float64 { return g.took.Seconds() })}}},
		{"peak memory, MiB", []line{{"", of(func(g grown) float64 { return g.memory })}}},
	}}
}

// withGroups returns properties with this many worker groups, and this many managed
// policies on each node.
func withGroups(groups, policies int) cloudformation.Properties {
	var arns []any
	for _, policy := range policyNames[:policies] {
		arns = append(arns, awsPolicy+policy)
	}
	var list []any
	for i := range groups {
		list = append(list, map[string]any{"Name": string(rune('a' + i)), "ManagedPolicyArns": arns})
	}
	return quick.With(cloudformation.Properties{"NamePrefix": "r", "WorkerGroups": list, "Head": map[string]any{"ManagedPolicyArns": arns}})
}

// mostGroups returns the greatest number of worker groups whose answer is not too long.
func mostGroups(b *testing.B) int {
	r := rig.New(b)
	for n := 12; n <= 26; n++ {
		s := r.Stack()
		answer, _ := s.Create(withGroups(n, 1))
		if answer.OK() {
			r.OK(s.Delete())
			continue
		}
		if !strings.Contains(answer.Reason, "4096") {
			b.Fatalf("%d worker groups: %s", n, answer.Reason)
		}
		r.Stop()
		return n - 1
	}
	b.Fatal("no number of worker groups is too many")
	return 0
}

// grow creates a set, updates it without a change, deletes it and creates it again.
func grow(b *testing.B, size int, p cloudformation.Properties) grown {
	r := rig.New(b)
	r.Snapshot()
	s := r.Stack()
	r.Proxy.SetDelay(50 * time.Millisecond)
	r.EC2.SetDelay(50 * time.Millisecond)
	timed := func(do func() cloudformation.Answer) ([]iamproxy.Call, time.Duration) {
		r.Proxy.Reset()
		r.EC2.Reset()
		begun := time.Now()
		r.OK(do())
		took := time.Since(begun)
		return append(r.Proxy.Calls(), r.EC2.Calls()...), took
	}
	create := func() cloudformation.Answer { a, _ := s.Create(p); return a }
	g := grown{size: size}
	calls, took := timed(create)
	g.create, g.path, g.took = len(calls), iamproxy.CriticalPath(calls), took
	calls, _ = timed(func() cloudformation.Answer { a, _ := s.Update(p); return a })
	g.update = len(calls)
	calls, _ = timed(s.Delete)
	g.delete = len(calls)
	calls, took = timed(create)
	g.warm, g.tookWarm = len(calls), took
	g.memory = peak(b, r.Function.Pid())
	r.OK(s.Delete())
	r.Stop()
	return g
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak returns a process's peak resident memory, in MiB.
func peak(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(b, err)
	kilobytes, err := strconv.Atoi(string(highWater.FindSubmatch(status)[1]))
	must(b, err)
	return float64(kilobytes) / 1024
}

func mebibytes(n float64) string { return fmt.Sprintf("%.1f MiB", n) }
