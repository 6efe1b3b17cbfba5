package acceptance

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/rig/replay"
)

// TestEvents sends every event of events/ and checks the lines of the account's snapshot
// that the event adds (+) and removes (-).
// Reference 5.4, 5.8, 5.10, 5.12, 9.1.
func TestEvents(t *testing.T) {
	want := map[string][]string{
		"create":                      {"+ profile ray-head: holds ray-head", "+ profile ray-worker: holds ray-worker"},
		"create-everything":           {"+ role ml-gpu: arn:aws:iam::123456789012:role/team/ml-gpu", "+ profile ml-cpu: tag team=ml", "+ role ml-cpu: boundary " + awsPolicy + "PowerUserAccess", "+ role ml-gpu: inline datasets", "+ role ml-head: inline datasets"},
		"create-least-privilege":      {"+ role ray-head: inline ray-autoscaler-policy", "+ role ray-worker: inline ray-data-policy", "arn:aws:s3:::example-datasets/*"},
		"update-least-privilege":      {"- role ray-head: attached " + awsPolicy + "AmazonEC2FullAccess", "+ role ray-head: inline ray-autoscaler-policy", "- role ray-worker: attached " + awsPolicy + "AmazonS3FullAccess"},
		"update-no-change":            {""},
		"update-policies":             {"+ role ray-head: attached " + awsPolicy + "AmazonS3ReadOnlyAccess", "- role ray-head: attached " + awsPolicy + "AmazonSSMFullAccess"},
		"update-group-added":          {"+ profile ray-gpu: holds ray-gpu", "role/ray-gpu\",\"arn:aws:iam::123456789012:role/ray-worker"},
		"update-group-removed":        {"- profile ray-gpu: holds ray-gpu", "- role ray-gpu: "},
		"update-group-removed-in-use": {"- profile ray-gpu: holds ray-gpu", "- role ray-gpu: "},
		"replacement":                 {"+ role ml-head: ", "+ profile ml-worker: holds ml-worker"},
		"rollback":                    {"+ role ray-head: attached " + awsPolicy + "AmazonSSMFullAccess", "- role ray-head: attached " + awsPolicy + "AmazonS3ReadOnlyAccess"},
		"delete":                      {"- role ray-head: ", "- profile ray-worker: "},
		"delete-unknown-id":           {"- role ray-head: ", "- profile ray-worker: "},
	}
	files, err := filepath.Glob(filepath.Join(checkout.Root(), "events", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	if len(files) != len(want) {
		t.Errorf("%d files in events/, want %d", len(files), len(want))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			result := replay.Run(l.Rig, file)
			if !result.Answer.OK() {
				t.Fatalf("FAILED: %s", result.Answer.Reason)
			}
			inPlace := result.Answer.PhysicalResourceID == result.Event.PhysicalResourceID
			if wantInPlace := name != "replacement" && result.Event.RequestType != "Create"; inPlace != wantInPlace {
				t.Errorf("answered %q to %q, want the same: %v", result.Answer.PhysicalResourceID, result.Event.PhysicalResourceID, wantInPlace)
			}
			diff := strings.ReplaceAll(rig.Diff(result.Before, result.After), l.AccountID, replay.Account)
			for _, part := range want[name] {
				if !strings.Contains(diff, part) || part == "" && diff != "" {
					t.Errorf("the account changed by\n%s\nwant %q", diff, part)
				}
			}
			if left := result.After.Without(foreign); result.Event.RequestType == "Delete" && len(left) != 0 {
				t.Errorf("left behind:\n%s", left)
			}
		})
	}
}
