package launcher

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

const (
	region  = "us-east-1"
	cluster = "research"
)

// Belongings are what a cluster's owner has; see test/leastprivilege/belongings.py.
type belongings struct {
	Subnet, Group, Key, Image, AgentImage, Template string
}

// A scene is a choice of the launcher's parameters, with what Ray does under it.
type scene struct {
	name    string
	choose  func(*leastprivilege.Launcher, belongings)
	changes map[string]any // to the example's cluster; see driver.py
}

// scenes have each parameter in one and not in another.
var scenes = []scene{
	{"a cluster's name, role and profiles", func(*leastprivilege.Launcher, belongings) {}, nil},
	{"CloudWatch, Session Manager and every list", everything, map[string]any{"cloudWatch": true, "agentImage": true, "sessionManager": true}},
	{"CloudWatch, and what is tagged for the cluster", func(l *leastprivilege.Launcher, _ belongings) { l.CloudWatch = true }, map[string]any{"cloudWatch": true, "reserved": true}},
	{"a company's rules, and Spot", company, map[string]any{"company": true, "spot": true}},
}

func everything(l *leastprivilege.Launcher, b belongings) {
	l.CloudWatch, l.SessionManager, l.Spot = true, true, true
	l.SubnetIDs, l.SecurityGroupIDs, l.ImageIDs = []string{b.Subnet}, []string{b.Group}, []string{b.Image, b.AgentImage}
	l.KeyNames, l.InstanceTypes = []string{b.Key}, []string{"m6i.xlarge"}
}

func company(l *leastprivilege.Launcher, b belongings) {
	l.Spot, l.WorkerProfileARNs = true, nil
	l.SubnetIDs, l.SecurityGroupIDs, l.KeyNames = []string{b.Subnet}, []string{b.Group}, []string{b.Key}
	l.InstanceTagKeys, l.KMSKeyARNs = []string{"CostCenter"}, []string{key(place{strings.Split(l.HeadRoleARN, ":")[4], region})}
}

// key is of the cluster's volumes.
func key(p place) string { return p.arn("kms", "key/11111111-2222-4333-8444-555555555555") }

// A played scene has the launcher's policies and the calls that Ray made.
type played struct {
	scene
	place
	belongings belongings
	launcher   leastprivilege.Launcher
	policies   []string
	calls      []call
}

// plays are the scenes that were played, each once.
var plays = struct {
	sync.Mutex
	byName map[string]played
}{byName: map[string]played{}}

// played returns what comes of a scene.
func (s scene) played(t *testing.T) played {
	t.Helper()
	plays.Lock()
	defer plays.Unlock()
	if _, ok := plays.byName[s.name]; !ok {
		plays.byName[s.name] = s.play(t)
	}
	return plays.byName[s.name]
}

// play runs Ray's commands in an account of its own.
func (s scene) play(t *testing.T) played {
	t.Helper()
	r := rig.NewAccount(t)
	r.Spent = true // Ray's machines stay in it
	p := played{scene: s, place: place{r.AccountID, region}}
	run := func(script, argument string) []byte { return runPython(t, r.Endpoint, script, argument) }
	if err := json.Unmarshal(run("test/leastprivilege/belongings.py", p.account), &p.belongings); err != nil {
		t.Fatal(err)
	}
	p.launcher = p.launches()
	s.choose(&p.launcher, p.belongings)
	p.policies = documents(t, p.launcher)

	recording := filepath.Join(t.TempDir(), "recording.jsonl")
	spec := map[string]any{"yaml": "examples/ray/cluster.yaml", "account": p.account, "belongings": p.belongings.json(), "record": recording, "key": key(p.place)}
	for name, value := range s.changes {
		spec[name] = value
	}
	text, _ := json.Marshal(spec)
	path := filepath.Join(t.TempDir(), "scene.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run("test/launcher/driver.py", path)
	p.calls = readCalls(t, recording)
	return p
}

// launches is the launcher of the example's cluster.
func (p place) launches() leastprivilege.Launcher {
	return leastprivilege.Launcher{
		ClusterName: cluster, Region: p.region, HeadRoleARN: p.iam("role", "ray-research-head"), HeadProfileARN: p.profile("head"),
		WorkerProfileARNs: []string{p.profile("cpu"), p.profile("gpu")},
	}
}

// documents are the launcher's policies, one or two.
func documents(t *testing.T, l leastprivilege.Launcher) []string {
	t.Helper()
	policy, err := l.Policy()
	if err != nil {
		t.Fatal(err)
	}
	company, err := l.CompanyPolicy()
	if err != nil {
		t.Fatal(err)
	}
	if company == "" {
		return []string{policy}
	}
	return []string{policy, company}
}

func (b belongings) json() map[string]string {
	return map[string]string{"subnet": b.Subnet, "group": b.Group, "key": b.Key, "image": b.Image, "agentImage": b.AgentImage, "template": b.Template}
}

func runPython(t *testing.T, endpoint, script, argument string) []byte {
	t.Helper()
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, script, argument)
	cmd.Dir = checkout.Root()
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + endpoint, "AWS_DEFAULT_REGION=" + region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "RAY_USAGE_STATS_ENABLED=0", "NO_PROXY=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1",
	}
	checkout.DieWithParent(cmd)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, output, &stderr)
	}
	return output
}

func readCalls(t *testing.T, path string) []call {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}
