package leastprivilege

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/schema"
)

// TestEverything proves that the scene with every option has all options of the schema. An
// option that is missing in the scene would be in none of the proofs.
// Reference 9.6, 9.7.
func TestEverything(t *testing.T) {
	var properties struct {
		Properties struct {
			LeastPrivilege struct {
				Properties map[string]any
			}
		}
	}
	if err := json.Unmarshal(schema.Properties, &properties); err != nil {
		t.Fatal(err)
	}
	got, want := slices.Sorted(maps.Keys(everything(place{}, belongings{}))), slices.Sorted(maps.Keys(properties.Properties.LeastPrivilege.Properties))
	want = slices.DeleteFunc(want, func(name string) bool { return name == "ClusterNamePrefix" }) // has a scene of its own
	if !slices.Equal(got, want) {
		t.Errorf("every option is %v, the schema has %v", got, want)
	}
}
