package executionrole

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"testing"

	cfn "github.com/ray-iam/custom-rayiam/test/rig/template"
)

const (
	account   = "123456789012"
	stackName = "ray-iam"
	boundary  = "arn:aws:iam::" + account + ":policy/bound"
	mine      = "arn:aws:iam::" + account + ":policy/mine"
	someOwner = "0123456789ab"
)

// A deployment is a choice of the template's parameters, with a scene: what the function
// does under these parameters.
type deployment struct {
	name       string
	parameters map[string]string
	partition  string // aws if empty
	stackName  string // ray-iam if empty
	scene      func(*lab)
}

// deployments are the deployments for which everything is proved. Each condition of the
// template is true in one of them and false in another.
var deployments = []deployment{
	{name: "defaults", scene: wholeLife},
	{name: "boundary", parameters: map[string]string{"PermissionsBoundary": boundary}, scene: underBoundary},
	{name: "allowed policies", parameters: map[string]string{"AllowedPolicyArns": "arn:aws:iam::aws:policy/Amazon*,arn:aws:iam::aws:policy/CloudWatchAgentServerPolic?," + mine}, scene: allowedPolicies},
	{name: "adoption", parameters: map[string]string{"AllowAdoption": "true"}, scene: adoption},
	{name: "everything elsewhere", parameters: map[string]string{
		"NamePrefix": "team-a.ray", "Path": "/ray/team/", "PermissionsBoundary": boundary, "AllowedPolicyArns": "arn:aws:iam::*:policy/*", "AllowAdoption": "true",
		"DriftSchedule": "rate(1 day)",
	}, scene: everything},
	{name: "a company's account", parameters: map[string]string{
		"ExecutionRoleNamePrefix": "ray-company-", "ExecutionRolePath": "/service/", "VpcSubnetIds": "subnet-0123456789abcdef0", "VpcSecurityGroupIds": "sg-0123456789abcdef0",
		"KmsKeyArn": "arn:aws:kms:us-east-1:" + account + ":key/11111111-2222-4333-8444-555555555555", "CheckInstances": "false",
	}, scene: shortLife},
	{name: "China", partition: "aws-cn", parameters: map[string]string{"PermissionsBoundary": strings.Replace(boundary, "arn:aws:", "arn:aws-cn:", 1)}, scene: underBoundary},
}

// resolve computes a part of the template as CloudFormation does in this deployment.
func (s deployment) resolve(tpl template, v any) any {
	resolved, err := tpl.Resolve(cfn.Stack{
		Parameters: s.parameters,
		Pseudo: map[string]string{
			"AWS::Partition": s.part(), "AWS::AccountId": account, "AWS::Region": "us-east-1", "AWS::StackName": s.stack(), "AWS::StackId": s.stackID(),
		},
		Attributes: map[string]string{"ExecutionRole.Arn": s.executionRole(), "LogGroup.Arn": s.logGroup(), "FailureQueue.Arn": s.failureQueue()},
	}, v)
	if err != nil {
		panic(err)
	}
	return resolved
}

// holds reports whether a condition of the template is true in this deployment.
func (s deployment) holds(tpl template, condition string) bool {
	return s.resolve(tpl, map[string]any{"Fn::If": []any{condition, true, false}}) == true
}

func (s deployment) stack() string { return cmp.Or(s.stackName, stackName) }

func (s deployment) stackID() string {
	return fmt.Sprintf("arn:%s:cloudformation:us-east-1:%s:stack/%s/11111111-2222-4333-8444-555555555555", s.part(), account, s.stack())
}

func (s deployment) part() string {
	if s.partition == "" {
		return "aws"
	}
	return s.partition
}

func (s deployment) prefix() string        { return cmp.Or(s.parameters["NamePrefix"], "ray") }
func (s deployment) path() string          { return cmp.Or(s.parameters["Path"], "/") }
func (s deployment) bounded() bool         { return s.parameters["PermissionsBoundary"] != "" }
func (s deployment) adopts() bool          { return s.parameters["AllowAdoption"] == "true" }
func (s deployment) looks() bool           { return s.parameters["DriftSchedule"] != "" }
func (s deployment) owner() string         { return s.prefix() + "-" + someOwner }
func (s deployment) key() string           { return s.parameters["KmsKeyArn"] }
func (s deployment) inVPC() bool           { return s.parameters["VpcSubnetIds"] != "" }
func (s deployment) checksInstances() bool { return s.parameters["CheckInstances"] != "false" }

