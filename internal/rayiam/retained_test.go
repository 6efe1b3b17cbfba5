package rayiam

import (
	"slices"
	"testing"
	"time"
)

// TestRetained checks that entities which the owner had before Since are not removed, and that
// adopted entities which are Held are released, however old they are.
// Reference 11.1, 11.2.
func TestRetained(t *testing.T) {
	since := time.Now()
	before, after := since.Add(-time.Second), since.Add(time.Second)
	own := map[string]string{OwnerTag: "o"}
	held := map[string]string{OwnerTag: "o", AdoptedTag: Held}
	owned := map[string]string{OwnerTag: "o", AdoptedTag: Owned}
	observed := Observed{Roles: map[string]Role{}, InstanceProfiles: map[string]InstanceProfile{}}
	role := func(name string, created time.Time, tags map[string]string) {
		observed.Roles[name] = Role{Name: name, Created: created, Tags: tags}
	}
	profile := func(name string, created time.Time, tags map[string]string) {
		observed.InstanceProfiles[name] = InstanceProfile{Name: name, Created: created, Tags: tags, Roles: []string{name}}
	}
	role("new", after, own)
	profile("new", after, own)
	role("half", after, own)
	role("adopted", before, held)
	profile("adopted", before, held)
	role("adopted with a new profile", before, held)
	profile("adopted with a new profile", after, own)
	role("by hand", before, nil)
	role("another's", before, map[string]string{OwnerTag: "other"})
	role("old", before, own)
	role("new in an old profile", after, own)
	profile("new in an old profile", before, own)
	role("adopted for good", before, owned)
	names := []string{"absent", "new", "half", "adopted", "adopted with a new profile", "by hand", "another's", "old", "new in an old profile", "adopted for good"}
	touched := func(since time.Time) (touched []string) {
		for _, name := range names {
			if !mustPlan(t, Desired{Removals: []Removal{{Name: name, Owner: "o", Since: since}}}, observed).Empty() {
				touched = append(touched, name)
			}
		}
		return touched
	}
	always := []string{"new", "half", "adopted", "adopted with a new profile"}
	if got := touched(since); !slices.Equal(got, always) {
		t.Errorf("removed %v, want %v", got, always)
	}
	if got, want := touched(time.Time{}), append(always, "old", "new in an old profile", "adopted for good"); !slices.Equal(got, want) {
		t.Errorf("removed %v without Since, want %v", got, want)
	}
}
