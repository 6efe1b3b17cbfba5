package deploy

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestProvider(t *testing.T) {
	provider := readTemplate(t, "template.yaml")
	for name, check := range map[string]func(*testing.T, template){
		"checks parameters":                       checksParameters,
		"runs the function":                       runsTheFunction,
		"deletes RayIAM while its provider works": deletesRayIAMWhileItsProviderWorks,
		"gives outputs":                           givesOutputs,
	} {
		t.Run(name, func(t *testing.T) { check(t, provider) })
	}
}

func checksParameters(t *testing.T, provider template) {
	const policy = "arn:aws:iam::123456789012:policy/team/bound"
	long := strings.Repeat("r", 57)
	cases := []struct {
		parameter, byDefault string
		accepts, refuses     []string
	}{
		{"NamePrefix", "ray", []string{"ray", "a.b-c_1", long}, []string{"", "ray*", "ray?", "a/b", "ray "}},
		{"Path", "/", []string{"/", "/ray/", "/ray/x/"}, []string{"", "ray", "/ray", "//", "/*/", "/r?y/", "/${aws:x}/"}},
		{"PermissionsBoundary", "", []string{"", policy, "arn:aws-cn:iam::aws:policy/X"}, []string{"bound", policy + "*"}},
		{"AllowedPolicyArns", "", []string{"", policy, policy + "*," + policy}, []string{"a", "*", ",", policy + ",", policy + ", " + policy, "arn:aws:iam::*:role/x"}},
		{"AlarmTopicArn", "", []string{"", "arn:aws:sns:eu-west-1:123456789012:ops"}, []string{"ops"}},
	}
	for _, c := range cases {
		t.Run(c.parameter, func(t *testing.T) {
			p := provider.Parameters[c.parameter]
			if p.Default != c.byDefault {
				t.Errorf("the default is %v, want %q", p.Default, c.byDefault)
			}
			if p.ConstraintDescription == "" {
				t.Error("a refused value is answered with a regular expression: no ConstraintDescription")
			}
			// CloudFormation matches the whole value.
			pattern := regexp.MustCompile("^(?:" + p.AllowedPattern + ")$")
			for _, value := range c.accepts {
				if !pattern.MatchString(value) {
					t.Errorf("%q is refused", value)
				}
			}
			for _, value := range c.refuses {
				if pattern.MatchString(value) {
					t.Errorf("%q is accepted", value)
				}
			}
		})
	}
	choices := map[string]string{"AllowAdoption": "false of [true false]", "Architecture": "arm64 of [arm64 x86_64]", "CreateRayIAM": "true of [true false]"}
	for name, want := range choices {
		p := provider.Parameters[name]
		if got := fmt.Sprintf("%v of %v", p.Default, p.AllowedValues); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func runsTheFunction(t *testing.T, provider template) {
	function := provider.Resources["RayIAMFunction"]
	want := map[string]string{
		"Architectures": `[{"Ref":"Architecture"}]`,
		"CodeUri":       `.`,
		"Environment": `{"Variables":{"RAYIAM_ALLOWED_POLICY_ARNS":{"Ref":"AllowedPolicyArns"},"RAYIAM_ALLOW_ADOPTION":{"Ref":"AllowAdoption"},` +
			`"RAYIAM_NAME_PREFIX":{"Ref":"NamePrefix"},"RAYIAM_PATH":{"Ref":"Path"},"RAYIAM_PERMISSIONS_BOUNDARY":{"Ref":"PermissionsBoundary"}}}`,
		"EventInvokeConfig": `{"DestinationConfig":{"OnFailure":{"Destination":{"Fn::GetAtt":["FailureQueue","Arn"]},` +
			`"Type":"SQS"}},"MaximumEventAgeInSeconds":3600,"MaximumRetryAttempts":2}`,
		"Handler":       `bootstrap`,
		"LoggingConfig": `{"LogFormat":"JSON","LogGroup":{"Ref":"LogGroup"}}`,
		"Role":          `{"Fn::GetAtt":["ExecutionRole","Arn"]}`,
		"Runtime":       `provided.al2023`,
		"Timeout":       `300`,
	}
	for property, value := range want {
		if got := text(t, function.Properties[property]); got != value {
			t.Errorf("%s is %s, want %s", property, got, value)
		}
	}
	queue := provider.Resources["FailureQueue"].Properties
	if queue["SqsManagedSseEnabled"] != true {
		t.Error("the failure queue holds credentials and is not encrypted")
	}
	tls := statements(t, provider.Resources["FailureQueuePolicy"].Properties["PolicyDocument"])
	if len(tls) != 1 || tls[0].Effect != "Deny" || tls[0].Condition["Bool"]["aws:SecureTransport"] != false {
		t.Errorf("the failure queue may be reached without TLS: %+v", tls)
	}
}

// CloudFormation deletes a resource before whatever it refers to or depends on. Should one of these go first, RayIAM's
// Delete would find nobody to answer it, or nobody who may.
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
	for _, name := range []string{"RayIAMFunction", "ExecutionRole", "ExecutionPolicy", "LogGroup", "FailureQueue"} {
		if !reached[name] {
			t.Errorf("%s may be deleted before RayIAM", name)
		}
	}
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
