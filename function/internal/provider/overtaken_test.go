package provider

import (
	"slices"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/function/internal/rayiam"
)

// TestYoung holds that what was there before a request is not taken back with it.
func TestYoung(t *testing.T) {
	now := time.Now()
	before, after := now.Add(-time.Second), now.Add(time.Second)
	d := rayiam.Desired{Owner: "o", Nodes: []rayiam.Node{{Name: "absent"}, {Name: "new"}, {Name: "old"}, {Name: "old-profile"}, {Name: "half"}}}
	observed := rayiam.Observed{
		Roles:            map[string]rayiam.Role{"new": {Created: after}, "old": {Created: before}, "half": {Created: after}},
		InstanceProfiles: map[string]rayiam.InstanceProfile{"new": {Created: after}, "old-profile": {Created: before}},
	}
	want := []rayiam.Removal{{Name: "absent", Owner: "o"}, {Name: "new", Owner: "o"}, {Name: "half", Owner: "o"}}
	if got := young(d, observed, now); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
