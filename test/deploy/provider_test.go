package deploy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestProvider checks template.yaml.
func TestProvider(t *testing.T) {
	provider := readTemplate(t, "template.yaml")
	for name, check := range map[string]func(*testing.T, template){
		"checks parameters":                       checksParameters,
		"runs the function":                       runsTheFunction,
		"deletes RayIAM while its provider works": deletesRayIAMWhileItsProviderWorks,
		"gives outputs":                           givesOutputs,
		"keeps log and queue":                     keepsWhatTellsOfFailures,
		"tags everything":                         tagsEverything,
		"brings RayIAM under new bounds":          bringsRayIAMUnderNewBounds,
	} {
		t.Run(name, func(t *testing.T) { check(t, provider) })
	}
}

func checksParameters(t *testing.T, provider template) {
	const policy = "arn:aws:iam::123456789012:policy/team/bound"
	const key = "arn:aws:kms:eu-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"
	const subnet, group = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
	long := strings.Repeat("r", 40)
	cases := []struct {
		parameter, byDefault string
		accepts, refuses     []string
	}{
		{"NamePrefix", "ray", []string{"ray", "a.b-c_1", long}, []string{"", "ray*", "ray?", "a/b", "ray ", long + "r"}},
		{"Path", "/", []string{"/", "/ray/", "/ray/x/"}, []string{"", "ray", "/ray", "//", "/*/", "/r?y/", "/${aws:x}/", "/" + strings.Repeat("p", 63) + "/"}},
		{"PermissionsBoundary", "", []string{"", policy, "arn:aws-cn:iam::aws:policy/X"}, []string{"bound", policy + "*", policy + strings.Repeat("x", 180)}},
		{"AllowedPolicyArns", "", []string{"", policy, policy + "*," + policy}, []string{"a", "*", ",", policy + ",", policy + ", " + policy, "arn:aws:iam::*:role/x", policy + strings.Repeat("x", 1024)}},
		{"AllowedBuckets", "", []string{"", "*", "data", "data-*,my.bucket-?"}, []string{",", "a, b", "Data", "a/b", "a,", "${x}", strings.Repeat("b", 513)}},
		{"AllowedClusterNames", "", []string{"", "*", "Research", "ci-*,my.cluster_?"}, []string{",", "a, b", "a/b", "a,", "${x}", strings.Repeat("c", 513)}},
		{"Regions", "", []string{"", "eu-west-1", "us-east-1,us-gov-west-1,ap-southeast-5"}, []string{"eu", "eu-west-1,", "eu-west-1, us-east-1", "*", "eu-west-*"}},
		{"AlarmTopicArn", "", []string{"", "arn:aws:sns:eu-west-1:123456789012:ops"}, []string{"ops"}},
		{"Revision", "", []string{"", "2", "any words"}, []string{strings.Repeat("x", 257)}},
		{"ReservedConcurrency", "", []string{"", "1", "100"}, []string{"0", "-1", "x", "10000"}},
		{"DriftSchedule", "", []string{"", "rate(1 day)", "rate(6 hours)", "cron(0 3 ? * MON-FRI *)"}, []string{"daily", "rate(0 hours)", "rate(2 day)", "rate(1 days)", "cron()", "cron(0 3 * * ? *) "}},
		{"DriftCallsPerSecond", "5", []string{"1", "10", "50"}, []string{"", "0", "51", "05", "x"}},
		{"Tags", "", []string{"", "a=b", "a=", "a:b/c=d e,x=y", tags(10)}, []string{"a", "=b", "a=b,", "a=b=c", "a=b;c", ",", tags(11)}},
		{"ExecutionRolePermissionsBoundary", "", []string{"", policy}, []string{"bound"}},
		{"ExecutionRolePath", "/", []string{"/", "/service/"}, []string{"", "service", "/*/"}},
		{"ExecutionRoleNamePrefix", "", []string{"", "company-", strings.Repeat("c", 38)}, []string{"a/b", "a b", strings.Repeat("c", 39)}},
		{"KmsKeyArn", "", []string{"", key}, []string{"alias/ray", "arn:aws:kms:eu-west-1:123456789012:alias/ray", key + "*"}},
		{"VpcSubnetIds", "", []string{"", subnet, subnet + "," + subnet}, []string{"subnet", subnet + ", " + subnet, group}},
		{"VpcSecurityGroupIds", "", []string{"", group, group + "," + group}, []string{"sg", group + ",", subnet}},
	}
	for _, c := range cases {
		t.Run(c.parameter, func(t *testing.T) {
			p := provider.Parameters[c.parameter]
			if p.Default != c.byDefault {
				t.Errorf("the default is %v, want %q", p.Default, c.byDefault)
			}
			if p.ConstraintDescription == "" && p.AllowedPattern != "" {
				t.Error("there is no ConstraintDescription: CloudFormation would show the regular expression")
			}
			// CloudFormation matches the whole value.
			pattern := regexp.MustCompile("^(?:" + cmp.Or(p.AllowedPattern, ".*") + ")$")
			fits := func(value string) bool {
				return pattern.MatchString(value) && (p.MaxLength == 0 || len(value) <= p.MaxLength)
			}
			for _, value := range c.accepts {
				if !fits(value) {
					t.Errorf("%q is refused, want it accepted", value)
				}
			}
			for _, value := range c.refuses {
				if fits(value) {
					t.Errorf("%q is accepted, want it refused", value)
				}
			}
		})
	}
	choices := map[string]string{"AllowAdoption": "false of [true false]", "Architecture": "arm64 of [arm64 x86_64]", "CreateRayIAM": "true of [true false]", "VerifyRequests": "false of [true false]",
		"CheckInstances": "true of [true false]", "CreateDashboard": "false of [true false]",
		"ExecutionPolicyType": "inline of [inline managed]"}
	for name, want := range choices {
		p := provider.Parameters[name]
		if got := fmt.Sprintf("%v of %v", p.Default, p.AllowedValues); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// tags returns the parameter Tags with n tags.
func tags(n int) string {
	return strings.TrimSuffix(strings.Repeat("k=v,", n), ",")
}

func runsTheFunction(t *testing.T, provider template) {
	function := provider.Resources["RayIAMFunction"]
	want := map[string]string{
		"Architectures":                `[{"Ref":"Architecture"}]`,
		"Code":                         `.`,
		"Environment":                  environment(),
		"Handler":                      `bootstrap`,
		"KmsKeyArn":                    `{"Fn::If":["WithKey",{"Ref":"KmsKeyArn"},{"Ref":"AWS::NoValue"}]}`,
		"LoggingConfig":                `{"LogFormat":"JSON","LogGroup":{"Ref":"LogGroup"}}`,
		"ReservedConcurrentExecutions": `{"Fn::If":["WithReservedConcurrency",{"Ref":"ReservedConcurrency"},{"Ref":"AWS::NoValue"}]}`,
		"Role":                         `{"Fn::GetAtt":["ExecutionRole","Arn"]}`,
		"Runtime":                      `provided.al2023`,
		"Timeout":                      `300`,
		"VpcConfig": `{"Fn::If":["WithVpc",{"SecurityGroupIds":{"Fn::Split":[",",{"Ref":"VpcSecurityGroupIds"}]},"SubnetIds":{"Fn::Split":[",",{"Ref":"VpcSubnetIds"}]}},` +
			`{"Ref":"AWS::NoValue"}]}`,
	}
	for property, value := range want {
		if got := text(t, function.Properties[property]); got != value {
			t.Errorf("%s is %s, want %s", property, got, value)
		}
	}
	const retries = `{"DestinationConfig":{"OnFailure":{"Destination":{"Fn::GetAtt":["FailureQueue","Arn"]}}},"FunctionName":{"Ref":"RayIAMFunction"},` +
		`"MaximumEventAgeInSeconds":3600,"MaximumRetryAttempts":2,"Qualifier":"$LATEST"}`
	if got := text(t, provider.Resources["RayIAMFunctionEventInvokeConfig"].Properties); got != retries {
		t.Errorf("Lambda's retries and failure destination are %s, want %s", got, retries)
	}
	queue := provider.Resources["FailureQueue"].Properties
	encryption := text(t, []any{queue["SqsManagedSseEnabled"], queue["KmsMasterKeyId"]})
	if encryption != `[{"Fn::If":["WithKey",false,true]},{"Fn::If":["WithKey",{"Ref":"KmsKeyArn"},{"Ref":"AWS::NoValue"}]}]` {
		t.Errorf("the failure queue, which receives credentials, is encrypted by %s", encryption)
	}
	tls := statements(t, provider.Resources["FailureQueuePolicy"].Properties["PolicyDocument"])
	if len(tls) != 1 || tls[0].Effect != "Deny" || tls[0].Condition["Bool"]["aws:SecureTransport"] != false {
		t.Errorf("the failure queue accepts requests without TLS: %+v", tls)
	}
}

// bringsRayIAMUnderNewBounds proves that the resource's Revision has the bounds:
// CloudFormation updates a custom resource only if one of its properties changes.
func bringsRayIAMUnderNewBounds(t *testing.T, provider template) {
	const want = `{"Fn::Join":[" ",[{"Ref":"Revision"},{"Ref":"PermissionsBoundary"},{"Ref":"AllowedPolicyArns"},` +
		`{"Fn::If":["WithInlinePolicies",{"Ref":"ExecutionPolicy"},{"Ref":"ExecutionManagedPolicy"}]}]]}`
	if got := text(t, provider.Resources["RayIAM"].Properties["Revision"]); got != want {
		t.Errorf("RayIAM has the Revision %s, want %s", got, want)
	}
}

// deletesRayIAMWhileItsProviderWorks proves that RayIAM depends on every resource that its
// Delete needs: CloudFormation deletes a resource before those that it depends on.
func deletesRayIAMWhileItsProviderWorks(t *testing.T, provider template) {
	reached := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		r, ok := provider.Resources[name]
		if reached[name] || !ok {
			return
		}
		reached[name] = true
		for _, next := range append(list(t, r.DependsOn), references(r.Properties)...) {
			follow(next)
		}
	}
	follow("RayIAM")
	for _, name := range []string{"RayIAMFunction", "RayIAMFunctionEventInvokeConfig", "ExecutionRole", "ExecutionPolicy", "ReadAndTagPolicy",
		"ExecutionManagedPolicy", "ReadAndTagManagedPolicy", "LambdaManagedPolicy", "LogGroup", "FailureQueue"} {
		if !reached[name] {
			t.Errorf("%s may be deleted before RayIAM", name)
		}
	}
}

// keepsWhatTellsOfFailures proves that the log and the failure queue, to which a Reason
// points, stay even after a first deployment that failed (RetainExceptOnCreate would delete
// them then), and that a later stack of the same name does not collide with them.
func keepsWhatTellsOfFailures(t *testing.T, provider template) {
	for _, name := range []string{"LogGroup", "FailureQueue", "FailureQueuePolicy"} {
		if r := provider.Resources[name]; r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
			t.Errorf("%s: DeletionPolicy %q, UpdateReplacePolicy %q, want Retain", name, r.DeletionPolicy, r.UpdateReplacePolicy)
		}
	}
	const ofThisStack = `{"Fn::Select":[4,{"Fn::Split":["-",{"Fn::Select":[2,{"Fn::Split":["/",{"Ref":"AWS::StackId"}]}]}]}]}`
	if got := text(t, provider.Resources["LogGroup"].Properties["LogGroupName"]); !strings.Contains(got, ofThisStack) {
		t.Errorf("the log group's name %s is not unique to the stack", got)
	}
	if name := provider.Resources["FailureQueue"].Properties["QueueName"]; name != nil {
		t.Errorf("the queue's name %v is not unique to the stack", name)
	}
	alarm := provider.Resources["FailedRequestsAlarm"].Properties
	if got := text(t, []any{alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]}); got != "[1,3]" {
		t.Errorf("the alarm evaluates [M, N] = %s, want [1,3], because its metric comes late", got)
	}
}

