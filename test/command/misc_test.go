package command

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/schema"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestFunction_Dependencies proves that packages that only the command needs are not in the
// function's executable.
func TestFunction_Dependencies(t *testing.T) {
	list := func(command string) string {
		cmd := exec.Command("go", "list", "-deps", command)
		cmd.Dir = checkout.Root()
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	function, command := list("./function"), list("./cmd/rayiam")
	for _, only := range []string{
		"spf13/", "go.yaml.in/yaml", "golang.org/x/term", "aws-sdk-go-v2/service/lambda\n",
		"custom-rayiam\n", "custom-rayiam/internal/planview", "internal/deployed", "internal/afterapply", "internal/cfntemplate", "internal/templatepolicy", "internal/clustercheck", "internal/setgraph",
	} {
		if strings.Contains(function, only) || !strings.Contains(command, only) {
			t.Errorf("%q is in the function: %v, in the command: %v, want it only in the command", only, strings.Contains(function, only), strings.Contains(command, only))
		}
	}
}

// TestCommand_Faults proves that each error is one line that says what to do, and that the
// exit code is 1.
func TestCommand_Faults(t *testing.T) {
	l := newLab(t)
	here := []string{"--account", "123456789012", "--region", "us-east-1"}
	elsewhere := file(t, "elsewhere.json", strings.ReplaceAll(string(l.event("create").JSON()), l.AccountID, "999999999999"))
	with := func(args ...string) []string { return append(args, here...) }
	tests := []struct {
		name string
		env  []string
		args []string
		want []string
	}{
		{"an unknown command", nil, []string{"apply"}, []string{`unknown command "apply"`}},
		{"an unknown flag", nil, []string{"plan", "--force"}, []string{"unknown flag: --force"}},
		{"an unknown policy", nil, []string{"policy", "everybody"}, []string{`unknown command "everybody"`}},
		{"nothing to plan", nil, []string{"plan"}, []string{"event properties change-set"}},
		{"two things to plan", nil, []string{"plan", "--event", "a", "--properties", "b"}, []string{"event properties"}},
		{"an unknown output format", nil, []string{"version", "--output", "xml"}, []string{"want text or json"}},
		{"no file", nil, []string{"plan", "--event", "nowhere.json"}, []string{"reading an event: open nowhere.json"}},
		{"a file that is no YAML", nil, with("policy", "head", "--properties", "LICENSE"), []string{"reading properties from LICENSE"}},
		{"no Region", []string{"AWS_REGION="}, []string{"plan", "--event", "events/create.json"}, []string{"no Region: pass --region"}},
		{"no credentials", []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}, []string{"plan", "--event", "events/create.json"}, []string{"finding AWS credentials (log in with aws sso login"}},
		{"no profile", nil, []string{"plan", "--profile", "nobody", "--event", "events/create.json"}, []string{"loading the AWS configuration", "nobody"}},
		{"another account", nil, []string{"plan", "--event", elsewhere}, []string{"these credentials are of account " + l.AccountID + " and the stack is in account 999999999999", "--profile"}},
		{"no stack", nil, []string{"check", "--stack-name", "nowhere", "examples/ray/cluster.yaml"}, []string{"reading stack nowhere: there is no such stack", "--region"}},
		{"no set", nil, []string{"graph"}, []string{"name a set"}},
		{"no owner", nil, []string{"graph", "ray-0123456789ab"}, []string{"no role of this account begins with ray-", "ray-iam:owner=ray-0123456789ab"}},
		{"not an owner", nil, []string{"graph", "ray"}, []string{"no physical id"}},
		{"an unknown picture format", nil, with("graph", "--properties", "/dev/null", "--format", "png"), []string{"want mermaid or svg"}},
		{"no cluster", nil, with("check", "--properties", "/dev/null", "LICENSE"), []string{"reading the cluster's YAML"}},
		{"an invalid account id", nil, []string{"policy", "head", "--account", "1", "--region", "us-east-1"}, []string{"want 12 digits"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			one := *l
			one.Env = tt.env
			one.fails("", tt.want, tt.args...)
		})
	}
}

