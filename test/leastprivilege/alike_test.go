package leastprivilege

import (
	"fmt"
	"testing"
)

// TestClustersThatBeginAlike holds what the head of a cluster may do to clusters whose names
// begin like its own, where ClusterNamePrefix says so: to their workers what it may do to its
// own, and to their heads, and to other clusters, nothing.
func TestClustersThatBeginAlike(t *testing.T) {
	var p played
	for _, s := range scenes {
		if s.name == "clusters that begin alike" {
			p = s.played(t)
		}
	}
	tags := func(name, kind string) map[string]string {
		return map[string]string{"ray-cluster-name": name, "ray-node-type": kind}
	}
	cpu := p.launched("cpu")
	status := p.recordedCall("CreateTags", func(c call) bool { return tagList(c.Parameters["Tags"])["ray-node-status"] != "" })
	rename := set(status, "Tags", []any{map[string]any{"Key": "ray-cluster-name", "Value": begin + "-2"}})
	calls := map[string]call{
		"StopInstances": p.recordedCall("StopInstances", anyCall), "TerminateInstances": p.recordedCall("TerminateInstances", anyCall),
		"StartInstances": p.recordedCall("StartInstances", anyCall), "CreateTags": status, "SendCommand": p.recordedCall("SendCommand", anyCall),
	}
	type question struct {
		name string
		call call
		want bool
	}
	var questions []question
	for name, c := range calls {
		for of, tt := range map[string]struct {
			tags map[string]string
			want bool
		}{
			"an own worker":                          {tags(cluster, "worker"), true},
			"a worker of a cluster that begins so":   {tags(begin+"-2", "worker"), true},
			"a worker of the cluster of that name":   {tags(begin, "worker"), true},
			"a head of a cluster that begins so":     {tags(begin+"-2", "head"), false},
			"a worker of another cluster":            {tags("payroll", "worker"), false},
			"a worker of a cluster in another case":  {tags("Research", "worker"), false},
			"a worker of one that ends so":           {tags("my-"+begin, "worker"), false},
			"an instance without the cluster's name": {map[string]string{"ray-node-type": "worker"}, false},
		} {
			questions = append(questions, question{name + " on " + of, c.tagged(tt.tags), tt.want})
		}
	}
	for name, want := range map[string]bool{cluster: true, begin + "-2": true, "payroll": false, "Research": false, "": false} {
		questions = append(questions, question{"a worker of cluster " + name, retagged(cpu, map[string]string{"ray-cluster-name": name}), want})
	}
	questions = append(questions,
		question{"a head", retagged(cpu, map[string]string{"ray-node-type": "head"}), false},
		question{"a worker out of sight", retagged(cpu, map[string]string{"ray-cluster-name": "", "ray-Cluster-Name": cluster}), false},
		question{"a worker planted", retagged(cpu, map[string]string{"ray-cluster-name": "payroll", "ray-Cluster-Name": cluster}), false},
		question{"a worker given to a cluster that begins so", rename.tagged(tags(cluster, "worker")), false},
	)
	var dangers []danger
	for _, q := range questions {
		cases, err := p.authorizations(q.call)
		if err != nil {
			t.Fatal(err)
		}
		dangers = append(dangers, danger{name: q.name, role: "head", cases: cases})
	}
	for _, parameter := range []string{begin + "-2", "payroll"} {
		right := p.authorization("ssm:GetParameter", p.arn("ssm", "parameter/AmazonCloudWatch-ray_agent_config_"+parameter), nil)
		questions = append(questions, question{name: "the configuration of " + parameter, want: parameter != "payroll"})
		dangers = append(dangers, danger{name: fmt.Sprint(parameter), role: "cpu", cases: []caseOf{right}})
	}
	for i, through := range p.judge(t, dangers, p.policies) {
		if through != questions[i].want {
			t.Errorf("%s: %v, want %v", questions[i].name, through, questions[i].want)
		}
	}
}
