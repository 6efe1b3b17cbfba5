package clustercheck

import (
	"slices"
	"strings"
	"testing"
)

const arns = "arn:aws:iam::123456789012:instance-profile/ray-research-"

// TestWrite checks that the right profiles are filled in and that every other byte stays. Each
// case has a text and the result.
func TestWrite(t *testing.T) {
	cluster := func(head, worker string) string {
		return "# ours\ncluster_name: research # fixed\n\nhead_node_type: head\nprovider: {type: aws, region: us-east-1}\navailable_node_types:\n  head:\n    node_config:" + head +
			"\n  # the machines that work\n  ray.worker.gpu:\n    node_config:" + worker + "\nsetup_commands: [  \"a\"  ] # odd, but ours\n"
	}
	tests := []struct {
		name         string
		head, worker string
		wantHead     string
		wantWorker   string
		changed      []string
		left         string
		groups       map[string]string
	}{
		{
			"missing in both", "\n      # big\n      InstanceType: m6i.xlarge # yes\n", "\n        InstanceType: g5.xlarge\n",
			"\n      # big\n      IamInstanceProfile:\n        Arn: " + arns + "head\n      InstanceType: m6i.xlarge # yes\n", "\n        IamInstanceProfile:\n          Arn: " + arns + "gpu\n        InstanceType: g5.xlarge\n",
			[]string{"head", "ray.worker.gpu"}, "", nil,
		},
		{
			"in one line", " {InstanceType: m6i.xlarge}", " {InstanceType: g5.xlarge}",
			" {IamInstanceProfile: {Arn: " + arns + "head}, InstanceType: m6i.xlarge}", " {IamInstanceProfile: {Arn: " + arns + "gpu}, InstanceType: g5.xlarge}",
			[]string{"head", "ray.worker.gpu"}, "", nil,
		},
		{
			"another one, quoted and plain", "\n      IamInstanceProfile: {Arn: 'arn:x'} # mine\n", "\n      IamInstanceProfile:\n        Arn: arn:y # theirs\n",
			"\n      IamInstanceProfile: {Arn: " + arns + "head} # mine\n", "\n      IamInstanceProfile:\n        Arn: " + arns + "gpu # theirs\n",
			[]string{"head", "ray.worker.gpu"}, "", nil,
		},
		{
			"by name", "\n      IamInstanceProfile: {Name: \"größe\"}\n", "\n      IamInstanceProfile: {Name: ray-research-cpu}\n",
			"\n      IamInstanceProfile: {Name: ray-research-head}\n", "\n      IamInstanceProfile: {Name: ray-research-cpu}\n",
			[]string{"head"}, "", nil,
		},
		{
			"the group is said", "\n      IamInstanceProfile: {Name: ray-research-head}\n", "\n      InstanceType: g5.xlarge\n",
			"\n      IamInstanceProfile: {Name: ray-research-head}\n", "\n      IamInstanceProfile:\n        Arn: " + arns + "cpu\n      InstanceType: g5.xlarge\n",
			[]string{"ray.worker.gpu"}, "", map[string]string{"ray.worker.gpu": "cpu"},
		},
		{
			"a group that there is not", "\n      IamInstanceProfile: {Name: ray-research-head}\n", "\n      InstanceType: g5.xlarge\n",
			"\n      IamInstanceProfile: {Name: ray-research-head}\n", "\n      InstanceType: g5.xlarge\n",
			nil, "--group ray.worker.gpu=NAME, with one of cpu, gpu", map[string]string{"ray.worker.gpu": "tpu"},
		},
		{
			"nothing to write to", "\n      IamInstanceProfile: {Name: ray-research-head}\n", "",
			"\n      IamInstanceProfile: {Name: ray-research-head}\n", "",
			nil, "no node_config", nil,
		},
		{
			"an alias", "\n      &shared {IamInstanceProfile: {Name: ray-research-head}}\n", " *shared\n",
			"\n      &shared {IamInstanceProfile: {Name: ray-research-head}}\n", " *shared\n",
			nil, "YAML alias", nil,
		},
		{
			"an anchor", "\n      IamInstanceProfile: {Arn: &arn arn:x}\n", "\n      IamInstanceProfile: {Arn: *arn}\n",
			"\n      IamInstanceProfile: {Arn: &arn arn:x}\n", "\n      IamInstanceProfile: {Arn: " + arns + "gpu}\n",
			[]string{"ray.worker.gpu"}, "an anchor", nil,
		},
		{
			"merged", "\n      &base\n      InstanceType: m6i.xlarge\n", "\n      <<: *base\n      KeyName: k\n",
			"\n      &base\n      IamInstanceProfile:\n        Arn: " + arns + "head\n      InstanceType: m6i.xlarge\n", "\n      IamInstanceProfile:\n        Arn: " + arns + "gpu\n      <<: *base\n      KeyName: k\n",
			[]string{"head", "ray.worker.gpu"}, "", nil,
		},
	}
	for _, tt := range tests {
		for _, newline := range []string{"\n", "\r\n"} {
			t.Run(tt.name, func(t *testing.T) {
				set := least(nil)
				set.Groups = tt.groups
				before := strings.ReplaceAll(cluster(tt.head, tt.worker), "\n", newline)
				want := strings.ReplaceAll(cluster(tt.wantHead, tt.wantWorker), "\n", newline)
				got, err := Write([]byte(before), set)
				if err != nil {
					t.Fatal(err)
				}
				if string(got.Text) != want {
					t.Errorf("the text is\n%s\nwant\n%s", got.Text, want)
				}
				if !slices.Equal(got.Changed, tt.changed) {
					t.Errorf("the changed nodes are %v, want %v", got.Changed, tt.changed)
				}
				if len(got.Left) > 0 != (tt.left != "") || tt.left != "" && !strings.Contains(got.Left[0].Reason, tt.left) {
					t.Errorf("the nodes left alone are %+v, want %q", got.Left, tt.left)
				}
				if again, err := Write(got.Text, set); err != nil || len(again.Changed) > 0 || string(again.Text) != want {
					t.Errorf("a second Write: error %v, changed nodes %v, want neither", err, again.Changed)
				}
			})
		}
	}
}
