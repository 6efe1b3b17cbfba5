package rayiam

import (
	"reflect"
	"testing"
)

// TestLookups checks that each name is looked up once: a second lookup that reads less would
// hide the result of the first.
func TestLookups(t *testing.T) {
	d := Desired{
		Nodes:    []Node{{Name: "ray-head"}, {Name: "ray-a-b", InlinePolicies: map[string]string{"q": "{}", "p": "{}"}}},
		Removals: []Removal{{Name: "ray-a-b", Owner: "other"}, {Name: "ray-a-head", Owner: "other"}},
	}
	want := []Lookup{
		{Name: "ray-head", Expected: true},
		{Name: "ray-a-b", Documents: []string{"p", "q"}, Removal: true},
		{Name: "ray-a-head", Removal: true},
	}
	if got := d.Lookups(map[string]bool{"ray-head": true}); !reflect.DeepEqual(got, want) {
		t.Errorf("Lookups = %+v, want %+v", got, want)
	}
}
