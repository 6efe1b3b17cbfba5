package drift

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

const (
	manySets = 1000

	// maxGrowth is by how much memory may grow over a look at them. Their inline policies alone
	// are larger.
	maxGrowth      = 6 << 20
	documentLength = 8000

	// maxCallsPerSet is for two roles, two instance profiles and two inline policies.
	maxCallsPerSet = 10
)

// declare returns the properties of one of many sets, of which the head has a large policy.
func declare(i int) rayiam.Properties {
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("x", documentLength) + `"}]}`
	none := rayiam.NodeProperties{ManagedPolicyARNs: []string{}}
	return rayiam.Properties{
		NamePrefix: fmt.Sprintf("ray-%04d", i), Path: "/", PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess",
		Head:         rayiam.NodeProperties{ManagedPolicyARNs: []string{}, Policies: []rayiam.InlinePolicy{{Name: "large", Document: document}}},
		WorkerGroups: []rayiam.WorkerGroup{{Name: "worker", NodeProperties: none}},
	}
}

// make makes a set as the function does, without its waiting, in a stack of its own.
func (l *lab) make(i int) (owner string, err error) {
	stack := rayiam.Stack{ID: fmt.Sprintf("arn:aws:cloudformation:us-east-1:%s:stack/many-%d/1", l.AccountID, i), Partition: "aws", Region: "us-east-1", Account: l.AccountID}
	properties := declare(i)
	owner = rayiam.PhysicalID(properties.NamePrefix, stack.ID, "RayIAM")
	plan, err := rayiam.NewPlan(rayiam.Desired{Owner: owner, Nodes: rayiam.Declare(properties, stack).Nodes(owner)}, rayiam.Observed{})
	if err != nil {
		return "", err
	}
	l.Resources.Set(stack.ID, "RayIAM", "CREATE_COMPLETE", owner)
	return owner, iamsync.New(iamsync.NewClient(l.config(), 0), iamsync.Patience{}, nil, slog.New(slog.DiscardHandler)).Apply(l.TB.Context(), plan)
}

// makeMany makes all of them and returns their owners.
func (l *lab) makeMany() []string {
	l.TB.Helper()
	owners := make([]string, manySets)
	var making sync.WaitGroup
	indexes := make(chan int)
	for range 4 {
		making.Go(func() {
			for i := range indexes {
				owner, err := l.make(i)
				if err != nil {
					l.TB.Error(err)
				}
				owners[i] = owner
			}
		})
	}
	for i := range owners {
		indexes <- i
	}
	close(indexes)
	making.Wait()
	return owners
}

// TestLook_AThousandSets looks at a thousand sets, of which some have drifted, and holds how
// many calls that takes and by how much memory grows.
// Reference 15.10.
func TestLook_AThousandSets(t *testing.T) {
	l := aloneIn(rig.New(t)) // not beside other tests, whose memory would be counted
	l.Spent = true
	owners := l.makeMany()
	l.AttachPolicy("ray-0007-worker", awsPolicy+"AdministratorAccess")
	l.SetTrust("ray-0990-head", "lambda.amazonaws.com")
	l.Proxy.Reset() // it keeps what it has seen

	look, before := l.look(), heap()
	grown, sets, notSettled := uint64(0), 0, map[string]string{}
	measure := func() { grown = max(grown, max(heap(), before)-before) }
	look.Progress = func(read, _ int) {
		if read%400 == 0 {
			l.Proxy.Reset()
			measure()
		}
	}
	for set, err := range look.Sets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if sets++; sets%100 == 0 {
			l.Proxy.Reset()
			measure()
		}
		if got := summary(set); got != "in stack settled" {
			notSettled[set.Owner] = got
		}
	}
	if sets != manySets || len(notSettled) != 2 || notSettled[owners[7]] != "in stack drifted; role ray-0007-worker drifted[managed]" || notSettled[owners[990]] != "in stack drifted; role ray-0990-head drifted[trust]" {
		t.Errorf("seen %d sets, of which %d are not settled: %v", sets, len(notSettled), notSettled)
	}
	calls := look.Inventory.Calls()
	if calls > manySets*maxCallsPerSet+50 || calls < manySets*maxCallsPerSet {
		t.Errorf("%d calls, want some %d", calls, manySets*maxCallsPerSet)
	}
	if grown > maxGrowth || maxGrowth >= manySets*documentLength {
		t.Errorf("memory grew by %d kB, want at most %d; the policies are %d", grown>>10, maxGrowth>>10, manySets*documentLength>>10)
	}
	checkout.Report(t, "drift-thousand", fmt.Sprintf("Drift, %d sets looked at: %d calls to IAM, memory grew by %d kB at the most", sets, calls, grown>>10))
	t.Logf("%d sets, %d calls, %d kB", sets, calls, grown>>10)
	l.inParts(look.Inventory.Calls())
}

// inParts holds that looks of a few calls each see every set once, and how many they take.
func (l *lab) inParts(whole int64) {
	l.TB.Helper()
	seen, calls, parts := map[string]bool{}, int64(0), 1
	for turn := 0; turn < parts; turn++ {
		look := l.look()
		look.Calls, look.Turn = 2500, int64(turn)
		look.Inventory = iamsync.NewInventory(l.config(), 0, slog.New(slog.DiscardHandler))
		for set, err := range look.Sets(l.TB.Context()) {
			if err != nil {
				l.TB.Fatal(err)
			}
			if seen[set.Owner] {
				l.TB.Errorf("%s is seen twice", set.Owner)
			}
			seen[set.Owner] = true
		}
		if c := look.Inventory.Calls(); c > 2*int64(look.Calls) {
			l.TB.Errorf("part %d took %d calls, want some %d", turn, c, look.Calls)
		}
		parts, calls = look.Parts, calls+look.Inventory.Calls()
		l.Proxy.Reset()
	}
	if len(seen) != manySets || calls > whole+whole/5 {
		l.TB.Errorf("seen %d sets in %d parts with %d calls, want %d sets and not many more than %d calls", len(seen), parts, calls, manySets, whole)
	}
	l.TB.Logf("in %d parts: %d calls", parts, calls)
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
