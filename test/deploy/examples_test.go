package deploy

import (
	"strings"
	"testing"
)

// TestEmbed checks the defaults of examples/embed.yaml against the provider's stack.
func TestEmbed(t *testing.T) {
	embed := readTemplate(t, "examples/embed.yaml")
	rayIAM := embed.Resources["RayIAM"]
	if rayIAM.Type != "Custom::RayIAM" {
		t.Fatalf("RayIAM has the type %q, want Custom::RayIAM", rayIAM.Type)
	}
	const token = `{"Fn::ImportValue":{"Ref":"ServiceTokenExport"}}`
	if got := text(t, rayIAM.Properties["ServiceToken"]); got != token {
		t.Errorf("ServiceToken is %s, want %s", got, token)
	}
	if got := embed.Parameters["ServiceTokenExport"].Default; got != "ray-iam-ServiceToken" {
		t.Errorf("the export is %v by default, want the one of samconfig.toml's stack", got)
	}
	// The example's NamePrefix must be within the provider's prefix, and differ from that
	// of the provider's own set.
	own := readTemplate(t, "template.yaml").Parameters["NamePrefix"].Default.(string)
	if got := embed.Parameters["NamePrefix"].Default.(string); got == own || !strings.HasPrefix(got, own) {
		t.Errorf("NamePrefix is %q by default, want one that begins with %q and differs", got, own)
	}
}
