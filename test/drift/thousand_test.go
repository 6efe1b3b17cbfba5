package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/drift"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

const (
	fewSets, manySets = 100, 1000

	// maxGrowth is by how much memory may grow over all looks. The inline policies of one
	// part are larger than that.
	maxGrowth      = 2 << 20
	documentLength = 9500

	// maxCallsPerSet is the number of reads for two roles, two instance profiles and two
	// inline policies.
	maxCallsPerSet = 10

	// callsPerPart is the number of calls that a look at one part may make.
	callsPerPart = 2500

	// maxRatio limits the command's memory for many sets, as a multiple of its memory for
	// few sets. The command takes 1.3 times as much. It would take 1.6 times as much if it
	// kept the sets' policies.
	maxRatio = 1.5
)

// A crowd is an account with many sets, on a moto server of its own. The sets need not be
// deleted, because the server ends with the test.
type crowd struct {
	*rig.Account
	server    *moto.Server
	resources *cloudformation.Resources
	owners    []string
}

// crowdAccount is the account of a call to moto that names none, so that no proxy is
// needed.
const crowdAccount = "123456789012"

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	server, err := moto.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	resources := cloudformation.NewResources()
	t.Cleanup(resources.Close)
	return &crowd{server: server, resources: resources, Account: &rig.Account{TB: t, AccountID: crowdAccount, Endpoint: server.URL, IAM: rig.Client(server.URL, nil)}}
}

// declare returns the properties of the i-th set, whose head has a large policy.
func declare(i int) rayiam.Properties {
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("x", documentLength) + `"}]}`
	none := rayiam.NodeProperties{ManagedPolicyARNs: []string{}}
	return rayiam.Properties{
		NamePrefix: fmt.Sprintf("ray-%04d", i), Path: "/", PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess",
		Head:         rayiam.NodeProperties{ManagedPolicyARNs: []string{}, Policies: []rayiam.InlinePolicy{{Name: "large", Document: document}}},
		WorkerGroups: []rayiam.WorkerGroup{{Name: "worker", NodeProperties: none}},
	}
}

// grow makes sets, each in a stack of its own, until there are this many.
func (c *crowd) grow(to int) {
	c.TB.Helper()
	var steps []rayiam.Step
	for i := len(c.owners); i < to; i++ {
		stack := rayiam.Stack{ID: fmt.Sprintf("arn:aws:cloudformation:us-east-1:%s:stack/many-%d/1", c.AccountID, i), Partition: "aws", Region: "us-east-1", Account: c.AccountID}
		properties := declare(i)
		owner := rayiam.PhysicalID(properties.NamePrefix, stack.ID, "RayIAM")
		plan, err := rayiam.NewPlan(rayiam.Desired{Owner: owner, Nodes: rayiam.Declare(properties, stack).Nodes(owner)}, rayiam.Observed{})
		if err != nil {
			c.TB.Fatal(err)
		}
		steps = append(steps, slices.Concat(plan.Phases...)...)
		c.resources.Set(stack.ID, "RayIAM", "CREATE_COMPLETE", owner)
		c.owners = append(c.owners, owner)
	}
	if err := c.server.CarryOut(c.AccountID, steps); err != nil {
		c.TB.Fatal(err)
	}
}

// TestLook_AThousandSets looks at a thousand sets, two of which have drifted: with the
// command, at all sets, and as the function does, at one part after another. It proves that
// each set is found once, and limits the number of calls and the memory.
// Reference 15.9, 15.10, 16.1.
func TestLook_AThousandSets(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.grow(fewSets)
	few := c.listed(0)
	c.grow(manySets)
	c.AttachPolicy("ray-0007-worker", awsPolicy+"AdministratorAccess")
	c.SetTrust("ray-0990-head", "lambda.amazonaws.com")
	many := c.listed(2)
	if float64(many) > maxRatio*float64(few) {
		t.Errorf("the memory of rayiam list is %d for %d sets and %d for %d sets, want at most %.1f times as much", few, fewSets, many, manySets, maxRatio)
	}
	t.Logf("the memory of rayiam list is %d for %d sets and %d for %d sets, in the system's unit", few, fewSets, many, manySets)
	parts, calls, grown := c.looked()
	checkout.Report(t, "drift-thousand", fmt.Sprintf("Drift, %d sets looked at: %d calls to IAM in %d parts, memory grew by %d kB at the most; rayiam list takes %.2f times the memory of %d sets", len(c.owners), calls, parts, grown>>10, float64(many)/float64(few), fewSets))
}

