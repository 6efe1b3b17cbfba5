package policysim

import (
	"strings"
	"testing"
)

const (
	head    = "arn:aws:iam::123456789012:role/ray-head"
	caller  = "arn:aws:iam::123456789012:role/caller"
	anyRole = `"arn:aws:iam::123456789012:role/ray*"`
)

func allow(action, resource, rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":` + resource + rest + `}]}`
}

func deny(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"` + action + `","Resource":` + resource + `}]}`
}

// TestDecide proves that the simulator follows the rules of IAM on which the proofs depend.
func TestDecide(t *testing.T) {
	owned := allow("iam:DeleteRole", anyRole, `,"Condition":{"StringLike":{"aws:ResourceTag/ray-iam:owner":"ray*"}}`)
	with := func(key, value string) map[string][]string { return map[string][]string{key: {value}} }
	tests := []struct {
		name     string
		action   string
		resource string
		context  map[string][]string
		identity []string
		boundary []string
		want     Decision
	}{
		{"allowed", "iam:GetRole", head, nil, []string{allow("iam:GetRole", anyRole, "")}, nil, Allowed},
		{"another action", "iam:DeleteRole", head, nil, []string{allow("iam:GetRole", anyRole, "")}, nil, ImplicitlyDenied},
		{"another resource", "iam:GetRole", "arn:aws:iam::123456789012:role/other", nil, []string{allow("iam:GetRole", anyRole, "")}, nil, ImplicitlyDenied},
		{"another account", "iam:GetRole", "arn:aws:iam::999999999999:role/ray-head", nil, []string{allow("iam:GetRole", anyRole, "")}, nil, ImplicitlyDenied},
		{"denied over allowed", "iam:GetRole", head, nil, []string{allow("iam:*", `"*"`, ""), deny("iam:Get*", anyRole)}, nil, ExplicitlyDenied},
		{"the second of two policies", "iam:GetRole", head, nil, []string{deny("iam:Put*", `"*"`), allow("iam:GetRole", anyRole, "")}, nil, Allowed},
		{"the resource's tag", "iam:DeleteRole", head, with("aws:ResourceTag/ray-iam:owner", "ray-1"), []string{owned}, nil, Allowed},
		{"the resource's tag, another value", "iam:DeleteRole", head, with("aws:ResourceTag/ray-iam:owner", "x"), []string{owned}, nil, ImplicitlyDenied},
		{"no tag", "iam:DeleteRole", head, nil, []string{owned}, nil, ImplicitlyDenied},
		{"within the boundary", "iam:GetRole", head, nil, []string{allow("iam:*", `"*"`, "")}, []string{allow("iam:GetRole", `"*"`, "")}, Allowed},
		{"beyond the boundary", "iam:PutRolePolicy", head, nil, []string{allow("iam:*", `"*"`, "")}, []string{allow("iam:GetRole", `"*"`, "")}, ImplicitlyDenied},
		{"a policy of AWS's own", "iam:GetPolicy", "arn:aws:iam::aws:policy/X", nil, []string{allow("iam:GetPolicy", `"arn:aws:iam::aws:policy/*"`, "")}, nil, Allowed},
		{"no resource", "iam:ListUsers", "*", nil, []string{allow("iam:ListUsers", `"*"`, "")}, nil, Allowed},
	}
	var cases []Case
	for _, tt := range tests {
		cases = append(cases, Case{Name: tt.name, Principal: caller, Action: tt.action, Resource: tt.resource, Context: tt.context, Identity: tt.identity, Boundary: tt.boundary})
	}
	for i, got := range Evaluate(t, cases) {
		if got != tests[i].want {
			t.Errorf("%s: the decision is %s, want %s", tests[i].name, got, tests[i].want)
		}
	}
}

// TestDecide_ResourcePolicy proves that nobody may use a KMS key, whatever IAM allows,
// unless the key's own policy allows it.
func TestDecide_ResourcePolicy(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:123456789012:key/1"
	c := Case{Name: "a key without a policy", Principal: caller, Action: "kms:Decrypt", Resource: key, Identity: []string{allow("kms:Decrypt", `"`+key+`"`, "")}}
	left := c
	left.Name = "a key whose policy leaves it to IAM"
	left.ResourcePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}`
	want := []Decision{ImplicitlyDenied, Allowed}
	for i, got := range Evaluate(t, []Case{c, left}) {
		if got != want[i] {
			t.Errorf("%s: the decision is %s, want %s", []Case{c, left}[i].Name, got, want[i])
		}
	}
}

// TestNoDecision proves that a case which the simulator cannot decide is an error that
// names the case, and not a denial that a test would accept.
func TestNoDecision(t *testing.T) {
	good := allow("iam:*", `"*"`, "")
	tests := []struct {
		name, action, resource, identity, want string
		context                                map[string][]string
	}{
		{"a misspelt action", "iam:DeletRole", head, good, "invalid.action", nil},
		{"an unknown service", "iamm:DeleteRole", head, good, "invalid.service", nil},
		{"a resource of another kind", "iam:DeleteRole", "arn:aws:iam::123456789012:user/x", good, "no.resource.types", nil},
		{"a resource with a wildcard", "iam:DeleteRole", head + "*", good, "wildcards", nil},
		{"a malformed policy", "iam:DeleteRole", head, `{"Statement":[{"Effect":"Alow"}]}`, "policy.errors", nil},
		{"a key that the action does not know", "iam:DeleteRole", head, good, "iam:PolicyARN", map[string][]string{"iam:PolicyARN": {"arn:aws:iam::aws:policy/X"}}},
	}
	var cases []Case
	for _, tt := range tests {
		cases = append(cases, Case{Name: tt.name, Principal: caller, Action: tt.action, Resource: tt.resource, Context: tt.context, Identity: []string{tt.identity}})
	}
	_, err := decide(append(cases, Case{Name: "fine", Principal: caller, Action: "iam:GetRole", Resource: head, Identity: []string{good}}))
	if err == nil {
		t.Fatal("every case has a decision, want an error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(tests) {
		t.Fatalf("the error has %d lines, want %d:\n%v", len(lines), len(tests), err)
	}
	for i, tt := range tests {
		if !strings.HasPrefix(lines[i], tt.name+": ") || !strings.Contains(lines[i], tt.want) {
			t.Errorf("got the error %q, want one that begins with %q and contains %q", lines[i], tt.name, tt.want)
		}
	}
	if _, err := decide([]Case{{Name: "no JSON", Principal: caller, Action: "iam:GetRole", Resource: head, Identity: []string{"{"}}}); err == nil {
		t.Error("a document that is not JSON has a decision, want an error")
	}
}
