package acceptance

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestProperties_EverythingIsEveryProperty proves that the tests which use every property,
// and every option of LeastPrivilege, use all of those in the schema.
// Reference 2.1.
func TestProperties_EverythingIsEveryProperty(t *testing.T) {
	type object struct{ Properties map[string]json.RawMessage }
	var schema, options object
	if err := json.Unmarshal([]byte(checkout.Text(t, "schema/custom-rayiam.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(schema.Properties["LeastPrivilege"], &options); err != nil {
		t.Fatal(err)
	}
	used := slices.Sorted(maps.Keys(everything("").With(leastPrivilege()).With(properties{"ServiceToken": ""})))
	if want := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(used, want) {
		t.Errorf("everything is %v, the schema has %v", used, want)
	}
	delete(options.Properties, "ClusterNamePrefix") // an alternative to ClusterName
	used = slices.Sorted(maps.Keys(everyLeastPrivilege))
	if want := slices.Sorted(maps.Keys(options.Properties)); !slices.Equal(used, want) {
		t.Errorf("every option is %v, the schema has %v", used, want)
	}
}