// iamARN returns the ARN of a role, an instance profile or a policy.
func (s deployment) iamARN(account, kind, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", s.part(), account, kind, path, name)
}

// executionRole returns the ARN of the execution role. CloudFormation names the role after
// the stack, unless the template names it. If that name begins with the provider's prefix,
// the policies' own resources match the role.
func (s deployment) executionRole() string {
	return s.iamARN(account, "role", cmp.Or(s.parameters["ExecutionRolePath"], "/"), s.executionRoleName())
}

func (s deployment) executionRoleName() string {
	if prefix := s.parameters["ExecutionRoleNamePrefix"]; prefix != "" {
		return prefix + "custom-rayiam-555555555555"
	}
	return made(s.stack(), "-ExecutionRole-1ABCDEFGHIJKL", 64)
}

// made returns a name in the form in which CloudFormation makes names up: it shortens the
// stack's name if the whole would be too long.
func made(stack, rest string, longest int) string {
	return stack[:min(len(stack), longest-len(rest))] + rest
}

func (s deployment) principal() string {
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/ray-iam", s.part(), account, s.executionRoleName())
}

func (s deployment) logGroup() string {
	return fmt.Sprintf("arn:%s:logs:us-east-1:%s:log-group:/aws/lambda/%s-555555555555:*", s.part(), account, s.stack())
}

func (s deployment) failureQueue() string {
	return fmt.Sprintf("arn:%s:sqs:us-east-1:%s:%s", s.part(), account, made(s.stack(), "-FailureQueue-1ABCDEFGHIJKL", 80))
}

// someStack is a stack that uses the provider: it may be any stack in the account, in any
// Region.
func (s deployment) someStack() string {
	return fmt.Sprintf("arn:%s:cloudformation:eu-central-1:%s:stack/team/11111111-2222-4333-8444-555555555555", s.part(), account)
}

// environment returns the function's environment, which the template sets from these
// parameters.
func (s deployment) environment(t testing.TB, tpl template) []string {
	t.Helper()
	variables := tpl.Resources["RayIAMFunction"].Properties["Environment"].(map[string]any)["Variables"]
	var env []string
	for name, value := range s.resolve(tpl, variables).(map[string]any) {
		env = append(env, name+"="+value.(string))
	}
	return env
}

// TestSets proves that each condition of the execution role's policies is true in one
// deployment and false in another, that the deployments' parameters exist, and that the
// role and the log group have the names that the template gives them.
func TestSets(t *testing.T) {
	tpl := deployedTemplate(t)
	conditions := conditionsIn(tpl.statements())
	if len(conditions) < 5 {
		t.Errorf("found the conditions %v in the policies, want more", conditions)
	}
	for condition := range conditions {
		seen := map[bool]bool{}
		for _, s := range deployments {
			seen[s.holds(tpl, condition)] = true
		}
		if len(seen) != 2 {
			t.Errorf("the condition %s has the same value in all deployments", condition)
		}
	}
	for _, s := range deployments {
		for name := range maps.Keys(s.parameters) {
			if _, ok := tpl.Parameters[name]; !ok {
				t.Errorf("%s: the template has no parameter %s", s.name, name)
			}
		}
		names := map[string]string{"LogGroup.LogGroupName": strings.TrimSuffix(s.logGroup()[strings.Index(s.logGroup(), "/"):], ":*")}
		if s.parameters["ExecutionRoleNamePrefix"] != "" {
			names["ExecutionRole.RoleName"] = s.executionRoleName()
		}
		for property, want := range names {
			resource, name, _ := strings.Cut(property, ".")
			if got := s.resolve(tpl, tpl.Resources[resource].Properties[name]); got != want {
				t.Errorf("%s: %s is %v, want %s", s.name, property, got, want)
			}
		}
	}
}

// conditionsIn returns the names of the conditions in each Fn::If in v.
func conditionsIn(v any) map[string]bool {
	found := map[string]bool{}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			maps.Copy(found, conditionsIn(item))
		}
	case map[string]any:
		for name, value := range v {
			if name == "Fn::If" {
				found[value.([]any)[0].(string)] = true
			}
			maps.Copy(found, conditionsIn(value))
		}
	}
	return found
}