// looked looks at all sets in parts. It returns the number of parts, the number of calls,
// and by how many bytes memory grew.
func (c *crowd) looked() (parts int, calls int64, grown uint64) {
	c.TB.Helper()
	program, err := checkout.Build("./test/drift/inparts")
	if err != nil {
		c.TB.Fatal(err)
	}
	seen := map[string]string{}
	for l := range strings.Lines(string(c.output(0, program, "-calls", strconv.Itoa(callsPerPart)))) {
		var line struct {
			Set   drift.Set
			Parts int
			Calls int64
			Grown uint64
		}
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			c.TB.Fatalf("%v: %s", err, l)
		}
		if line.Parts == 0 {
			if _, twice := seen[line.Set.Owner]; twice {
				c.TB.Errorf("%s is seen twice", line.Set.Owner)
			}
			seen[line.Set.Owner] = summary(line.Set)
			continue
		}
		if line.Calls > 2*callsPerPart {
			c.TB.Errorf("a part took %d calls, want some %d", line.Calls, callsPerPart)
		}
		parts, calls, grown = line.Parts, calls+line.Calls, line.Grown
	}
	for i, owner := range c.owners {
		want := map[int]string{7: "in stack drifted; role ray-0007-worker drifted[managed]", 990: "in stack drifted; role ray-0990-head drifted[trust]"}[i]
		if want == "" {
			want = "in stack settled"
		}
		if seen[owner] != want {
			c.TB.Errorf("%s: seen is %q, want %q", owner, seen[owner], want)
		}
	}
	if len(seen) != manySets {
		c.TB.Errorf("seen %d sets, want %d", len(seen), manySets)
	}
	if calls > manySets*maxCallsPerSet+100 || calls < manySets*maxCallsPerSet {
		c.TB.Errorf("%d calls in %d parts, want some %d", calls, parts, manySets*maxCallsPerSet)
	}
	if grown > maxGrowth || maxGrowth >= manySets/parts*documentLength {
		c.TB.Errorf("memory grew by %d kB, want at most %d; the policies of a part are %d", grown>>10, maxGrowth>>10, manySets/parts*documentLength>>10)
	}
	return parts, calls, grown
}

// measuring is a Python program that runs a command and writes the command's peak memory to
// a file, in the system's unit. A child of this test's own process would be counted as
// large as the test.
const measuring = `import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open(sys.argv[1], "w"))
sys.exit(code)`

// listed runs rayiam list, proves that it prints all sets, and returns its peak memory.
func (c *crowd) listed(code int) (peak int64) {
	c.TB.Helper()
	python, err := checkout.Python()
	if err != nil {
		c.TB.Fatal(err)
	}
	command, err := checkout.Build("./cmd/rayiam")
	if err != nil {
		c.TB.Fatal(err)
	}
	file := filepath.Join(c.TB.TempDir(), "peak")
	out := c.output(code, python, "-c", measuring, file, command, "list", "--output", "json")
	var printed struct {
		Sets []struct{ Owner, Belongs, State string }
	}
	if err := json.Unmarshal(out, &printed); err != nil {
		c.TB.Fatal(err)
	}
	var owners []string
	for _, set := range printed.Sets {
		owners = append(owners, set.Owner)
		if drifted := set.Owner == c.owners[7] || len(c.owners) > 990 && set.Owner == c.owners[990]; set.Belongs != "in stack" || (set.State == "drifted") != (drifted && code == 2) {
			c.TB.Errorf("rayiam list prints %+v", set)
		}
	}
	if !slices.Equal(owners, c.owners) {
		c.TB.Errorf("rayiam list prints %d sets, want %d, in their order", len(owners), len(c.owners))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		c.TB.Fatal(err)
	}
	if peak, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err != nil {
		c.TB.Fatal(err)
	}
	return peak
}

// output runs a program that finds the account as the AWS CLI does, expects an exit code,
// and returns its output.
func (c *crowd) output(code int, program string, args ...string) []byte {
	c.TB.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "AWS_ENDPOINT_URL="+c.server.URL, "AWS_ENDPOINT_URL_CLOUDFORMATION="+c.resources.URL,
		"GOGC=20") // so that the heap stays close to what is in use
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		c.TB.Fatalf("%s %v: %v, want exit code %d: %s", program, args, err, code, &stderr)
	}
	return out
}
