package deploy

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDeployed deploys the provider with the commands of docs/company-account.md: with each
// optional parameter set, then with each reset, then with bounds. It deletes the stack
// twice. MiniStack's CloudFormation gives a role no boundary, a dashboard no tags, and a
// function no VPC, key or concurrency; TestExecutionRole and TestProvider check that the
// template asks for them.
func TestDeployed(t *testing.T) {
	c := startCloud(t)
	c.shell("sam build")
	options := map[string]string{}
	c.account("make", &options)
	names := slices.Sorted(maps.Keys(options))
	var set []string
	for _, name := range names {
		set = append(set, "'"+name+`="`+options[name]+`"'`)
	}
	c.shell("sam deploy --parameter-overrides " + strings.Join(set, " "))
	t.Run("everything set", func(t *testing.T) { everythingSet(t, c, options) })

	document := companyAccount(t)
	unset := command(t, document, "sam deploy --parameter-overrides")
	for _, name := range names {
		switch back := map[string]string{"ExecutionPolicyType": "inline", "ExecutionRolePath": "/", "CreateDashboard": "false", "DriftCallsPerSecond": "5"}[name]; {
		case back != "":
			unset += " " + name + "=" + back
		case !strings.Contains(unset, "'"+name+`=""'`):
			unset += " '" + name + `=""'`
		}
	}
	bucket, _ := strings.CutPrefix(command(t, document, "sam deploy --s3-bucket"), "sam deploy")
	c.shell(unset + strings.ReplaceAll(bucket, "BUCKET", "a-bucket-of-ours"))
	t.Run("every setting reset", func(t *testing.T) { everySettingReset(t, c) })
	t.Run("roles that may be passed", func(t *testing.T) {
		c.prints(t, map[string]string{commandAfter(t, document, "## What the function may pass", "for r in"): "ray-by-hand"})
	})
	t.Run("roles that are still unbounded", func(t *testing.T) { stillUnbounded(t, c, document, options["PermissionsBoundary"]) })
	t.Run("deleted and made again", func(t *testing.T) { madeAgain(t, c, document) })
}

// account runs account.py and decodes its output.
func (c *cloud) account(what string, into any) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.shell(`"$0" test/deploy/account.py `+what)), into); err != nil {
		c.t.Fatal(err)
	}
}

// A thing is one of the provider's resources as account.py shows it.
type thing struct {
	Name, Path, Boundary, Key, Tags string
	Owner                           string // of a role
	Inline, Managed                 int
}

func everythingSet(t *testing.T, c *cloud, options map[string]string) {
	got := map[string]thing{}
	c.account("show", &got)
	role, key := got["execution role"], options["KmsKeyArn"]
	if !regexp.MustCompile(`^company-custom-rayiam-[0-9a-f]{12}$`).MatchString(role.Name) || role.Path != "/service/" || role.Owner != "provider" || role.Inline != 0 || role.Managed != 3 {
		t.Errorf("the execution role is %+v", role)
	}
	for name, one := range got {
		if one.Tags != "cost=1,team=a b" {
			t.Errorf("the %s has the tags %q", name, one.Tags)
		}
	}
	for _, node := range []string{"head", "worker"} {
		if got[node].Boundary != options["PermissionsBoundary"] {
			t.Errorf("the %s has the boundary %q", node, got[node].Boundary)
		}
	}
	if got["log group"].Key != key || got["queue"].Key != key {
		t.Errorf("log and queue have the keys %q and %q, want %s", got["log group"].Key, got["queue"].Key, key)
	}
	if w := c.watching(); w.Told != options["DriftSchedule"]+" "+options["DriftCallsPerSecond"] || len(w.Rules) != 1 || w.Rules[0] != options["DriftSchedule"]+" " ||
		!slices.Equal(w.Metrics, []string{"Drifted", "Looks", "Orphaned", "Requests"}) || len(w.Dashboards) != 1 || w.Widgets < 6 {
		t.Errorf("the function is watched by %+v", w)
	}
}

// A watch has the schedule, the alarms and the dashboard of the function, as account.py
// shows them.
type watch struct {
	Told       string   // the function that the function's environment names
	Rules      []string // schedules, and targets other than the function
	Metrics    []string // of the alarms
	Dashboards []string
	Widgets    int
}

func (c *cloud) watching() (w watch) {
	c.t.Helper()
	c.account("watch", &w)
	return w
}

func everySettingReset(t *testing.T, c *cloud) {
	got := map[string]thing{}
	c.account("show", &got)
	role := got["execution role"]
	if !strings.HasPrefix(role.Name, "ray-iam-ExecutionRole-") || role.Path != "/" || role.Owner != "provider" || role.Inline != 3 || role.Managed != 0 {
		t.Errorf("the execution role is %+v", role)
	}
	for name, one := range got {
		if one.Tags != "" || one.Boundary != "" || one.Key != "" {
			t.Errorf("the %s still has %+v", name, one)
		}
	}
	if w := c.watching(); strings.TrimSpace(w.Told) != "5" || len(w.Rules)+len(w.Dashboards) != 0 || !slices.Equal(w.Metrics, []string{"Requests"}) {
		t.Errorf("the function is still watched by %+v", w)
	}
}

