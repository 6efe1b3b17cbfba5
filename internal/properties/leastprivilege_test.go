package properties

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// TestFaults_LeastPrivilege checks the schema's rules for LeastPrivilege. A value in an ARN or
// a condition matches only itself: it has no wildcard and no policy variable.
// Reference 9.3.
func TestFaults_LeastPrivilege(t *testing.T) {
	c := newChecker(t)
	for _, tt := range leastPrivilegeCases(t) {
		t.Run(tt.name, func(t *testing.T) { tt.hold(t, c) })
	}
}

func leastPrivilegeCases(t *testing.T) []faultCase {
	t.Helper()
	with := func(fields string) string { return `{"LeastPrivilege":{"ClusterName":"a",` + fields + `}}` }
	strs := func(list string, values ...string) string {
		out, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		return with(fmt.Sprintf("%q:%s", list, out))
	}
	many := func(n int, form string) []string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(form, i))
		}
		return list
	}
	bucket := func(name string) string {
		return with(fmt.Sprintf(`"S3Buckets":[{"Name":"ok-bucket"},{"Name":%q}]`, name))
	}
	const atBucket = "LeastPrivilege.S3Buckets[1].Name"
	return []faultCase{
		{"cluster alone", `{"LeastPrivilege":{"ClusterName":"My.cluster_1-a"}}`, nil},
		{"everything", with(`"S3Buckets":[{"Name":"abc"},{"Name":"a.b-c.d1","ReadOnly":"true"}],"FSx":"true","CloudWatch":true,"Spot":"false","SubnetIds":["subnet-01234567"],"SecurityGroupIds":["sg-0123456789abcdef0"],"ImageIds":["ami-0123456789abcdef0"],"KeyNames":["a key: (1)"],"InstanceTypes":["u-6tb1.112xlarge","mac2-m2pro.metal","c7i.metal-24xl"]`), nil},
		{"lists at their longest", strs("InstanceTypes", many(24, "m5.%dxlarge")...), nil},
		{"every new option", with(`"S3Buckets":[{"Name":"abc","Prefixes":["team-a/","a b/c.d"]}],"EfsFileSystems":[{"Id":"fs-01234567"},{"Id":"fs-0123456789abcdef0","ReadOnly":"true"}],"SessionManager":"true","EcrRepositoryArns":["arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/a/b.c_d-e"],"KmsKeyArns":["arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd"],"SecretArns":["arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b+c-AbCd12"],"InstanceTagKeys":["Team","Name","cost center:2","rayon","Naming"]`), nil},
		{"clusters by what their names begin with", `{"LeastPrivilege":{"ClusterNamePrefix":"ci-"}}`, nil},
		{"a group's buckets", `{"LeastPrivilege":{"ClusterName":"a"},"WorkerGroups":[{"Name":"a","S3Buckets":[{"Name":"abc"}]},{"Name":"b","S3Buckets":[]}]}`, nil},
		{"not an object", `{"LeastPrivilege":"true"}`, []string{"LeastPrivilege: an object with ClusterName"}},
		{"no cluster", `{"LeastPrivilege":{}}`, []string{"LeastPrivilege: ClusterName or ClusterNamePrefix, one of the two"}},
		{"both forms of a name", with(`"ClusterNamePrefix":"a"`), []string{"LeastPrivilege: ClusterName or ClusterNamePrefix, one of the two"}},
		{"beginning empty", `{"LeastPrivilege":{"ClusterNamePrefix":""}}`, []string{"LeastPrivilege.ClusterNamePrefix: 1 to 200"}},
		{"beginning with a wildcard", `{"LeastPrivilege":{"ClusterNamePrefix":"ci-*"}}`, []string{"LeastPrivilege.ClusterNamePrefix: letters, digits"}},
		{"a group's bucket in capitals", `{"WorkerGroups":[{"Name":"a","S3Buckets":[{"Name":"Data"}]}]}`, []string{"WorkerGroups[0].S3Buckets[0].Name: lower-case"}},
		{"prefix with a wildcard", with(`"S3Buckets":[{"Name":"abc","Prefixes":["a","b*"]}]`), []string{"LeastPrivilege.S3Buckets[0].Prefixes[1]: without * ? $"}},
		{"prefix with a variable", with(`"S3Buckets":[{"Name":"abc","Prefixes":["${aws:username}"]}]`), []string{"LeastPrivilege.S3Buckets[0].Prefixes[0]: without * ? $"}},
		{"prefix from the root", with(`"S3Buckets":[{"Name":"abc","Prefixes":["/a"]}]`), []string{"LeastPrivilege.S3Buckets[0].Prefixes[0]: not beginning with /"}},
		{"prefix empty", with(`"S3Buckets":[{"Name":"abc","Prefixes":[""]}]`), []string{"LeastPrivilege.S3Buckets[0].Prefixes[0]: 1 to 512"}},
		{"no prefix", with(`"S3Buckets":[{"Name":"abc","Prefixes":[]}]`), []string{"LeastPrivilege.S3Buckets[0].Prefixes: leave it out for all"}},
		{"file system without an id", with(`"EfsFileSystems":[{"ReadOnly":true}]`), []string{"LeastPrivilege.EfsFileSystems[0].Id: is missing"}},
		{"file system of FSx's length", with(`"EfsFileSystems":[{"Id":"fs-*"}]`), []string{"LeastPrivilege.EfsFileSystems[0].Id: the id of a file system"}},
		{"session manager not a boolean", with(`"SessionManager":"yes"`), []string{"LeastPrivilege.SessionManager: true or false"}},
		{"repository with a wildcard", strs("EcrRepositoryArns", "arn:aws:ecr:eu-west-1:123456789012:repository/*"), []string{"LeastPrivilege.EcrRepositoryArns[0]: the ARN of a repository"}},
		{"repository of any account", strs("EcrRepositoryArns", "arn:aws:ecr:eu-west-1:*:repository/a"), []string{"LeastPrivilege.EcrRepositoryArns[0]: the ARN of a repository"}},
		{"an alias of a key", strs("KmsKeyArns", "arn:aws:kms:eu-west-1:123456789012:alias/a"), []string{"LeastPrivilege.KmsKeyArns[0]: not of an alias"}},
		{"key of any id", strs("KmsKeyArns", "arn:aws:kms:eu-west-1:123456789012:key/*"), []string{"LeastPrivilege.KmsKeyArns[0]: the ARN of a key"}},
		{"a part of a secret's ARN", strs("SecretArns", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"), []string{"LeastPrivilege.SecretArns[0]: the whole ARN"}},
		{"secret with a wildcard", strs("SecretArns", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-??????"), []string{"LeastPrivilege.SecretArns[0]: the whole ARN"}},
		{"tag of Ray's", strs("InstanceTagKeys", "Team", "ray-cluster-name"), []string{"LeastPrivilege.InstanceTagKeys[1]: beginning with none of"}},
		{"tag of Ray's in another case", strs("InstanceTagKeys", "Ray-Cluster-Name"), []string{"LeastPrivilege.InstanceTagKeys[0]: beginning with none of"}},
		{"tag of the CloudWatch integration's", strs("InstanceTagKeys", "CloudWatch-Agent-Installed"), []string{"LeastPrivilege.InstanceTagKeys[0]: beginning with none of"}},
		{"tag of AWS's", strs("InstanceTagKeys", "AWS:x"), []string{"LeastPrivilege.InstanceTagKeys[0]: beginning with none of"}},
		{"the name in another case", strs("InstanceTagKeys", "Name", "name", "NAME", "NaMe", "NamE"), []string{"LeastPrivilege.InstanceTagKeys[1]: not Name", "LeastPrivilege.InstanceTagKeys[2]: not Name", "LeastPrivilege.InstanceTagKeys[3]: not Name", "LeastPrivilege.InstanceTagKeys[4]: not Name"}},
		{"tag with a wildcard", strs("InstanceTagKeys", "T*"), []string{"LeastPrivilege.InstanceTagKeys[0]: letters, digits"}},
		{"cluster empty", `{"LeastPrivilege":{"ClusterName":""}}`, []string{"LeastPrivilege.ClusterName: 1 to 245"}},
		{"cluster too long", `{"LeastPrivilege":{"ClusterName":"` + strings.Repeat("c", 246) + `"}}`, []string{"LeastPrivilege.ClusterName: 1 to 245"}},
		{"cluster with a wildcard", `{"LeastPrivilege":{"ClusterName":"a*"}}`, []string{"LeastPrivilege.ClusterName: letters, digits"}},
		{"cluster with a variable", `{"LeastPrivilege":{"ClusterName":"${aws:username}"}}`, []string{"LeastPrivilege.ClusterName: letters, digits"}},
		{"unknown option", with(`"S3Bucket":[]`), []string{"LeastPrivilege.S3Bucket: nearest known name is S3Buckets"}},
		{"unknown field of a bucket", with(`"S3Buckets":[{"Name":"abc","Readonly":true}]`), []string{"LeastPrivilege.S3Buckets[0].Readonly: nearest known name is ReadOnly"}},
		{"option not a boolean", with(`"Spot":"yes","FSx":1,"CloudWatch":[]`), []string{"LeastPrivilege.CloudWatch: true or false", "LeastPrivilege.FSx: true or false", "LeastPrivilege.Spot: true or false"}},
		{"read-only not a boolean", with(`"S3Buckets":[{"Name":"abc","ReadOnly":"maybe"}]`), []string{"LeastPrivilege.S3Buckets[0].ReadOnly: true or false"}},
		{"bucket a string", with(`"S3Buckets":["abc"]`), []string{"LeastPrivilege.S3Buckets[0]: Name is required"}},
		{"bucket without a name", with(`"S3Buckets":[{"ReadOnly":true}]`), []string{"LeastPrivilege.S3Buckets[0].Name: is missing"}},
		{"bucket with a wildcard", bucket("data-*"), []string{atBucket + ": lower-case"}},
		{"bucket with a path", bucket("data/x"), []string{atBucket + ": lower-case"}},
		{"bucket in capitals", bucket("Data"), []string{atBucket + ": lower-case"}},
		{"bucket of two", bucket("ab"), []string{atBucket + ": 3 to 63"}},
		{"bucket of 64", bucket(strings.Repeat("b", 64)), []string{atBucket + ": 3 to 63"}},
		{"bucket with two dots", bucket("a..b"), []string{atBucket + ": two dots"}},
		{"bucket an address", bucket("192.168.5.4"), []string{atBucket + ": IP address"}},
		{"bucket with a reserved prefix", bucket("xn--data"), []string{atBucket + ": keeps for itself"}},
		{"a directory bucket", bucket("data--usw2-az1--x-s3"), []string{atBucket + ": keeps for itself"}},
		{"bucket ending in a hyphen", bucket("data-"), []string{atBucket + ": beginning and ending"}},
		{"empty lists", with(`"S3Buckets":[],"SubnetIds":[]`), []string{"LeastPrivilege.S3Buckets: leave it out for none", "LeastPrivilege.SubnetIds: leave it out for any"}},
		{"list a string", with(`"SubnetIds":"subnet-01234567"`), []string{"LeastPrivilege.SubnetIds: a list of 1 to 12"}},
		{"subnet", strs("SubnetIds", "subnet-01234567", "subnet-*"), []string{"LeastPrivilege.SubnetIds[1]: a subnet id"}},
		{"subnet of another length", strs("SubnetIds", "subnet-0123456789"), []string{"LeastPrivilege.SubnetIds[0]: a subnet id"}},
		{"security group by its name", strs("SecurityGroupIds", "default"), []string{"LeastPrivilege.SecurityGroupIds[0]: a security-group id"}},
		{"image", strs("ImageIds", "latest_dlami"), []string{"LeastPrivilege.ImageIds[0]: an image id"}},
		{"key with a wildcard", strs("KeyNames", "ray-*"), []string{"LeastPrivilege.KeyNames[0]: without * ? $"}},
		{"key with a variable", strs("KeyNames", "ok", "${x}"), []string{"LeastPrivilege.KeyNames[1]: without * ? $"}},
		{"key with a space at its end", strs("KeyNames", "ray "), []string{"LeastPrivilege.KeyNames[0]: spaces inside"}},
		{"key of 256", strs("KeyNames", strings.Repeat("k", 256)), []string{"LeastPrivilege.KeyNames[0]: 1 to 255"}},
		{"instance type with a wildcard", strs("InstanceTypes", "m5.*"), []string{"LeastPrivilege.InstanceTypes[0]: an instance type"}},
		{"too many buckets", with(`"S3Buckets":[` + strings.TrimSuffix(strings.Repeat(`{"Name":"abc"},`, 13), ",") + `]`), []string{"LeastPrivilege.S3Buckets: 1 to 12"}},
		{"too many subnets", strs("SubnetIds", many(13, "subnet-%08d")...), []string{"LeastPrivilege.SubnetIds: 1 to 12"}},
		{"too many security groups", strs("SecurityGroupIds", many(9, "sg-%08d")...), []string{"LeastPrivilege.SecurityGroupIds: 1 to 8"}},
		{"too many images", strs("ImageIds", many(9, "ami-%08d")...), []string{"LeastPrivilege.ImageIds: 1 to 8"}},
		{"too many keys", strs("KeyNames", many(9, "key-%d")...), []string{"LeastPrivilege.KeyNames: 1 to 8"}},
		{"too many tag keys", strs("InstanceTagKeys", many(25, "k%d")...), []string{"LeastPrivilege.InstanceTagKeys: 1 to 24"}},
		{"too many secrets", strs("SecretArns", many(13, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a%d-AbCd12")...), []string{"LeastPrivilege.SecretArns: 1 to 12"}},
		{"too many instance types", strs("InstanceTypes", many(25, "m5.%dxlarge")...), []string{"LeastPrivilege.InstanceTypes: 1 to 24"}},
	}
}

// TestRead_LeastPrivilege checks that every option is read, in both forms.
// Reference 2.2.
func TestRead_LeastPrivilege(t *testing.T) {
	c := newChecker(t)
	tests := []struct {
		name, raw string
		want      *leastprivilege.Options
	}{
		{"absent", `{}`, nil},
		{"refused", `{"LeastPrivilege":"x"}`, nil},
		{"cluster alone", `{"LeastPrivilege":{"ClusterName":"a"}}`, &leastprivilege.Options{ClusterName: "a"}},
		{"everything", `{"LeastPrivilege":{"ClusterName":"a","S3Buckets":[{"Name":"abc"},{"Name":"def","ReadOnly":"true"}],"FSx":"true","CloudWatch":true,"Spot":"True","SubnetIds":["s"],"SecurityGroupIds":["g"],"ImageIds":["i"],"KeyNames":["k"],"InstanceTypes":["t"]}}`,
			&leastprivilege.Options{
				ClusterName: "a",
				S3Buckets:   []leastprivilege.S3Bucket{{Name: "abc"}, {Name: "def", ReadOnly: true}},
				FSx:         true, CloudWatch: true, Spot: true,
				SubnetIDs: []string{"s"}, SecurityGroupIDs: []string{"g"}, ImageIDs: []string{"i"}, KeyNames: []string{"k"}, InstanceTypes: []string{"t"},
			}},
		{"every new option", `{"LeastPrivilege":{"ClusterNamePrefix":"a","S3Buckets":[{"Name":"abc","Prefixes":["p"]}],"EfsFileSystems":[{"Id":"f","ReadOnly":"TRUE"}],"SessionManager":"true","EcrRepositoryArns":["e"],"KmsKeyArns":["k"],"SecretArns":["s"],"InstanceTagKeys":["t"]}}`,
			&leastprivilege.Options{
				ClusterNamePrefix: "a",
				S3Buckets:         []leastprivilege.S3Bucket{{Name: "abc", Prefixes: []string{"p"}}},
				EFSFileSystems:    []leastprivilege.EFSFileSystem{{ID: "f", ReadOnly: true}},
				SessionManager:    true,
				ECRRepositoryARNs: []string{"e"}, KMSKeyARNs: []string{"k"}, SecretARNs: []string{"s"}, InstanceTagKeys: []string{"t"},
			}},
		{"entries keep their index", `{"LeastPrivilege":{"ClusterName":5,"S3Buckets":[7,{"Name":"def"}],"KeyNames":[1,"k"]}}`,
			&leastprivilege.Options{S3Buckets: []leastprivilege.S3Bucket{{}, {Name: "def"}}, KeyNames: []string{"", "k"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := c.Read(json.RawMessage(tt.raw)); !reflect.DeepEqual(got.LeastPrivilege, tt.want) {
				t.Errorf("Read = %+v, want %+v", got.LeastPrivilege, tt.want)
			}
		})
	}
}
