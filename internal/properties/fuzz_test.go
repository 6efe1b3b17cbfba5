package properties

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

var fuzzStack = rayiam.Stack{ID: "arn:aws:cloudformation:us-east-1:123456789012:stack/s/1", Partition: "aws", Region: "us-east-1", Account: "123456789012"}

// FuzzRead checks that any input is either read or refused with a sentence about an existing
// property, and that IAM accepts properties that are read without a fault.
func FuzzRead(f *testing.F) {
	c := newChecker(f)
	f.Add(`{}`)
	f.Add(`{"NamePrefix":"ml","Path":"/x/","WorkerGroups":[{"Name":"a","ManagedPolicyArns":["arn:aws:iam::aws:policy/X"]}],"Tags":[{"Key":"k","Value":"v"}],"AdoptExisting":"true","PropagationWaitSeconds":"5"}`)
	f.Add(`{"Head":{"Policies":[{"PolicyName":"p","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":["a:b"],"Resource":"*"}]}}]}}`)
	f.Add(`{"Head":{"Policies":[{"PolicyName":"p","PolicyDocument":"{\"Statement\":[{\"Effect\":\"Deny\",\"Acton\":1}]}"}]}}`)
	f.Add(`{"WorkerGroups":[{"Name":"a","Policies":[{"PolicyName":"p","PolicyDocument":"{\"a\":{\"b\":1,\"b\":2}}"},{"PolicyDocument":""}]}]}`)
	f.Add(`{"LeastPrivilege":{"ClusterName":"a","S3Buckets":[{"Name":"abc","ReadOnly":true}],"Spot":"true","SubnetIds":["subnet-01234567"],"KeyNames":["k"]}}`)
	f.Add(`{"NamePrefx":[{}],"WorkerGroups":[null]}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, raw string) {
		props, faults := c.Read(json.RawMessage(raw))
		if len(props.WorkerGroups) == 0 {
			t.Errorf("Read(%q) has no worker group", raw)
		}
		for _, fault := range faults {
			if fault.Path == "" || fault.Rule == "" || fmt.Sprint(fault) == "" {
				t.Errorf("Read(%q) returns a fault without path or rule: %+v", raw, fault)
			}
			if !there(raw, fault) {
				t.Errorf("Read(%q): the path of the fault %q leads nowhere", raw, fault)
			}
		}
		declared := rayiam.Declare(props, fuzzStack)
		more, nodes := declared.Check(rayiam.Bounds{}), declared.Nodes("owner")
		if len(faults)+len(more) > 0 {
			return
		}
		for _, node := range nodes {
			if fault := refusedByIAM(node); fault != "" {
				t.Errorf("Read(%q) accepts the node %s, which IAM refuses: %s", raw, node.Name, fault)
			}
		}
		if twice := caseTwins(nodes); twice != "" {
			t.Errorf("Read(%q) declares %s twice", raw, twice)
		}
	})
}

// there reports whether a fault's path leads to a value, or, for a missing value, to its
// place.
func there(raw string, fault rayiam.Fault) bool {
	var value any
	if json.Unmarshal([]byte(raw), &value) != nil || fault.Path == "ResourceProperties" {
		return fault.Path == "ResourceProperties"
	}
	steps := step.FindAllString(fault.Path, -1)
	if strings.Join(steps, "") != fault.Path {
		return false
	}
	if strings.HasPrefix(fault.Rule, "is missing") {
		steps = steps[:len(steps)-1]
	}
	for _, s := range steps {
		var ok bool
		if value, ok = follow(value, s); !ok {
			return false
		}
	}
	return true
}

var step = regexp.MustCompile(`\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\]|\.?[A-Za-z0-9_-]+`)

// follow follows one step of a path: .Name, [1], or ["an odd name"], which may be cut. A
// policy document may be text; the path then continues in it.
func follow(value any, s string) (any, bool) {
	if document, ok := value.(string); ok && json.Unmarshal([]byte(document), &value) != nil {
		return nil, false
	}
	if list, ok := value.([]any); ok {
		i, err := strconv.Atoi(strings.Trim(s, "[]"))
		if err != nil || i >= len(list) {
			return nil, false
		}
		return list[i], true
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	if !strings.HasPrefix(s, "[") {
		v, ok := object[strings.TrimPrefix(s, ".")]
		return v, ok
	}
	name, err := strconv.Unquote(s[1 : len(s)-1])
	if v, ok := object[name]; ok && err == nil {
		return v, true
	}
	for key, v := range object {
		if cut, ok := strings.CutSuffix(name, "…"); ok && strings.HasPrefix(key, cut) {
			return v, true
		}
	}
	return nil, false
}

var (
	iamName   = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	iamPolicy = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	iamPath   = regexp.MustCompile(`^(/|/[\x21-\x7e]+/)$`)
	iamTag    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// refusedByIAM returns why IAM's API reference does not allow a node.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func refusedByIAM(node rayiam.Node) string {
	size := 0
	for name, document := range node.InlinePolicies {
		if !iamPolicy.MatchString(name) || !json.Valid([]byte(document)) {
			return fmt.Sprintf("inline policy %q %q", name, document)
		}
		size += utf8.RuneCountInString(document)
	}
	for key, value := range node.Tags {
		if n := utf8.RuneCountInString(key); n < 1 || n > 128 || utf8.RuneCountInString(value) > 256 || !iamTag.MatchString(key) || !iamTag.MatchString(value) {
			return fmt.Sprintf("tag %q=%q", key, value)
		}
	}
	for _, arn := range append(node.ManagedPolicyARNs, node.PermissionsBoundary) {
		if arn != "" && !strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") && !strings.HasPrefix(arn, "arn:aws:iam::123456789012:policy/") {
			return fmt.Sprintf("policy %q", arn)
		}
	}
	switch {
	case !iamName.MatchString(node.Name):
		return "the name"
	case len(node.Path) > 512 || !iamPath.MatchString(node.Path):
		return fmt.Sprintf("path %q", node.Path)
	case len(node.Tags) > 50:
		return fmt.Sprintf("%d tags", len(node.Tags))
	case size > 10240:
		return fmt.Sprintf("inline policies of %d characters", size)
	}
	return ""
}

// caseTwins returns a name that two nodes share if case is ignored, as in IAM.
func caseTwins(nodes []rayiam.Node) string {
	seen := map[string]bool{}
	for _, node := range nodes {
		if seen[strings.ToLower(node.Name)] {
			return node.Name
		}
		seen[strings.ToLower(node.Name)] = true
	}
	return ""
}