// prints fails the test unless each command prints the wanted text.
func (c *cloud) prints(t *testing.T, want map[string]string) {
	t.Helper()
	for command, want := range want {
		if got := c.shell(command); got != want {
			t.Errorf("%s: printed %q, want %q", command, got, want)
		}
	}
}

// stillUnbounded proves that a boundary that is set later reaches the provider's own set
// with the Update that sets it, and another stack's set with that stack's next Update.
// Until then, the document's command finds the roles without it.
func stillUnbounded(t *testing.T, c *cloud, document, bound string) {
	const embed = "--stack-name ray-embed --parameters ParameterKey=PropagationWaitSeconds,ParameterValue=0"
	c.shell("aws cloudformation create-stack --template-body file://examples/embed.yaml " + embed)
	stack := c.shell("aws cloudformation describe-stacks --stack-name ray-embed --query 'Stacks[0].StackId' --output text")
	wantStatus(t, c, "ray-embed", "CREATE_COMPLETE")
	list := strings.ReplaceAll(command(t, document, "for r in"), "arn:aws:iam::123456789012:policy/bound", bound) + " | sort" // IAM does not sort the list
	unbounded := func(groups ...string) string {
		var lines []string
		for _, group := range groups {
			lines = append(lines, "ray-embed-"+group+"\tnone\t"+stack)
		}
		return strings.Join(lines, "\n")
	}
	c.update("PermissionsBoundary", bound)
	wantStatus(t, c, "ray-iam", "UPDATE_COMPLETE")
	c.prints(t, map[string]string{list: unbounded("head", "worker")})
	c.shell("aws cloudformation update-stack --use-previous-template " + embed + " ParameterKey=RolesRevision,ParameterValue=2")
	wantStatus(t, c, "ray-embed", "UPDATE_COMPLETE")
	c.prints(t, map[string]string{list: ""})
}

// update changes one parameter of the provider's stack as the console does, with everything
// else unchanged.
func (c *cloud) update(name, value string) {
	c.t.Helper()
	parameters := "ParameterKey=" + name + ",ParameterValue=" + value
	for _, other := range strings.Fields(c.shell("aws cloudformation describe-stacks --stack-name ray-iam --query 'Stacks[0].Parameters[].ParameterKey' --output text")) {
		if other != name {
			parameters += " ParameterKey=" + other + ",UsePreviousValue=true"
		}
	}
	c.shell("aws cloudformation update-stack --stack-name ray-iam --use-previous-template --capabilities CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND --parameters " + parameters)
}

// madeAgain proves that the log and the failure queue stay when the stack is deleted, and
// that a new stack of the same name gets its own.
func madeAgain(t *testing.T, c *cloud, document string) {
	list := command(t, document, "aws logs describe-log-groups") + " --output text"
	first := c.shell(list)
	for _, stack := range []string{"ray-embed", "ray-iam"} {
		c.shell("aws cloudformation delete-stack --stack-name " + stack)
		if status := c.settled(stack); !strings.Contains(status, "does not exist") {
			t.Fatalf("%s is %s", stack, status)
		}
	}
	c.prints(t, map[string]string{
		list: first,
		command(t, document, "aws sqs list-queues") + " --query 'length(QueueUrls)' --endpoint-url $AWS_ENDPOINT_URL": "1",
	})
	c.shell("sam deploy --parameter-overrides CreateRayIAM=false")
	wantStatus(t, c, "ray-iam", "CREATE_COMPLETE")
	if both := strings.Fields(c.shell(list)); len(both) != 2 || !slices.Contains(both, first) {
		t.Errorf("the log groups are %q, want %s and another", both, first)
	}
}

func wantStatus(t *testing.T, c *cloud, stack, want string) {
	t.Helper()
	if got := c.settled(stack); got != want {
		t.Fatalf("%s is %s, want %s: %s", stack, got, want, c.shell("aws cloudformation describe-stack-events --stack-name "+stack+
			" --output text --query 'StackEvents[?ends_with(ResourceStatus, `FAILED`)].[LogicalResourceId, ResourceStatusReason]'"))
	}
}

func companyAccount(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/company-account.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// command returns the first command of a document's code blocks that begins with these
// words.
func command(t *testing.T, document, words string) string {
	t.Helper()
	return commandAfter(t, document, "#", words)
}

// commandAfter returns the first such command after a heading.
func commandAfter(t *testing.T, document, heading, words string) string {
	t.Helper()
	_, rest, _ := strings.Cut(document, heading)
	for _, block := range regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$").FindAllStringSubmatch(rest, -1) {
		lines := strings.Split(block[1], "\n")
		if i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, words) }); i >= 0 {
			if strings.HasPrefix(words, "for ") {
				return strings.TrimSpace(strings.Join(lines[i:], "\n"))
			}
			return lines[i]
		}
	}
	t.Fatalf("the document shows no command %q under %q", words, heading)
	return ""
}
