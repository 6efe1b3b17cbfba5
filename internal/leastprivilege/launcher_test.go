package leastprivilege_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

func launcher() leastprivilege.Launcher {
	const account = "arn:aws:iam::123456789012:"
	return leastprivilege.Launcher{
		ClusterName: "research", Region: "eu-west-1",
		HeadRoleARN: account + "role/ray-head", HeadProfileARN: account + "instance-profile/ray-head",
		WorkerProfileARNs: []string{account + "instance-profile/ray-worker"},
	}
}

func everyLaunch() leastprivilege.Launcher {
	l := launcher()
	l.CloudWatch, l.SessionManager, l.Spot = true, true, true
	l.SubnetIDs, l.SecurityGroupIDs, l.ImageIDs = []string{"subnet-0bbbbbbbbbbbbbbbb", "subnet-0aaaaaaaaaaaaaaaa"}, []string{"sg-0aaaaaaaaaaaaaaaa"}, []string{"ami-0aaaaaaaaaaaaaaaa"}
	l.KeyNames, l.InstanceTypes = []string{"ray key"}, []string{"m6i.xlarge"}
	l.InstanceTagKeys, l.KMSKeyARNs = []string{"CostCenter"}, []string{"arn:aws:kms:eu-west-1:123456789012:key/0a"}
	return l
}

// TestLauncher compares the launcher's policies with golden files, which are indented for
// readers.
func TestLauncher(t *testing.T) {
	for name, l := range map[string]leastprivilege.Launcher{"launcher": launcher(), "launcher-everything": everyLaunch()} {
		policy, err := l.Policy()
		if err != nil {
			t.Fatal(err)
		}
		company, err := l.CompanyPolicy()
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for _, document := range []string{policy, company} {
			if document == "" {
				continue
			}
			if err := json.Indent(&got, []byte(document), "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
		}
		file := filepath.Join("testdata", "policies", name+".golden.json")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("policies differ from %s (write it anew with -update):\n%s", file, &got)
		}
	}
}

// TestLauncher_Refused checks that Policy refuses each value that could match more than
// itself, and names its field, and that it refuses a document that is too long for IAM.
func TestLauncher_Refused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*leastprivilege.Launcher)
		want   string
	}{
		{"nothing at all", func(l *leastprivilege.Launcher) { *l = leastprivilege.Launcher{} }, "HeadInstanceProfileArn"},
		{"a wildcard in the cluster's name", func(l *leastprivilege.Launcher) { l.ClusterName = "research*" }, "ClusterName"},
		{"a policy variable", func(l *leastprivilege.Launcher) { l.ClusterName = "${aws:username}" }, "ClusterName"},
		{"any Region", func(l *leastprivilege.Launcher) { l.Region = "*" }, "Region"},
		{"any role", func(l *leastprivilege.Launcher) { l.HeadRoleARN = "arn:aws:iam::123456789012:role/*" }, "HeadRoleArn"},
		{"a user in place of the role", func(l *leastprivilege.Launcher) { l.HeadRoleARN = "arn:aws:iam::123456789012:user/x" }, "HeadRoleArn"},
		{"a role in place of the profile", func(l *leastprivilege.Launcher) { l.HeadProfileARN = l.HeadRoleARN }, "HeadInstanceProfileArn"},
		{"any worker", func(l *leastprivilege.Launcher) { l.WorkerProfileARNs = append(l.WorkerProfileARNs, "*") }, "WorkerInstanceProfileArns"},
		{"another account's profile", func(l *leastprivilege.Launcher) {
			l.HeadProfileARN = "arn:aws:iam::999999999999:instance-profile/ray-head"
		}, "another account"},
		{"any subnet, by a pattern", func(l *leastprivilege.Launcher) { l.SubnetIDs = []string{"subnet-*"} }, "SubnetIds"},
		{"an empty group", func(l *leastprivilege.Launcher) { l.SecurityGroupIDs = []string{""} }, "SecurityGroupIds"},
		{"any image", func(l *leastprivilege.Launcher) { l.ImageIDs = []string{"*"} }, "ImageIds"},
		{"any key", func(l *leastprivilege.Launcher) { l.KeyNames = []string{"ray-?"} }, "KeyNames"},
		{"a family of types", func(l *leastprivilege.Launcher) { l.InstanceTypes = []string{"m6i.*"} }, "InstanceTypes"},
		{"a tag of Ray's", func(l *leastprivilege.Launcher) { l.InstanceTagKeys = []string{"ray-cluster-name"} }, "InstanceTagKeys"},
		{"a tag of Ray's in other case", func(l *leastprivilege.Launcher) { l.InstanceTagKeys = []string{"Ray-Cluster-Name"} }, "InstanceTagKeys"},
		{"a tag of AWS's", func(l *leastprivilege.Launcher) { l.InstanceTagKeys = []string{"AWS:x"} }, "InstanceTagKeys"},
		{"any tag", func(l *leastprivilege.Launcher) { l.InstanceTagKeys = []string{"*"} }, "InstanceTagKeys"},
		{"any key of KMS", func(l *leastprivilege.Launcher) { l.KMSKeyARNs = []string{"arn:aws:kms:eu-west-1:123456789012:key/*"} }, "KmsKeyArns"},
		{"a key of another Region", func(l *leastprivilege.Launcher) {
			l.KMSKeyARNs = []string{"arn:aws:kms:us-east-1:123456789012:key/0a"}
		}, "KmsKeyArns"},
		{"what IAM has no room for", func(l *leastprivilege.Launcher) {
			l.KeyNames = []string{strings.Repeat("k", 4000)}
		}, "6144"},
	}
	for _, tt := range tests {
		l := launcher()
		tt.change(&l)
		if document, err := l.Policy(); document != "" || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q and the error %v, want one that says %q", tt.name, document, err, tt.want)
		}
	}
	l := launcher()
	l.SubnetIDs = []string{"subnet-*"}
	if document, err := l.CompanyPolicy(); document != "" || err == nil {
		t.Errorf("the second policy of a wrong launcher: %q and the error %v, want an error", document, err)
	}
}

// TestLauncher_Regions checks that Policy accepts the Regions of each partition.
func TestLauncher_Regions(t *testing.T) {
	for _, region := range []string{"us-east-1", "ap-southeast-7", "us-gov-west-1", "cn-northwest-1", "us-iso-east-1", "us-isof-south-1", "eusc-de-east-1"} {
		l := launcher()
		l.Region = region
		if _, err := l.Policy(); err != nil {
			t.Errorf("the Region %s is refused: %v", region, err)
		}
	}
}
