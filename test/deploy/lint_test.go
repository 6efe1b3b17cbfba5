package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestLint proves that cfn-lint and checkov find nothing in template.yaml with each optional parameter set (make lint
// checks it with the defaults), nor in a template that reads the attributes of groups whose names Fn::Sub does not accept.
func TestLint(t *testing.T) {
	lints(t, everyOptionSet(t), groupNames(t))
}

// everyOptionSet writes template.yaml with a default for each optional parameter, because linters use the defaults.
func everyOptionSet(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template := string(text)
	const policy = "arn:aws:iam::123456789012:policy/team/bound"
	for name, value := range map[string]string{
		"PermissionsBoundary": policy, "AllowedPolicyArns": policy + "," + policy + "*", "AllowedBuckets": "data-*", "AllowedClusterNames": "research*", "AllowAdoption": "true", "VerifyRequests": "true", "Revision": "2",
		"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:ops", "ReservedConcurrency": "5", "Tags": tags(10),
		"DriftSchedule": "cron(0 3 * * ? *)", "DriftCallsPerSecond": "50", "CreateDashboard": "true", "CheckInstances": "false", "Regions": "eu-west-1,us-gov-west-1",
		"NamePrefix": "team-ray", "Path": "/team/",
		"ExecutionRolePermissionsBoundary": policy, "ExecutionRolePath": "/service/", "ExecutionRoleNamePrefix": "company-", "ExecutionPolicyType": "managed",
		"KmsKeyArn":    "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555",
		"VpcSubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1", "VpcSecurityGroupIds": "sg-0123456789abcdef0",
	} {
		byDefault := regexp.MustCompile(`(?m)^(  ` + name + `:\n    Type: String\n    Default: ).*$`)
		if !byDefault.MatchString(template) {
			t.Fatalf("the template has no parameter %s with a default", name)
		}
		template = byDefault.ReplaceAllString(template, "${1}'"+value+"'")
	}
	path := filepath.Join(t.TempDir(), "template.yaml")
	write(t, path, template)
	return path
}

// lints fails the test if cfn-lint or checkov finds something in a template.
func lints(t *testing.T, paths ...string) {
	t.Helper()
	checkov := strings.TrimSuffix(python(t), "bin/python") + "checkov/bin/python"
	commands := map[string]*exec.Cmd{
		"cfn-lint": checkout.CFNLint(t, append([]string{"--"}, paths...)...),
		"checkov":  exec.Command(checkov, append([]string{"-m", "checkov.main", "--framework", "cloudformation", "--skip-download", "--compact", "--quiet", "--file"}, paths...)...),
	}
	for name, command := range commands {
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// groupNames writes a template that reads the attributes of groups with unusual names. Fn::Sub accepts only letters,
// digits, _ . and : in the name of a variable. Fn::GetAtt reads every group, by itself and as a variable of Fn::Sub.
func groupNames(t *testing.T) string {
	t.Helper()
	template := `AWSTemplateFormatVersion: '2010-09-09'
Resources:
  RayIAM:
    Type: Custom::RayIAM
    Properties:
      ServiceToken: arn:aws:lambda:us-east-1:123456789012:function:rayiam
      WorkerGroups: [{Name: gpu-a}, {Name: gpu+a}, {Name: gpu=a}, {Name: gpu@a}, {Name: gpu.a}]
Outputs:
`
	for i, group := range []string{"gpu-a", "gpu+a", "gpu=a", "gpu@a", "gpu.a"} {
		attribute := "!GetAtt 'RayIAM.WorkerGroups." + group + ".RoleArn'"
		template += fmt.Sprintf("  Plain%d: {Value: %s}\n  Within%d: {Value: !Sub ['role=${Arn}', {Arn: %s}]}\n", i, attribute, i, attribute)
	}
	path := filepath.Join(t.TempDir(), "template.yaml")
	write(t, path, template)
	return path
}
