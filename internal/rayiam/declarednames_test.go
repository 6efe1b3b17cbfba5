package rayiam

import (
	"slices"
	"testing"
)

// TestDeclaredNames checks that the policies of a head have the names of its set, for every
// way to declare the set, and that no other policies do.
// Reference 15.7.
func TestDeclaredNames(t *testing.T) {
	for name, p := range map[string]Properties{
		"defaults": defaults, "two groups": edited(addGroup), "least privilege": edited(addGroup, least(everyOption)),
		"a path": edited(func(p *Properties) { p.Path = "/ray/team/" }), "a policy besides": edited(setBoundary, inlineOfHead("extra")),
		"a prefix with a dash": edited(func(p *Properties) { p.NamePrefix = "ray-x-head" }),
	} {
		got, ok := DeclaredNames(p.NamePrefix, settled(p).Roles[HeadName(p.NamePrefix)].InlinePolicies)
		want := p.Names()
		if slices.Sort(got); !ok || !slices.Equal(got, sorted(want)) {
			t.Errorf("%s: %v, %v, want %v", name, got, ok, want)
		}
	}
	for name, document := range map[string]string{
		"none": "", "not JSON": "{", "no statement": `{"Statement":[]}`, "two": `{"Statement":[{"Resource":"arn:aws:iam::1:role/ray-a"},{"Resource":"arn:aws:iam::1:role/ray-b"}]}`,
		"any role": `{"Statement":[{"Resource":"*"}]}`, "another's role": `{"Statement":[{"Resource":"arn:aws:iam::1:role/other-worker"}]}`,
		"a number": `{"Statement":[{"Resource":[7]}]}`, "nothing passed": `{"Statement":[{}]}`,
	} {
		if got, ok := DeclaredNames("ray", map[string]string{"ray-pass-role-policy": document}); ok {
			t.Errorf("%s: found the names %v, want none", name, got)
		}
	}
}

// TestOwnerNamePrefix checks from which owners OwnerNamePrefix reads the NamePrefix.
// Reference 15.7.
func TestOwnerNamePrefix(t *testing.T) {
	for owner, want := range map[string]string{
		ownerOf(defaults): "ray", "a-b-0123456789ab": "a-b", "-0123456789ab": "", "0123456789ab": "", "": "", "somebody": "", "ray-0123456789ag": "", "ray_0123456789ab": "",
	} {
		if got, ok := OwnerNamePrefix(owner); got != want || ok != (want != "") {
			t.Errorf("OwnerNamePrefix(%q) = %q, %v, want %q", owner, got, ok, want)
		}
	}
}
