package deploy

import (
	"slices"
	"strings"
	"testing"
)

func TestEmbed(t *testing.T) {
	embed := readTemplate(t, "examples/embed.yaml")
	rayIAM := embed.Resources["RayIAM"]
	if rayIAM.Type != "Custom::RayIAM" {
		t.Fatalf("RayIAM is of type %q", rayIAM.Type)
	}
	const token = `{"Fn::ImportValue":{"Ref":"ServiceTokenExport"}}`
	if got := text(t, rayIAM.Properties["ServiceToken"]); got != token {
		t.Errorf("ServiceToken is %s, want %s", got, token)
	}
	if got := embed.Parameters["ServiceTokenExport"].Default; got != "ray-iam-ServiceToken" {
		t.Errorf("the export is %v by default, want the one of samconfig.toml's stack", got)
	}
	// Beside the provider's own set and within the prefix that the provider accepts.
	own := readTemplate(t, "template.yaml").Parameters["NamePrefix"].Default.(string)
	if got := embed.Parameters["NamePrefix"].Default.(string); got == own || !strings.HasPrefix(got, own) {
		t.Errorf("NamePrefix is %q by default, want one that begins with %q and differs", got, own)
	}
}

// The launch role calls the function and makes what else is in the template; the roles are the function's to make.
func TestServiceCatalogLaunchRole(t *testing.T) {
	catalog := readTemplate(t, "examples/service-catalog.yaml")
	var policies []struct{ PolicyDocument any }
	convert(t, catalog.Resources["LaunchRole"].Properties["Policies"], &policies)
	allowed := map[string]string{}
	for _, policy := range policies {
		for _, s := range statements(t, policy.PolicyDocument) {
			for _, action := range list(t, s.Action) {
				allowed[action] = strings.Join(list(t, s.Resource), " ")
			}
		}
	}
	const function = `{"Fn::ImportValue":{"Ref":"ServiceTokenExport"}}`
	if got := allowed["lambda:InvokeFunction"]; got != function {
		t.Errorf("lambda:InvokeFunction is allowed on %q, want %q", got, function)
	}
	if allowed["s3:GetObject"] == "" {
		t.Error("the launch role cannot read the product's template")
	}
	for action := range allowed {
		if strings.HasPrefix(action, "iam:") || strings.Contains(action, "*") {
			t.Errorf("the launch role may do %s", action)
		}
	}
	needs := []string{"CreateStack", "DeleteStack", "DescribeStackEvents", "DescribeStacks", "GetTemplateSummary",
		"SetStackPolicy", "UpdateStack", "ValidateTemplate"}
	for _, action := range needs {
		if allowed["cloudformation:"+action] == "" {
			t.Errorf("the launch role lacks cloudformation:%s, which Service Catalog documents as needed", action)
		}
	}
	for name, want := range map[string][]string{
		"Portfolio":            nil,
		"ProductInPortfolio":   {"Portfolio", "Product"},
		"PrincipalInPortfolio": {"Portfolio", "PrincipalArn"},
		"LaunchConstraint":     {"Portfolio", "Product", "LaunchRole"},
	} {
		got := references(catalog.Resources[name].Properties)
		for _, reference := range want {
			if !slices.Contains(got, reference) {
				t.Errorf("%s refers to %q, want %q among them", name, got, reference)
			}
		}
	}
}
