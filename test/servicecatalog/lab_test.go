// Package servicecatalog proves examples/service-catalog.yaml as far as possible without
// AWS, because no emulator has Service Catalog.
//
// A policy simulator evaluates the launch role's policy: the role may make every call that
// a launch, an update and a termination make, including the calls for the product's
// resources, by their published schemas. A catalogue of dangerous calls is denied, and
// every part of the policy is needed. The portfolio's constraints are compared with the
// product's parameters. And the product is launched, updated and terminated on a local AWS
// that evaluates the launch role's policy at each call.
//
// Service Catalog's calls are those in AWS's own managed policies and guides.
// docs/service-catalog.md lists them, and says what AWS does not document.
package servicecatalog

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/standin/ministack"
)

// provisioned is the stack of a provisioned product, with a name as Service Catalog makes
// it.
const provisioned = "SC-" + account + "-pp-abcdefghijklm"

// A lab is a local AWS with the deployed provider, and with the launch role, made by the
// stack that makes only the role: the emulator does not have the example's other resources.
// The lab evaluates the caller's policy, but not for the calls that CloudFormation makes
// for resources.
type lab struct {
	t      *testing.T
	server *ministack.Server
	root   *cloudformation.Client
	role   *cloudformation.Client // with the credentials of the launch role
	launch ministack.Credentials  // the launch role's credentials
}

// newLab returns a lab with these parameters of the launch role.
func newLab(t *testing.T, launchRole map[string]string) *lab {
	t.Helper()
	server, err := ministack.Start(t.TempDir(), ministack.Authorized)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	l := &lab{t: t, server: server, root: server.CloudFormation(ministack.Root)}
	l.deployProvider()
	values := maps.Clone(launchRole)
	values["CreatePortfolio"] = "false"
	l.create(l.root, "ray-catalog", checkout.Text(t, catalogPath), values)
	session := l.cli("sts", "assume-role", "--role-arn", l.output("ray-catalog", "LaunchRoleArn"), "--role-session-name", "servicecatalog",
		"--output", "text", "--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]")
	fields := strings.Fields(session)
	if len(fields) != 3 {
		t.Fatalf("the credentials of the launch role are %q", session)
	}
	l.launch = ministack.Credentials{ID: fields[0], Secret: fields[1], Session: fields[2]}
	l.role = server.CloudFormation(l.launch)
	return l
}

