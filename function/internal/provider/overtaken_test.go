package provider

import (
	"slices"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/function/internal/rayiam"
)

// TestDoneSince holds that what was a resource's own before a request is not taken back
// with it, and that what is only held, by whichever attempt, is let go.
func TestDoneSince(t *testing.T) {
	now := time.Now()
	before, after := now.Add(-time.Second), now.Add(time.Second)
	own := map[string]string{rayiam.OwnerTag: "o"}
	held := map[string]string{rayiam.OwnerTag: "o", rayiam.AdoptedTag: rayiam.Held}
	kept := map[string]string{rayiam.OwnerTag: "o", rayiam.AdoptedTag: rayiam.Owned}
	d := rayiam.Desired{Owner: "o"}
	for _, name := range []string{"absent", "new", "half", "by hand", "adopted", "adopted with a new profile", "another's", "old", "old profile", "adopted for good"} {
		d.Nodes = append(d.Nodes, rayiam.Node{Name: name})
	}
	observed := rayiam.Observed{
		Roles: map[string]rayiam.Role{
			"new": {Created: after, Tags: own}, "half": {Created: after, Tags: own}, "by hand": {Created: before},
			"adopted": {Created: before, Tags: held}, "adopted with a new profile": {Created: before, Tags: held},
			"another's": {Created: before, Tags: map[string]string{rayiam.OwnerTag: "other"}},
			"old":       {Created: before, Tags: own}, "adopted for good": {Created: before, Tags: kept},
		},
		InstanceProfiles: map[string]rayiam.InstanceProfile{
			"new": {Created: after, Tags: own}, "adopted": {Created: before, Tags: held},
			"adopted with a new profile": {Created: after, Tags: own}, "old profile": {Created: before, Tags: own},
		},
	}
	var got []string
	for _, removal := range doneSince(now, d, observed) {
		got = append(got, removal.Name)
		if removal.Owner != d.Owner {
			t.Errorf("%s: what is %s's is removed", removal.Name, removal.Owner)
		}
	}
	if want := []string{"absent", "new", "half", "by hand", "adopted", "adopted with a new profile", "another's"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
