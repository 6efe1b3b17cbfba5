package launcher

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/policydoc"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

// parameters returns the template's parameters for a launcher.
func parameters(l leastprivilege.Launcher) map[string]string {
	given := map[string]string{
		"ClusterName": l.ClusterName, "HeadRoleArn": l.HeadRoleARN, "HeadInstanceProfileArn": l.HeadProfileARN,
		"CloudWatch": fmt.Sprint(l.CloudWatch), "SessionManager": fmt.Sprint(l.SessionManager), "Spot": fmt.Sprint(l.Spot),
	}
	for name, list := range map[string][]string{
		"WorkerInstanceProfileArns": l.WorkerProfileARNs, "SubnetIds": l.SubnetIDs, "SecurityGroupIds": l.SecurityGroupIDs, "ImageIds": l.ImageIDs,
		"KeyNames": l.KeyNames, "InstanceTypes": l.InstanceTypes, "InstanceTagKeys": l.InstanceTagKeys, "KmsKeyArns": l.KMSKeyARNs,
	} {
		if len(list) > 0 {
			given[name] = strings.Join(list, ",")
		}
	}
	return given
}

// example is the template, read once.
var example = sync.OnceValues(func() (template.Template, error) { return template.Read("examples/launcher.yaml") })

func exampleTemplate(t *testing.T) template.Template {
	t.Helper()
	tpl, err := example()
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// fromTemplate returns the policies that the template makes for a launcher. The second
// policy is empty if the template makes only one.
func fromTemplate(t *testing.T, l leastprivilege.Launcher) [2]string {
	t.Helper()
	tpl := exampleTemplate(t)
	parts := strings.Split(l.HeadRoleARN, ":")
	stack := template.Stack{Parameters: parameters(l), Pseudo: map[string]string{"AWS::Partition": parts[1], "AWS::Region": l.Region, "AWS::AccountId": parts[4]}}
	chosen, err := tpl.Choose(stack)
	if err != nil {
		t.Fatal(err)
	}
	var documents [2]string
	for i, name := range []string{"LauncherPolicy", "CompanyPolicy"} {
		if _, there := chosen.Resources[name]; !there {
			continue
		}
		resolved, err := tpl.Resolve(stack, tpl.Resources[name].Properties["PolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(resolved)
		if err != nil {
			t.Fatal(err)
		}
		documents[i] = string(text)
	}
	return documents
}

// at returns a launcher in a partition and a Region.
func at(partition, region string) leastprivilege.Launcher {
	account := "arn:" + partition + ":iam::123456789012:"
	return leastprivilege.Launcher{
		ClusterName: cluster, Region: region, HeadRoleARN: account + "role/team/ray-research-head", HeadProfileARN: account + "instance-profile/team/ray-research-head",
	}
}

// sets are launchers: one for each parameter, one with all parameters, and one with all
// parameters in China.
func sets() map[string]leastprivilege.Launcher {
	all := map[string]leastprivilege.Launcher{"nothing optional": at("aws", region)}
	options := map[string]func(*leastprivilege.Launcher){
		"workers": func(l *leastprivilege.Launcher) {
			l.WorkerProfileARNs = []string{strings.Replace(l.HeadProfileARN, "-head", "-cpu", 1), strings.Replace(l.HeadProfileARN, "-head", "-gpu", 1)}
		},
		"CloudWatch":      func(l *leastprivilege.Launcher) { l.CloudWatch = true },
		"Session Manager": func(l *leastprivilege.Launcher) { l.SessionManager = true },
		"Spot":            func(l *leastprivilege.Launcher) { l.Spot = true },
		"subnets": func(l *leastprivilege.Launcher) {
			l.SubnetIDs = []string{"subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbb"[:15]}
		},
		"groups": func(l *leastprivilege.Launcher) {
			l.SecurityGroupIDs = []string{"sg-0aaaaaaaaaaaaaaaa", "sg-0bbbbbbbbbbbbbbbb"}
		},
		"images": func(l *leastprivilege.Launcher) {
			l.ImageIDs = []string{"ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb"}
		},
		"keys":     func(l *leastprivilege.Launcher) { l.KeyNames = []string{"one", "two"} },
		"types":    func(l *leastprivilege.Launcher) { l.InstanceTypes = []string{"m6i.xlarge", "c7i.large"} },
		"tag keys": func(l *leastprivilege.Launcher) { l.InstanceTagKeys = []string{"CostCenter", "Owner"} },
		"KMS keys": func(l *leastprivilege.Launcher) {
			l.KMSKeyARNs = []string{"arn:aws:kms:" + l.Region + ":999999999999:key/mrk-0a", "arn:aws:kms:" + l.Region + ":123456789012:key/0b"}
		},
	}
	everything, china := at("aws", region), at("aws-cn", "cn-north-1")
	for name, choose := range options {
		alone := at("aws", region)
		choose(&alone)
		all[name] = alone
		choose(&everything)
		choose(&china)
	}
	all["everything"], all["everything in China"] = everything, china
	return all
}

// TestTemplate proves that examples/launcher.yaml makes the same policies as the code of
// `rayiam policy launcher`.
func TestTemplate(t *testing.T) {
	for name, l := range sets() {
		policy, err := l.Policy()
		if err != nil {
			t.Fatal(err)
		}
		company, err := l.CompanyPolicy()
		if err != nil {
			t.Fatal(err)
		}
		got := fromTemplate(t, l)
		for i, want := range []string{policy, company} {
			if !policydoc.Equal(got[i], want) {
				t.Errorf("%s: policy %d of the template is\n%s\nwant\n%s", name, i, got[i], want)
			}
		}
	}
}

// longest returns a launcher with every parameter of the template at its greatest length.
func longest(t *testing.T, partition, region string) leastprivilege.Launcher {
	t.Helper()
	tpl := exampleTemplate(t)
	fill := func(begin string, length int) string { return (begin + strings.Repeat("0", length))[:length] }
	most := func(name string) int { return tpl.Parameters[name].MaxLength }
	list := func(begin string, length, n int) []string {
		var all []string
		for i := range n {
			all = append(all, fill(begin, length-1)+fmt.Sprint(i))
		}
		return all
	}
	// Among lists of one length, a list of short entries makes the longest policy: each
	// entry has two quotes in JSON.
	entries := func(name, entry string) []string {
		return slices.Repeat([]string{entry}, (most(name)+1)/(len(entry)+1))
	}
	account := "arn:" + partition + ":iam::123456789012:"
	return leastprivilege.Launcher{
		ClusterName: fill("", most("ClusterName")), Region: region, HeadRoleARN: fill(account+"role/", most("HeadRoleArn")),
		HeadProfileARN:    fill(account+"instance-profile/", most("HeadInstanceProfileArn")),
		WorkerProfileARNs: entries("WorkerInstanceProfileArns", account+"instance-profile/w"),
		CloudWatch:        true, SessionManager: true, Spot: true,
		SubnetIDs: list("subnet-", 24, 4), SecurityGroupIDs: list("sg-", 20, 3), KeyNames: list("k", 32, 2), InstanceTypes: list("m00000000i.", 20, 3),
		InstanceTagKeys: entries("InstanceTagKeys", "k"), KMSKeyARNs: entries("KmsKeyArns", "arn:"+partition+":kms:"+region+":123456789012:key/k"),
	}
}

// TestSizes proves that IAM accepts the policies that the template makes, whatever
// parameters the template accepts: with every parameter at its greatest length.
func TestSizes(t *testing.T) {
	largest := [2]int{}
	for partition, region := range map[string]string{"aws": "ap-southeast-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1", "aws-iso-f": "us-isof-south-1"} {
		l := longest(t, partition, region)
		images := l
		images.ImageIDs = []string{"ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb", "ami-0cccccccccccccccc"}
		for _, l := range []leastprivilege.Launcher{l, images} {
			accepted(t, parameters(l))
			for i, document := range fromTemplate(t, l) {
				largest[i] = max(largest[i], len(document))
			}
		}
	}
	for i, size := range largest {
		if size > leastprivilege.PolicyLimit {
			t.Errorf("policy %d has %d characters, IAM accepts %d", i, size, leastprivilege.PolicyLimit)
		}
	}
	said := fmt.Sprintf("the template makes %d,%03d and %d,%03d", largest[0]/1000, largest[0]%1000, largest[1]/1000, largest[1]%1000)
	if !strings.Contains(strings.Join(strings.Fields(page(t)), " "), said) {
		t.Errorf("docs/launcher.md does not say: %s", said)
	}
	checkout.Report(t, "launcher-sizes", fmt.Sprintf("Launcher, at its largest: %d and %d characters of %d", largest[0], largest[1], leastprivilege.PolicyLimit))
}

// accepted fails the test unless the template accepts these parameters.
func accepted(t *testing.T, given map[string]string) {
	t.Helper()
	if refused := refusals(t, given); len(refused) > 0 {
		t.Errorf("the template refuses the parameters %v, want them accepted", refused)
	}
}

// patterns is a Python program that prints which parameters a template refuses.
// CloudFormation matches a pattern against the whole value.
const patterns = `import json, re, sys
template, given = json.load(sys.stdin)
for name, value in sorted(given.items()):
    p = template[name]
    longest = p.get("MaxLength") or len(value)
    if len(value) > longest or not re.fullmatch(p.get("AllowedPattern") or "(?s:.*)", value) or value not in (p.get("AllowedValues") or [value]):
        print(name)`

// refusals returns the parameters that the template refuses.
func refusals(t *testing.T, given map[string]string) []string {
	t.Helper()
	tpl := exampleTemplate(t)
	python, err := checkout.Python()
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal([]any{tpl.Parameters, given})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", patterns)
	cmd.Stdin = strings.NewReader(string(input))
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(output))
}

// TestPatterns proves that the template refuses what the code refuses: strings that have a
// special meaning in a policy, and the keys of Ray's tags.
func TestPatterns(t *testing.T) {
	l := at("aws", region)
	for name, value := range map[string]string{
		"ClusterName":               "research*",
		"HeadRoleArn":               strings.Replace(l.HeadRoleARN, "head", "*", 1),
		"HeadInstanceProfileArn":    l.HeadRoleARN,
		"WorkerInstanceProfileArns": l.HeadProfileARN + ",*",
		"CloudWatch":                "yes",
		"SubnetIds":                 "subnet-0aaaaaaaaaaaaaaaa,*",
		"SecurityGroupIds":          "sg-0aaaaaaaaaaaaaaaa,",
		"ImageIds":                  "ami-*",
		"KeyNames":                  "ray-*",
		"InstanceTypes":             "m6i.*",
		"KmsKeyArns":                "arn:aws:kms:us-east-1:123456789012:key/*",
		"PolicyName":                "a b",
	} {
		given := parameters(l)
		given[name] = value
		if got := refusals(t, given); !slices.Equal(got, []string{name}) {
			t.Errorf("%s = %s: the template refuses %v, want this parameter", name, value, got)
		}
	}
	for _, key := range []string{"ray-x", "Ray-Cluster-Name", "RAY-NODE-TYPE", "aws:x", "AWS:x", "a,,b", "a,", "a*", "a,ray-x"} {
		given := parameters(l)
		given["InstanceTagKeys"] = key
		if got := refusals(t, given); !slices.Equal(got, []string{"InstanceTagKeys"}) {
			t.Errorf("InstanceTagKeys = %s: the template refuses %v, want this parameter", key, got)
		}
	}
	accepted(t, parameters(sets()["everything"]))
}
