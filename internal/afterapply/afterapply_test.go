package afterapply

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

var stack = rayiam.Stack{Partition: "aws", Region: "eu-west-1", Account: "123456789012"}

// TestFill checks that a value on which the plan does not depend gets a placeholder of its
// form, which is shown as (known after apply), and that the error names the other values.
func TestFill(t *testing.T) {
	checker, err := properties.NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, raw, want, fault string }{
		{"nothing is unknown", `{"NamePrefix":"a"}`, `{"NamePrefix":"a"}`, ""},
		{"a bucket's name", `{"LeastPrivilege":{"ClusterName":"c","S3Buckets":[{"Name":"?"}]}}`, `{"LeastPrivilege":{"ClusterName":"c","S3Buckets":[{"Name":"(known after apply)"}]}}`, ""},
		{"an id, a type, a list of ids", `{"LeastPrivilege":{"ClusterName":"c","ImageIds":["?"],"InstanceTypes":["?"],"SubnetIds":"?"}}`,
			`{"LeastPrivilege":{"ClusterName":"c","ImageIds":["(known after apply)"],"InstanceTypes":["(known after apply)"],"SubnetIds":["(known after apply)"]}}`, ""},
		{"a policy and the boundary", `{"Head":{"ManagedPolicyArns":["?"]},"PermissionsBoundary":"?"}`, `{"Head":{"ManagedPolicyArns":["(known after apply)"]},"PermissionsBoundary":"(known after apply)"}`, ""},
		{"within a text", `{"Tags":[{"Key":"k","Value":"v-?"}]}`, `{"Tags":[{"Key":"k","Value":"(known after apply)"}]}`, ""},
		{"what changes no plan", `{"ServiceToken":"?","PropagationWaitSeconds":"?","ServiceTimeout":"?","Revision":"?"}`, `{}`, ""},
		{"the prefix", `{"NamePrefix":"?"}`, "", "NamePrefix: known only after apply"},
		{"a group's name and a switch", `{"WorkerGroups":[{"Name":"?"}],"LeastPrivilege":{"ClusterName":"c","Spot":"?"}}`, "", "LeastPrivilege.Spot, WorkerGroups[0].Name: known only"},
		{"all groups", `{"WorkerGroups":"?"}`, "", "WorkerGroups: known only"},
		{"an object", `{"Head":"?"}`, "", "Head: known only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v Values
			got, err := v.Fill(checker, json.RawMessage(strings.ReplaceAll(tt.raw, "?", Marker)), stack)
			if tt.fault != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.fault) {
					t.Errorf("the error is %v, want %q", err, tt.fault)
				}
				return
			}
			if err != nil || v.Show(string(got)) != tt.want {
				t.Errorf("Fill = %s (%v), want %s", v.Show(string(got)), err, tt.want)
			}
			if _, faults := checker.Read(got); len(faults) > 0 {
				t.Errorf("%s is refused: %v", got, faults)
			}
			if hasMarker := strings.Contains(tt.want, Shown); v.IsIn(string(got)) != hasMarker || len(v.Paths) > 0 != hasMarker {
				t.Errorf("stand-ins in %s: paths %v, want some: %v", got, v.Paths, hasMarker)
			}
		})
	}
}
