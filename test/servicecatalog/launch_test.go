package servicecatalog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/standin/ministack"
)

// TestLaunch launches the product with the credentials of the launch role, updates it with
// and without a preview, and terminates it, as Service Catalog does.
func TestLaunch(t *testing.T) {
	l := newLab(t, map[string]string{})
	url := l.publish("ray/v1", states[0].rules(t), true)
	stack, chosen := aws.String(provisioned), map[string]string{"PropagationWaitSeconds": "0"} // there is no EC2 that would have to learn of the profiles
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	l.readsOnlyTemplates("ray/v1")
	must(l.role.GetTemplateSummary(ctx, &cloudformation.GetTemplateSummaryInput{TemplateURL: &url}))
	must(l.role.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateURL: &url}))
	must(l.role.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: stack, TemplateURL: &url, Parameters: parameters(chosen), Tags: tagged("research")}))
	l.settle(l.role, provisioned, types.StackStatusCreateComplete)
	l.wantRoles("ray-research-cpu", "ray-research-gpu", "ray-research-head")
	if got := l.output(provisioned, "Bucket"); !strings.HasPrefix(got, strings.ToLower(provisioned)+"-") {
		t.Errorf("the bucket is %s, want a name that begins with the stack's: the launch role has no rights to others", got)
	}
	must(l.role.SetStackPolicy(ctx, &cloudformation.SetStackPolicyInput{StackName: stack, StackPolicyBody: aws.String(`{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}`)}))
	must(l.role.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: stack}))
	must(l.role.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: stack}))

	chosen["SubnetIds"] = "subnet-0123456789abcdef0"
	must(l.role.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: stack, TemplateURL: &url, Parameters: parameters(chosen), Tags: tagged("vision")}))
	l.settle(l.role, provisioned, types.StackStatusUpdateComplete)
	l.wantHead("subnet-0123456789abcdef0")

	l.preview(url, chosen)
	l.wantHead("subnet-0fedcba9876543210")

	must(l.role.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: stack}))
	l.settle(l.role, provisioned, "")
	l.wantRoles()
}

// preview updates the provisioned product with a change set, after another change set was
// deleted.
func (l *lab) preview(url string, chosen map[string]string) {
	l.t.Helper()
	for _, execute := range []bool{false, true} {
		name := aws.String(fmt.Sprintf("SC-plan-%t", execute))
		chosen["SubnetIds"] = "subnet-0fedcba9876543210"
		if _, err := l.role.CreateChangeSet(l.t.Context(), &cloudformation.CreateChangeSetInput{
			StackName: aws.String(provisioned), ChangeSetName: name, TemplateURL: &url, Parameters: parameters(chosen), Tags: tagged("vision"),
		}); err != nil {
			l.t.Fatal(err)
		}
		if _, err := l.role.ListChangeSets(l.t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String(provisioned)}); err != nil {
			l.t.Fatal(err)
		}
		for {
			set, err := l.role.DescribeChangeSet(l.t.Context(), &cloudformation.DescribeChangeSetInput{StackName: aws.String(provisioned), ChangeSetName: name})
			if err != nil || set.Status == types.ChangeSetStatusFailed {
				l.t.Fatalf("the change set: %v, %+v", err, set)
			}
			if set.Status == types.ChangeSetStatusCreateComplete {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		var err error
		if execute {
			_, err = l.role.ExecuteChangeSet(l.t.Context(), &cloudformation.ExecuteChangeSetInput{StackName: aws.String(provisioned), ChangeSetName: name})
		} else {
			_, err = l.role.DeleteChangeSet(l.t.Context(), &cloudformation.DeleteChangeSetInput{StackName: aws.String(provisioned), ChangeSetName: name})
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	l.settle(l.role, provisioned, types.StackStatusUpdateComplete)
}

// readsOnlyTemplates proves that the launch role may read objects that are marked as
// templates, and no other objects of the same bucket.
func (l *lab) readsOnlyTemplates(marked string) {
	l.t.Helper()
	l.publish("unmarked", nil, false)
	for key, want := range map[string]string{marked: "", "unmarked": "AccessDenied"} {
		_, err := l.server.CLI(l.launch, "s3api", "get-object", "--bucket", "templates", "--key", key, "got")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			l.t.Errorf("the launch role reads %s: %v, want %q", key, err, want)
		}
	}
}

// wantHead proves that the head may launch workers in this subnet.
func (l *lab) wantHead(subnet string) {
	l.t.Helper()
	out, err := l.server.IAM(ministack.Root).GetRolePolicy(l.t.Context(), &iam.GetRolePolicyInput{
		RoleName: aws.String("ray-research-head"), PolicyName: aws.String("ray-research-autoscaler-policy"),
	})
	if err != nil || !strings.Contains(aws.ToString(out.PolicyDocument), subnet) {
		l.t.Errorf("the head's policy does not name %s (%v)", subnet, err)
	}
}

// TestLaunch_Refused proves, for a launch role with a company's prefix, path and boundary,
// that the template constraint refuses parameters that are not allowed, that the role is
// denied calls that no launch makes, and that nothing is made then; and that allowed
// parameters are accepted.
func TestLaunch_Refused(t *testing.T) {
	company := map[string]string{}
	for name, value := range states[2].parameters {
		if strings.HasPrefix(name, "LaunchRole") {
			company[name] = value
		}
	}
	l := newLab(t, company)
	l.wantLaunchRole("acme-SCLaunch-ray-catalog-us-east-1", "/platform/")
	url := l.publish("ray/v1", states[2].rules(t), true) // two prefixes, two clusters, two buckets
	tests := []struct {
		name, stack string
		chosen      map[string]string
		want        string
	}{
		{"somebody's prefix", provisioned, map[string]string{"NamePrefix": "ray-research2"}, "NamePrefix must be one of the values"},
		{"somebody's cluster", provisioned, map[string]string{"ClusterName": "payroll"}, "ClusterName must be one of the values"},
		{"somebody's bucket", provisioned, map[string]string{"DatasetsBucket": "payroll"}, "DatasetsBucket must be empty, or one of the values"},
		{"another stack", "prod", nil, "AccessDenied"},
		{"the provider's stack", "ray-iam", nil, "AccessDenied"},
	}
	for _, tt := range tests {
		_, err := l.role.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &tt.stack, TemplateURL: &url, Parameters: parameters(tt.chosen)})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error that says %q", tt.name, err, tt.want)
		}
	}
	if _, err := l.role.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("ray-iam")}); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("the launch role deletes the provider's stack: %v", err)
	}
	l.wantRoles()
	chosen := map[string]string{"NamePrefix": "ray-vision", "ClusterName": "vision", "DatasetsBucket": "public-datasets", "PropagationWaitSeconds": "0"}
	if _, err := l.role.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String(provisioned), TemplateURL: &url, Parameters: parameters(chosen)}); err != nil {
		t.Fatal(err)
	}
	l.settle(l.role, provisioned, types.StackStatusCreateComplete)
	l.wantRoles("ray-vision-cpu", "ray-vision-gpu", "ray-vision-head")
}

// wantLaunchRole fails the test unless the launch role has this name and path. MiniStack's
// CloudFormation ignores a role's boundary: TestLaunchRole_Parameters and TestLint check
// it.
func (l *lab) wantLaunchRole(name, path string) {
	l.t.Helper()
	out, err := l.server.IAM(ministack.Root).GetRole(l.t.Context(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		l.t.Fatal(err)
	}
	if got := aws.ToString(out.Role.Path); got != path {
		l.t.Errorf("the path of %s is %s, want %s", name, got, path)
	}
}
