package leastprivilege

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

type properties = cloudformation.Properties

const (
	region   = "us-east-1"
	cluster  = "research"
	writable = "research-results" // a bucket
	readable = "public-datasets"  // a bucket, ReadOnly
	shared   = "shared-data"      // a bucket, ReadOnly, below research/
	common   = "shared-results"   // a bucket, below research/
	begin    = "resea"            // what the name of the cluster begins with
)

// Belongings are what a cluster's owner has; see belongings.py.
type belongings struct {
	Subnet, Group, Key, Image, AgentImage, Template string
	place                                           place
}

// A scene is a choice of options, with what Ray does under it.
type scene struct {
	name       string
	properties func(*testing.T, belongings) properties
	changes    map[string]any // to the example's cluster; see driver.py
}

// scenes have each option in one and not in another. The second has no option, the third
// several clusters, the last every option.
var scenes = []scene{
	{"the example", func(t *testing.T, b belongings) properties { return exampleProperties(t, b) }, nil},
	{"nothing but the cluster's name", func(t *testing.T, b belongings) properties {
		return exampleProperties(t, b).With(properties{"LeastPrivilege": map[string]any{"ClusterName": cluster}})
	}, map[string]any{"noSpot": true}},
	{"clusters that begin alike", func(t *testing.T, b belongings) properties {
		return exampleProperties(t, b).With(properties{"LeastPrivilege": map[string]any{"ClusterNamePrefix": begin, "CloudWatch": true}})
	}, map[string]any{"noSpot": true, "cloudWatch": true}},
	{"every option", func(t *testing.T, b belongings) properties {
		return exampleProperties(t, b).With(properties{"LeastPrivilege": everything(b.place, b)})
	}, map[string]any{"cloudWatch": true, "reserved": true, "tags": true}},
}

func everything(p place, b belongings) map[string]any {
	return map[string]any{
		"ClusterName": cluster, "Spot": true, "CloudWatch": true, "FSx": true, "SessionManager": true,
		"S3Buckets": []any{
			map[string]any{"Name": writable}, map[string]any{"Name": readable, "ReadOnly": true},
			map[string]any{"Name": shared, "ReadOnly": true, "Prefixes": []any{"research/"}}, map[string]any{"Name": common, "Prefixes": []any{"research"}},
		},
		"EfsFileSystems":    []any{map[string]any{"Id": fileSystem}, map[string]any{"Id": archive, "ReadOnly": true}},
		"EcrRepositoryArns": []any{p.repository(), p.sharedRepository()}, "KmsKeyArns": []any{p.key()}, "SecretArns": []any{p.secret()},
		"InstanceTagKeys": []any{"Team", "Project"},
		"SubnetIds":       []any{b.Subnet}, "SecurityGroupIds": []any{b.Group}, "ImageIds": []any{b.Image, b.AgentImage},
		"KeyNames": []any{b.Key}, "InstanceTypes": []any{"m6i.4xlarge", "g5.xlarge"},
	}
}

// A played scene has the roles' inline policies as IAM has them, by the role's name
// without its prefix, and the calls that Ray made.
type played struct {
	scene
	place
	belongings belongings
	policies   map[string]map[string]string // role, policy, document
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

// play makes the roles and runs Ray under them.
func (s scene) play(t *testing.T) played {
	t.Helper()
	r := rig.New(t)
	r.Spent = true // Ray's machines stay in it
	p := played{scene: s, place: place{r.AccountID, region}}
	directory := t.TempDir()
	run := func(script, argument string) []byte {
		return runPython(t, r.Endpoint, filepath.Join("test", "leastprivilege", script), argument)
	}
	if err := json.Unmarshal(run("belongings.py", p.account), &p.belongings); err != nil {
		t.Fatal(err)
	}
	p.belongings.place = p.place
	create, _ := r.Stack().Create(s.properties(t, p.belongings))
	r.OK(create)
	p.policies = map[string]map[string]string{}
	for _, role := range []string{"head", "cpu", "gpu"} {
		p.policies[role] = readInline(t, r.IAM, "ray-research-"+role)
	}
	recording := filepath.Join(directory, "recording.jsonl")
	spec := map[string]any{"yaml": filepath.Join(checkout.Root(), "examples", "ray", "cluster.yaml"), "account": p.account, "belongings": p.belongings.json(), "record": recording}
	for name, value := range s.changes {
		spec[name] = value
	}
	text, _ := json.Marshal(spec)
	path := filepath.Join(directory, "scene.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run("driver.py", path)
	p.calls = readCalls(t, recording)
	return p
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

// readInline returns a role's inline policies by name.
func readInline(t *testing.T, client *iam.Client, role string) map[string]string {
	t.Helper()
	names, err := client.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string]string{}
	for _, name := range names.PolicyNames {
		out, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = decoded(t, out.PolicyDocument)
	}
	return documents
}

func decoded(t *testing.T, document *string) string {
	t.Helper()
	text, err := url.QueryUnescape(aws.ToString(document))
	if err != nil {
		t.Fatal(err)
	}
	return text
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
