package command

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

// TestPlan_Properties checks the plan of a file of properties, as YAML and as JSON: for a
// stack that does not exist, for a stack without the resource, and for one with it.
func TestPlan_Properties(t *testing.T) {
	l := newLab(t)
	l.Running()
	yaml := file(t, "p.yaml", "# ours\nNamePrefix: ml\nPropagationWaitSeconds: 0\nWorkerGroups:\n  - {Name: cpu}\n  - {Name: gpu}\n")
	json := file(t, "p.json", `{"NamePrefix":"ml","PropagationWaitSeconds":0,"WorkerGroups":[{"Name":"cpu"},{"Name":"gpu"}]}`)
	fewer := file(t, "fewer.yaml", "NamePrefix: ml\nPropagationWaitSeconds: 0\nWorkerGroups: [{Name: cpu}]\n")
	planned := l.ok(2, "", "plan", "--properties", yaml)
	l.golden("new-stack", planned)
	if got := l.ok(2, "", "plan", "--properties", json, "--stack-name", "not-there", "--account", l.AccountID); got != planned {
		t.Errorf("JSON gives\n%s\nYAML gives\n%s", got, planned)
	}
	s, empty := l.Stack(), l.Stack().ID
	l.Described.AddStack(cloudformation.DescribedStack{Name: "empty", ID: empty})
	if got := l.ok(2, "", "plan", "--properties", yaml, "--stack-name", "empty"); !strings.Contains(got, "Create of RayIAM in stack "+empty) {
		t.Errorf("plan prints for a stack without the resource %s", got)
	}
	create, _ := s.Create(properties{"NamePrefix": "ml", "PropagationWaitSeconds": "0", "WorkerGroups": []any{map[string]any{"Name": "cpu"}, map[string]any{"Name": "gpu"}}})
	l.OK(create)
	l.Described.AddStack(cloudformation.DescribedStack{Name: "ml", ID: s.ID, Resources: []cloudformation.ResourceSummary{
		{LogicalID: "Data", PhysicalID: "data-1", Type: "AWS::S3::Bucket"}, {LogicalID: "RayIAM", PhysicalID: s.PhysicalID, Type: "Custom::RayIAM"},
	}})
	tests := []struct {
		name, want string
		code       int
		args       []string
	}{
		{"unchanged", "No changes: IAM is as declared.", 0, []string{"--properties", yaml}},
		{"a group less, without the old properties", "0 to delete", 2, []string{"--properties", fewer}},
		{"a group less", "1 to change, 0 to adopt, 0 to release, 2 to delete", 2, []string{"--properties", fewer, "--old-properties", json}},
		{"its Delete", "0 to release, 6 to delete", 2, []string{"--properties", yaml, "--delete"}},
	}
	for _, tt := range tests {
		if got := l.ok(tt.code, "", append([]string{"plan", "--stack-name", "ml"}, tt.args...)...); !strings.Contains(got, tt.want) {
			t.Errorf("%s: the last line is %s, want %q in it", tt.name, got, tt.want)
		}
	}
}

// TestPlan_Bounds proves that the plan has the administrator's bounds of the function that
// ServiceToken names, and that a note says so if they may not be read.
func TestPlan_Bounds(t *testing.T) {
	l := newLab(t)
	arn := l.function(map[string]string{"RAYIAM_NAME_PREFIX": "ray", "RAYIAM_PATH": "/team/"})
	e := l.event("create")
	e.ServiceToken = arn
	e.ResourceProperties = properties{"NamePrefix": "ml"}
	r := l.run(string(e.JSON()), "plan", "--event", "-")
	for _, want := range []string{`NamePrefix: "ml": the administrator of the provider allows only names that begin with "ray"`, `Path: "/": the administrator of the provider allows only "/team/"`} {
		if !strings.Contains(r.out, want) || r.code != 1 || r.err != "" {
			t.Errorf("exit code %d, want 1 and %q\n%s%s", r.code, want, r.out, r.err)
		}
	}
	var within struct{ Plans []planview.View }
	e.ResourceProperties = properties{"NamePrefix": "ray-ml", "Path": "/team/"}
	decoded(t, l.ok(2, string(e.JSON()), "plan", "--event", "-", "--output", "json"), &within)
	if got := within.Plans[0].Summary.Create; got != 4 {
		t.Errorf("within the bounds, the plan creates %d resources, want 4", got)
	}
	e.ServiceToken = arn + "-gone"
	if r := l.run(string(e.JSON()), "plan", "--event", "-"); r.code != 2 || !strings.Contains(r.err, "note: planning without the provider's bounds") {
		t.Errorf("without a function: exit code %d, %q", r.code, r.err)
	}
	l.Env = []string{"RAYIAM_NAME_PREFIX=team"}
	if r := l.run(string(e.JSON()), "plan", "--event", "-", "--bounds-from", "environment"); r.code != 1 || !strings.Contains(r.out, `begin with "team"`) || r.err != "" {
		t.Errorf("with bounds in the environment: exit code %d, %s%s", r.code, r.out, r.err)
	}
}

// function makes a function with this environment in moto's Lambda, and returns its ARN.
func (l *lab) function(environment map[string]string) string {
	l.TB.Helper()
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	if _, err := z.Create("bootstrap"); err != nil {
		l.TB.Fatal(err)
	}
	if err := z.Close(); err != nil {
		l.TB.Fatal(err)
	}
	l.CreateRole("lambda", "/")
	l.SetTrust("lambda", "lambda.amazonaws.com")
	anybody := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"}, nil
	})
	l.Spent = true // the function stays in the account
	client := lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: &l.Lambda, Credentials: anybody})
	out, err := client.CreateFunction(l.TB.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("ray-iam"), Role: aws.String("arn:aws:iam::" + l.AccountID + ":role/lambda"), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Code: &types.FunctionCode{ZipFile: code.Bytes()}, Environment: &types.Environment{Variables: environment},
	})
	if err != nil {
		l.TB.Fatal(err)
	}
	return aws.ToString(out.FunctionArn)
}
