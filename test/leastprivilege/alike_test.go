package leastprivilege

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
)

// A question is a call of the head of one of several clusters, and whether the head may
// make it.
type question struct {
	name string
	call call
	want bool
}

func tagged(name, kind string) map[string]string {
	return tags{"ray-cluster-name": name, "ray-node-type": kind}
}

// ofOthers returns calls on instances of this cluster and of other ones.
func (p played) ofOthers() []question {
	status := p.recordedCall("CreateTags", func(c call) bool { return awscall.ReadTags(c.Parameters["Tags"])["ray-node-status"] != "" })
	rename := status.SetTags(tags{"ray-cluster-name": begin + "-2"})
	all := []question{{"a worker given to a cluster that begins so", rename.OfAll(ownWorker), false}}
	for _, c := range []call{
		status, p.recordedCall("StopInstances", anyCall), p.recordedCall("TerminateInstances", anyCall),
		p.recordedCall("StartInstances", anyCall), p.recordedCall("SendCommand", anyCall),
	} {
		for _, q := range []struct {
			of   string
			tags map[string]string
			want bool
		}{
			{"an own worker", ownWorker, true},
			{"a worker of a cluster with the prefix", tagged(begin+"-2", "worker"), true},
			{"a worker of the cluster named like the prefix", tagged(begin, "worker"), true},
			{"a head of a cluster with the prefix", tagged(begin+"-2", "head"), false},
			{"a worker of another cluster", tagged("payroll", "worker"), false},
			{"a worker of a cluster in another case", tagged("Research", "worker"), false},
			{"a worker of a cluster that ends in the prefix", tagged("my-"+begin, "worker"), false},
			{"an instance without the cluster's name", tags{"ray-node-type": "worker"}, false},
		} {
			all = append(all, question{c.Operation + " on " + q.of, c.OfAll(q.tags), q.want})
		}
	}
	return all
}

// forOthers returns launches of workers for this cluster and for other ones.
func (p played) forOthers() []question {
	cpu := p.launched("cpu")
	all := []question{
		{"a head", cpu.Retagged(tags{"ray-node-type": "head"}), false},
		{"a worker that Ray would not see", cpu.Retagged(tags{"ray-cluster-name": "", "ray-Cluster-Name": cluster}), false},
		{"a worker that Ray would see in another cluster", cpu.Retagged(tags{"ray-cluster-name": "payroll", "ray-Cluster-Name": cluster}), false},
	}
	for name, want := range map[string]bool{cluster: true, begin + "-2": true, "payroll": false, "Research": false, "": false} {
		all = append(all, question{"a worker of the cluster " + name, cpu.Retagged(tags{"ray-cluster-name": name}), want})
	}
	return all
}

// TestClustersThatBeginAlike checks the head's rights with ClusterNamePrefix: to the
// workers of clusters whose names have the prefix it has the same rights as to its own
// workers, and to their heads and to other clusters it has none.
// Reference 9.12.
func TestClustersThatBeginAlike(t *testing.T) {
	p := scenes[2].played(t)
	questions := append(p.ofOthers(), p.forOthers()...)
	for of, want := range map[string]bool{begin + "-2": true, "payroll": false} {
		for _, kind := range []string{"agent", "alarm"} {
			read := call{Service: "ssm", Operation: "GetParameter", Parameters: map[string]any{"Name": "AmazonCloudWatch-ray_" + kind + "_config_" + of}}
			questions = append(questions, question{"the " + kind + "'s configuration of " + of, read, want})
		}
	}
	var asked []dangers.Danger
	for _, q := range questions {
		cases, err := p.Authorizations(q.call)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, dangers.Danger{Name: q.name, Role: "head", Cases: cases})
	}
	for i, through := range dangers.Judge(t, asked, p.by(p.policies)) {
		if through != questions[i].want {
			t.Errorf("%s: allowed is %v, want %v", questions[i].name, through, questions[i].want)
		}
	}
}
