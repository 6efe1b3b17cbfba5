package leastprivilege_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	results  = leastprivilege.S3Bucket{Name: "research-results"}
	datasets = leastprivilege.S3Bucket{Name: "public-datasets", ReadOnly: true}
	shared   = leastprivilege.S3Bucket{Name: "shared-data", ReadOnly: true, Prefixes: []string{"research/", "common"}}
	other    = leastprivilege.S3Bucket{Name: "shared-results", Prefixes: []string{"research"}}
)

func everyOption(partition, region string) leastprivilege.Options {
	arn := func(service, resource string) string {
		return "arn:" + partition + ":" + service + ":" + region + resource
	}
	return leastprivilege.Options{
		S3Buckets:         []leastprivilege.S3Bucket{results, datasets, shared},
		EFSFileSystems:    []leastprivilege.EFSFileSystem{{ID: "fs-0aaaaaaaaaaaaaaaa"}, {ID: "fs-0bbbbbbbbbbbbbbbb", ReadOnly: true}},
		SessionManager:    true,
		ECRRepositoryARNs: []string{arn("ecr", ":123456789012:repository/ray"), arn("ecr", ":999999999999:repository/shared/base")},
		KMSKeyARNs:        []string{arn("kms", ":123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")},
		SecretARNs:        []string{arn("secretsmanager", ":123456789012:secret:research/token-AbCd12")},
		InstanceTagKeys:   []string{"Team", "CostCenter"},
		FSx:               true, CloudWatch: true, Spot: true,
		SubnetIDs:        []string{"subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"},
		SecurityGroupIDs: []string{"sg-0aaaaaaaaaaaaaaaa"},
		ImageIDs:         []string{"ami-0aaaaaaaaaaaaaaaa"},
		KeyNames:         []string{"ray key"},
		InstanceTypes:    []string{"m6i.4xlarge", "g5.xlarge", "m6i.4xlarge"},
	}
}

// TestGeneratedPolicies compares the policies of every option with golden files, which show
// the inline policies of whole roles, indented for readers. So it takes the roles from rayiam,
// which imports this package; the package itself does not need rayiam.
// Reference 9.1, 9.2.
func TestGeneratedPolicies(t *testing.T) {
	const (
		ireland = "arn:aws:cloudformation:eu-west-1:123456789012:stack/ray/6e1f0c50"
		beijing = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/ray/6e1f0c50"
	)
	oneGroup := rayiam.Properties{NamePrefix: "ray", Path: "/", WorkerGroups: []rayiam.WorkerGroup{{Name: "worker"}}}
	twoGroups := rayiam.Properties{NamePrefix: "ml", Path: "/team/", WorkerGroups: []rayiam.WorkerGroup{{Name: "worker"}, {Name: "gpu"}}}
	bucketGroups := twoGroups
	bucketGroups.WorkerGroups = []rayiam.WorkerGroup{{Name: "worker"}, {Name: "gpu", S3Buckets: []leastprivilege.S3Bucket{datasets}}}
	every := everyOption("aws", "eu-west-1")
	tests := []struct {
		name       string
		options    leastprivilege.Options
		properties rayiam.Properties
		stackID    string
	}{
		{"cluster", leastprivilege.Options{}, oneGroup, ireland},
		{"groups-and-path", leastprivilege.Options{}, twoGroups, ireland},
		{"buckets", leastprivilege.Options{S3Buckets: []leastprivilege.S3Bucket{results, datasets}}, oneGroup, ireland},
		{"buckets-read-only", leastprivilege.Options{S3Buckets: []leastprivilege.S3Bucket{datasets}}, oneGroup, ireland},
		{"buckets-by-prefix", leastprivilege.Options{S3Buckets: []leastprivilege.S3Bucket{other, shared, {Name: "again", Prefixes: []string{"common", "research"}}}}, oneGroup, ireland},
		{"groups-with-buckets", leastprivilege.Options{S3Buckets: []leastprivilege.S3Bucket{results}}, bucketGroups, ireland},
		{"clusters-that-begin-alike", leastprivilege.Options{ClusterNamePrefix: "ci-", CloudWatch: true}, oneGroup, ireland},
		{"efs", leastprivilege.Options{EFSFileSystems: every.EFSFileSystems}, oneGroup, ireland},
		{"session-manager", leastprivilege.Options{SessionManager: true}, oneGroup, ireland},
		{"images-of-containers", leastprivilege.Options{ECRRepositoryARNs: every.ECRRepositoryARNs}, oneGroup, ireland},
		{"keys-of-volumes", leastprivilege.Options{KMSKeyARNs: every.KMSKeyARNs}, oneGroup, ireland},
		{"keys-of-volumes-and-buckets", leastprivilege.Options{KMSKeyARNs: append(every.KMSKeyARNs, "arn:aws:kms:us-east-1:123456789012:key/mrk-1234"), S3Buckets: []leastprivilege.S3Bucket{datasets}}, oneGroup, ireland},
		{"secrets", leastprivilege.Options{SecretARNs: every.SecretARNs}, oneGroup, ireland},
		{"tags", leastprivilege.Options{InstanceTagKeys: []string{"Team", "Name"}, Spot: true}, oneGroup, ireland},
		{"fsx", leastprivilege.Options{FSx: true}, oneGroup, ireland},
		{"cloudwatch", leastprivilege.Options{CloudWatch: true}, oneGroup, ireland},
		{"spot", leastprivilege.Options{Spot: true}, oneGroup, ireland},
		{"subnets", leastprivilege.Options{SubnetIDs: []string{"subnet-0bbbbbbbbbbbbbbbb", "subnet-0aaaaaaaaaaaaaaaa"}}, oneGroup, ireland},
		{"security-groups", leastprivilege.Options{SecurityGroupIDs: []string{"sg-0aaaaaaaaaaaaaaaa"}}, oneGroup, ireland},
		{"images", leastprivilege.Options{ImageIDs: []string{"ami-0aaaaaaaaaaaaaaaa"}}, oneGroup, ireland},
		{"keys", leastprivilege.Options{KeyNames: []string{"ray key"}}, oneGroup, ireland},
		{"instance-types", leastprivilege.Options{InstanceTypes: []string{"m6i.4xlarge", "g5.xlarge", "m6i.4xlarge"}}, oneGroup, ireland},
		{"everything", every, oneGroup, ireland},
		{"everything-in-china", everyOption("aws-cn", "cn-north-1"), oneGroup, beijing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stack, err := rayiam.ParseStackID(tt.stackID)
			if err != nil {
				t.Fatal(err)
			}
			if tt.options.ClusterNamePrefix == "" {
				tt.options.ClusterName = "research"
			}
			tt.properties.LeastPrivilege = &tt.options
			got := rendered(t, rayiam.Declare(tt.properties, stack).Nodes("owner"))
			file := filepath.Join("testdata", "policies", tt.name+".golden.json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("policies differ from %s (write it anew with -update):\n%s", file, got)
			}
		})
	}
}

// rendered returns every inline policy of every role, as indented JSON.
func rendered(t *testing.T, nodes []rayiam.Node) []byte {
	t.Helper()
	roles := map[string]map[string]json.RawMessage{}
	for _, node := range nodes {
		roles[node.Name] = map[string]json.RawMessage{}
		for name, document := range node.InlinePolicies {
			roles[node.Name][name] = json.RawMessage(document)
		}
	}
	out, err := json.MarshalIndent(roles, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}