// TestCommand_FindsAWS proves that the command finds its AWS settings as the AWS CLI does:
// flags come before the environment, and the environment before the shared configuration.
func TestCommand_FindsAWS(t *testing.T) {
	l := newLab(t)
	config := file(t, "config", "[profile ray]\nregion = eu-west-1\nendpoint_url = "+l.Proxy.URL+"\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n")
	const nowhere = "http://127.0.0.1:9" // the port of the service discard
	nothing := []string{"AWS_REGION=", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_ENDPOINT_URL=", "AWS_CONFIG_FILE=" + config}
	tests := []struct {
		name string
		env  []string
		args []string
		want string // the Region in the printed policy
	}{
		{"the environment", nil, nil, "us-east-1"},
		{"the environment of the AWS CLI", []string{"AWS_REGION=", "AWS_DEFAULT_REGION=us-west-2"}, nil, "us-west-2"},
		{"a flag", nil, []string{"--region", "us-west-1"}, "us-west-1"},
		{"a profile by a flag", nothing, []string{"--profile", "ray"}, "eu-west-1"},
		{"a profile by the environment", append(nothing, "AWS_PROFILE=ray"), nil, "eu-west-1"},
		{"an address by a flag", []string{"AWS_ENDPOINT_URL=" + nowhere, "AWS_ENDPOINT_URL_STS=" + nowhere}, []string{"--endpoint-url", l.Proxy.URL}, "us-east-1"},
	}
	const properties = `{"LeastPrivilege": {"ClusterName": "c"}}`
	for _, tt := range tests {
		one := *l
		one.Env = tt.env
		got := one.ok(0, properties, append([]string{"policy", "head", "--properties", "-"}, tt.args...)...)
		if !strings.Contains(got, "arn:aws:ec2:"+tt.want+":"+l.AccountID+":instance/*") {
			t.Errorf("%s: the policy is %s, want one of %s", tt.name, got, tt.want)
		}
	}
}

// TestCommand_Small checks the commands that call no service.
func TestCommand_Small(t *testing.T) {
	l := newLab(t)
	l.Env = []string{"AWS_REGION=", "AWS_ACCESS_KEY_ID="}
	if got := l.ok(0, "", "schema"); got != string(schema.Properties) {
		t.Errorf("schema prints %s, want the published schema", got)
	}
	if got := l.ok(0, "", "version"); !regexp.MustCompile(`^rayiam \S+.*, go1\.\d+`).MatchString(got) {
		t.Errorf("version prints %q, want the version and Go's", got)
	}
	var version struct{ Version, Go string }
	if err := json.Unmarshal([]byte(l.ok(0, "", "version", "--output", "json")), &version); err != nil || version.Version == "" || version.Go == "" {
		t.Errorf("the version as JSON is %+v (error: %v)", version, err)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := l.ok(0, "", "completion", shell); !strings.Contains(got, "rayiam") {
			t.Errorf("there is no completion for %s", shell)
		}
	}
	if got := l.run("", "__complete", "pol").out; !strings.HasPrefix(got, "policy\t") {
		t.Errorf("pol is completed to %q, want policy", got)
	}
	for _, command := range []string{"", "plan", "policy", "policy head", "policy worker", "policy launcher", "policy execution", "policy launch-role", "check", "graph", "list", "drift", "orphans", "schema", "version"} {
		if help := l.ok(0, "", append(strings.Fields(command), "--help")...); !strings.Contains(help, "Examples:\n  rayiam") {
			t.Errorf("the help of %q has no example:\n%s", command, help)
		}
	}
}

// onTerminal is a Python program that runs a command in a terminal of its own and prints
// the command's output.
const onTerminal = `import os, pty, sys
written = b""
def read(fd):
    global written
    data = os.read(fd, 4096)
    written += data
    return data
sys.stdout.flush()
pty.spawn(sys.argv[1:], read)`

// TestCommand_Colours proves that colours and progress are shown on a terminal and nowhere
// else, and that NO_COLOR switches the colours off.
func TestCommand_Colours(t *testing.T) {
	l := newLab(t)
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	event := file(t, "create.json", string(l.event("create").JSON()))
	run := func(env ...string) string {
		cmd := exec.Command(python, "-c", onTerminal, path, "plan", "--event", event, "--bounds-from", "environment")
		cmd.Dir, cmd.Env = checkout.Root(), append(l.environment(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	const green = "\x1b[32m+ role ray-head would be created\x1b[0m"
	if got := run("TERM=xterm", "NO_COLOR="); !strings.Contains(got, green) || !strings.Contains(got, "asking AWS ... 0s") {
		t.Errorf("a terminal shows %q, want colours and progress", got)
	}
	if got := run("TERM=xterm", "NO_COLOR=1"); strings.Contains(got, "\x1b[32m") || !strings.Contains(got, "+ role ray-head") {
		t.Errorf("with NO_COLOR, a terminal shows %q, want no colours", got)
	}
	if got := l.run("", "plan", "--event", event, "--bounds-from", "environment"); strings.Contains(got.out+got.err, "\x1b") || got.err != "" {
		t.Errorf("without a terminal, standard output is %q and standard error %q, want neither colours nor progress", got.out, got.err)
	}
}