// deployProvider deploys template.yaml with the function built for this machine. MiniStack
// does not know the ARNs of instance profiles, so the provider's own policy, which other
// tests prove, would deny the calls on them. Here the provider gets more rights.
func (l *lab) deployProvider() {
	l.t.Helper()
	dir := l.t.TempDir()
	zipped := filepath.Join(dir, "function.zip")
	executable, err := checkout.Function()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := zipFile(zipped, "bootstrap", executable); err != nil {
		l.t.Fatal(err)
	}
	l.cli("s3", "mb", "s3://templates")
	l.cli("s3", "cp", zipped, "s3://templates/function.zip")
	provider := strings.Replace(checkout.Text(l.t, "template.yaml"), "Code: .\n", "Code: {S3Bucket: templates, S3Key: function.zip}\n", 1)
	l.create(l.root, "ray-iam", provider, map[string]string{"CreateRayIAM": "false"})
	role, err := l.root.DescribeStackResource(l.t.Context(), &cloudformation.DescribeStackResourceInput{StackName: aws.String("ray-iam"), LogicalResourceId: aws.String("ExecutionRole")})
	if err != nil {
		l.t.Fatal(err)
	}
	const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}`
	if _, err := l.server.IAM(ministack.Root).PutRolePolicy(l.t.Context(), &iam.PutRolePolicyInput{
		RoleName: role.StackResourceDetail.PhysicalResourceId, PolicyName: aws.String("local"), PolicyDocument: aws.String(all),
	}); err != nil {
		l.t.Fatal(err)
	}
}

// publish uploads the product's template to the URL from which a launch reads it, with the
// rules of the portfolio's template constraint, and, if marked, with the tag that Service
// Catalog sets.
func (l *lab) publish(name string, rules map[string]any, marked bool) (url string) {
	l.t.Helper()
	product := read(l.t, productPath)
	product.Rules = rules
	body, err := json.Marshal(product)
	if err != nil {
		l.t.Fatal(err)
	}
	path := filepath.Join(l.t.TempDir(), "product.json")
	if err := os.WriteFile(path, body, 0o644); err != nil {
		l.t.Fatal(err)
	}
	args := []string{"s3api", "put-object", "--bucket", "templates", "--key", name, "--body", path}
	if marked {
		args = append(args, "--tagging", "servicecatalog:provisioning=true")
	}
	l.cli(args...)
	return l.server.URL + "/templates/" + name
}

// create deploys a template and waits until the stack is created.
func (l *lab) create(client *cloudformation.Client, stack, body string, values map[string]string) {
	l.t.Helper()
	if _, err := client.CreateStack(l.t.Context(), &cloudformation.CreateStackInput{
		StackName: &stack, TemplateBody: &body, Parameters: parameters(values),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam, types.CapabilityCapabilityAutoExpand},
	}); err != nil {
		l.t.Fatal(err)
	}
	l.settle(client, stack, types.StackStatusCreateComplete)
}

// settle waits until a stack is not in progress, and fails the test unless it then has this
// status; an empty status means that the stack does not exist any more.
func (l *lab) settle(client *cloudformation.Client, stack string, want types.StackStatus) {
	l.t.Helper()
	for {
		got := types.StackStatus("")
		out, err := client.DescribeStacks(l.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err == nil {
			got = out.Stacks[0].StackStatus
		} else if !strings.Contains(err.Error(), "does not exist") {
			l.t.Fatal(err)
		}
		if strings.HasSuffix(string(got), "_IN_PROGRESS") {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if got != want {
			events, _ := client.DescribeStackEvents(l.t.Context(), &cloudformation.DescribeStackEventsInput{StackName: &stack})
			for _, e := range events.StackEvents {
				l.t.Logf("%s %s %s", aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason))
			}
			l.t.Fatalf("the stack %s is %q, want %q", stack, got, want)
		}
		return
	}
}

func (l *lab) output(stack, name string) string {
	l.t.Helper()
	out, err := l.root.DescribeStacks(l.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, o := range out.Stacks[0].Outputs {
		if aws.ToString(o.OutputKey) == name {
			return aws.ToString(o.OutputValue)
		}
	}
	l.t.Fatalf("the stack %s has no output %s", stack, name)
	return ""
}

func (l *lab) cli(args ...string) string {
	l.t.Helper()
	out, err := l.server.CLI(ministack.Root, args...)
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}

// roles returns the names of the roles that launches made.
func (l *lab) roles() []string {
	l.t.Helper()
	out, err := l.server.IAM(ministack.Root).ListRoles(l.t.Context(), &iam.ListRolesInput{})
	if err != nil {
		l.t.Fatal(err)
	}
	var names []string
	for _, role := range out.Roles {
		if name := aws.ToString(role.RoleName); strings.HasPrefix(name, "ray-research") || strings.HasPrefix(name, "ray-vision") {
			names = append(names, aws.ToString(role.RoleName))
		}
	}
	slices.Sort(names)
	return names
}

func (l *lab) wantRoles(names ...string) {
	l.t.Helper()
	if got := l.roles(); !slices.Equal(got, names) {
		l.t.Errorf("the roles are %q, want %q", got, names)
	}
}

func parameters(values map[string]string) []types.Parameter {
	var all []types.Parameter
	for name, value := range values {
		all = append(all, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(value)})
	}
	return all
}

func tagged(value string) []types.Tag {
	// Only Service Catalog may set the tags aws:servicecatalog:*, also in MiniStack.
	return []types.Tag{{Key: aws.String("team"), Value: aws.String(value)}}
}
