package acceptance

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// TestProperties_EverythingIsEveryProperty proves that the tests which say that they use
// every property, or every option of LeastPrivilege, use all that the schema has.
// Reference 2.1.
func TestProperties_EverythingIsEveryProperty(t *testing.T) {
	type object struct{ Properties map[string]json.RawMessage }
	var schema, options object
	if err := json.Unmarshal([]byte(text(t, "schema", "custom-rayiam.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(schema.Properties["LeastPrivilege"], &options); err != nil {
		t.Fatal(err)
	}
	used := slices.Sorted(maps.Keys(everything("").With(leastPrivilege()).With(properties{"ServiceToken": ""})))
	if want := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(used, want) {
		t.Errorf("everything is %v, the schema has %v", used, want)
	}
	delete(options.Properties, "ClusterNamePrefix") // stands in place of ClusterName
	used = slices.Sorted(maps.Keys(everyLeastPrivilege))
	if want := slices.Sorted(maps.Keys(options.Properties)); !slices.Equal(used, want) {
		t.Errorf("every option is %v, the schema has %v", used, want)
	}
}
