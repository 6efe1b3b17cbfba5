package rayiam

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// changes returns, by its path, a copy of p for each string, number and boolean in p, with
// this value changed. It fails the test for an empty value, which it cannot change.
func changes(t *testing.T, p Properties) map[string]Properties {
	t.Helper()
	var root any
	recode(t, p, &root)
	changed := map[string]Properties{}
	var walk func(path string, value any, set func(any))
	walk = func(path string, value any, set func(any)) {
		var other any
		inside := 0
		switch value := value.(type) {
		case map[string]any:
			for key, entry := range value {
				walk(path+"."+key, entry, func(v any) { value[key] = v })
				inside++
			}
		case []any:
			for i, entry := range value {
				walk(fmt.Sprintf("%s[%d]", path, i), entry, func(v any) { value[i] = v })
				inside++
			}
		case string:
			other = value + "x"
		case float64:
			other = value + 1
		case bool:
			other = !value
		}
		switch {
		case other != nil:
			var c Properties
			set(other)
			recode(t, root, &c)
			set(value)
			changed[path[1:]] = c
		case inside == 0:
			t.Errorf("%s is empty: give it a value in this test", path)
		}
	}
	walk("", root, nil)
	return changed
}

// recode converts a value to another one with the same JSON.
func recode(t *testing.T, from, to any) {
	t.Helper()
	content, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(content, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestNodes_EveryProperty checks that a change of each property changes the desired state: a
// property that is read and used nowhere would be accepted and ignored.
// Reference 5.4.
func TestNodes_EveryProperty(t *testing.T) {
	const policy = "arn:aws:iam::aws:policy/"
	full := edited(addGroup, setBoundary, setTags, least(everyOption), func(p *Properties) {
		p.Head = NodeProperties{ManagedPolicyARNs: []string{policy + "A"}, Policies: []InlinePolicy{{"a", `{"a":1}`}}}
		p.LeastPrivilege.ClusterNamePrefix = "x"
		for i := range p.LeastPrivilege.S3Buckets {
			p.LeastPrivilege.S3Buckets[i].Prefixes = []string{"a"}
		}
		for i := range p.WorkerGroups {
			p.WorkerGroups[i].NodeProperties = NodeProperties{ManagedPolicyARNs: []string{policy + "B"}, Policies: []InlinePolicy{{"b", `{"b":1}`}}}
			p.WorkerGroups[i].S3Buckets = []leastprivilege.S3Bucket{{Name: "own", Prefixes: []string{"a"}}}
		}
	})
	elsewhere := map[string]string{
		"LeastPrivilege.ClusterNamePrefix": "ClusterName is set: the schema wants one of the two",
		"AdoptExisting":                    "it is a request's, as Desired.Adoption",
		"AllowDeleteInUse":                 "it is a request's: see package provider",
		"PropagationWait":                  "it is for what a plan makes",
	}
	want := Declare(full, testStack).Nodes("owner")
	for path, p := range changes(t, full) {
		same := reflect.DeepEqual(Declare(p, testStack).Nodes("owner"), want)
		if why := elsewhere[path]; same != (why != "") {
			t.Errorf("with another %s, the nodes are the same: %v, want %v %s", path, same, why != "", why)
		}
	}
}

// TestNodes_EveryOption checks that each option of LeastPrivilege, alone, changes the desired
// state.
// Reference 9.2.
func TestNodes_EveryOption(t *testing.T) {
	var all leastprivilege.Options
	everyOption(&all)
	want := Declare(edited(least()), testStack).Nodes("owner")
	for i := range reflect.TypeFor[leastprivilege.Options]().NumField() {
		name := reflect.TypeFor[leastprivilege.Options]().Field(i).Name
		alone := least(func(o *leastprivilege.Options) {
			reflect.ValueOf(o).Elem().Field(i).Set(reflect.ValueOf(all).Field(i))
			if name == "ClusterNamePrefix" {
				o.ClusterName, o.ClusterNamePrefix = "", "research"
			}
		})
		if got := Declare(edited(alone), testStack).Nodes("owner"); name != "ClusterName" && reflect.DeepEqual(got, want) {
			t.Errorf("the option %s alone changes nothing", name)
		}
	}
}

// TestStep_EveryCallHasWords checks that each step which a changed node needs has words:
// errors and log lines use them.
// Reference 6.3.
func TestStep_EveryCallHasWords(t *testing.T) {
	p := edited(setBoundary, setTags, func(p *Properties) {
		p.Head.Policies = []InlinePolicy{{Name: "extra", Document: `{"Statement":[]}`}}
	})
	for _, tt := range nodeChanges {
		d := desiredFor(p)
		tt.change(&d.Nodes[0])
		plan, _ := NewPlan(d, settled(p))
		for _, step := range slices.Concat(plan.Phases...) {
			if step.String() == string(step.Call) {
				t.Errorf("%s has no words in Step.String", step.Call)
			}
		}
	}
}