// tagsEverything proves that every resource in the template that can have tags, by
// CloudFormation's schemas, gets them.
func tagsEverything(t *testing.T, provider template) {
	want := text(t, provider.Resources["RayIAMFunction"].Properties["Tags"])
	if n := strings.Count(want, `"Fn::If"`); n != 10 {
		t.Errorf("Tags accepts %d tags, want 10", n)
	}
	taggable := taggableTypes(t, provider)
	for name, r := range provider.Resources {
		want := want
		if name == "ExecutionRole" { // and a tag of its own, so that no provider takes it for a set's role
			want = `[{"Key":"ray-iam:owner","Value":"provider"},` + strings.TrimPrefix(want, "[")
		}
		if !taggable[r.Type] {
			want = "null"
		}
		if got := text(t, r.Properties["Tags"]); got != want {
			t.Errorf("%s of type %s is tagged with %s, want %s", name, r.Type, got, want)
		}
	}
}

// taggableTypes returns, for each type of resource in the template, whether it has Tags in
// the published schemas that cfn-lint contains. Custom::RayIAM has them in its own.
func taggableTypes(t *testing.T, provider template) map[string]bool {
	t.Helper()
	const program = `import json, sys
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
json.dump({name: "Tags" in PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema["properties"] for name in sys.argv[1:]}, sys.stdout)`
	const custom = "Custom::RayIAM"
	types := map[string]bool{}
	for _, r := range provider.Resources {
		types[r.Type] = r.Type == custom
	}
	arguments := []string{"-c", program}
	for name := range types {
		if name != custom {
			arguments = append(arguments, name)
		}
	}
	out, err := exec.Command(python(t), arguments...).Output()
	if err != nil {
		t.Fatalf("reading the schemas: %v", err)
	}
	if err := json.Unmarshal(out, &types); err != nil {
		t.Fatal(err)
	}
	return types
}

func givesOutputs(t *testing.T, provider template) {
	cases := []struct{ name, condition, value, export string }{
		{"ServiceToken", "", `{"Fn::GetAtt":["RayIAMFunction","Arn"]}`, `{"Fn::Sub":"${AWS::StackName}-ServiceToken"}`},
		{"HeadInstanceProfileArn", "WithRayIAM", `{"Fn::GetAtt":["RayIAM","HeadInstanceProfileArn"]}`, `null`},
		{"WorkerInstanceProfileArn", "WithRayIAM", `{"Fn::GetAtt":["RayIAM","WorkerInstanceProfileArn"]}`, `null`},
	}
	for _, c := range cases {
		got := provider.Outputs[c.name]
		if got.Condition != c.condition || text(t, got.Value) != c.value || text(t, got.Export.Name) != c.export {
			t.Errorf("%s is %+v, want %+v", c.name, got, c)
		}
	}
	if got := provider.Resources["RayIAM"].Condition; got != "WithRayIAM" {
		t.Errorf("RayIAM is made under the condition %q, want WithRayIAM", got)
	}
}

// environment returns the environment that the template sets from the stack's parameters.
func environment() string {
	var variables []string
	for name, parameter := range map[string]string{
		"RAYIAM_ALLOWED_BUCKETS":        "AllowedBuckets",
		"RAYIAM_ALLOWED_CLUSTER_NAMES":  "AllowedClusterNames",
		"RAYIAM_ALLOWED_POLICY_ARNS":    "AllowedPolicyArns",
		"RAYIAM_ALLOW_ADOPTION":         "AllowAdoption",
		"RAYIAM_CHECK_INSTANCES":        "CheckInstances",
		"RAYIAM_DRIFT_CALLS_PER_SECOND": "DriftCallsPerSecond",
		"RAYIAM_DRIFT_SCHEDULE":         "DriftSchedule",
		"RAYIAM_NAME_PREFIX":            "NamePrefix",
		"RAYIAM_PATH":                   "Path",
		"RAYIAM_PERMISSIONS_BOUNDARY":   "PermissionsBoundary",
		"RAYIAM_REGIONS":                "Regions",
		"RAYIAM_VERIFY_REQUESTS":        "VerifyRequests",
	} {
		variables = append(variables, fmt.Sprintf(`%q:{"Ref":%q}`, name, parameter))
	}
	slices.Sort(variables)
	return `{"Variables":{` + strings.Join(variables, ",") + `}}`
}
