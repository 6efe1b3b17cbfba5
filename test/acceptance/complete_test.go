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

// notInPlace has the properties that no case of TestUpdate_InPlace changes, and the test of what
// an Update makes of each.
var notInPlace = map[string]string{
	"ServiceTimeout":         "TestAnswer_ServiceTimeoutBoundsTheWork",
	"NamePrefix":             "TestReplacement",
	"Path":                   "TestProperties_PathAloneCannotChange",
	"PermissionsBoundary":    "TestUpdate_OfBoundary",
	"AdoptExisting":          "TestOwnership_OwnedAfterAnUpdateWithoutAdoption",
	"AllowDeleteInUse":       "TestInstances_Update",
	"PropagationWaitSeconds": "TestWaiting_PropagationWait",
	"LeastPrivilege":         "TestLeastPrivilege_OnChangeInPlace",
}

// TestUpdate_InPlaceIsEveryProperty proves that TestUpdate_InPlace changes each property of the
// schema, or that notInPlace has the property.
// Reference 5.4.
func TestUpdate_InPlaceIsEveryProperty(t *testing.T) {
	var schema struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(checkout.Text(t, "schema/custom-rayiam.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	delete(schema.Properties, "ServiceToken") // the address of the function, which says nothing of the set
	tests := map[string]bool{}
	for _, c := range testComments(t) {
		tests[c.test] = true
	}
	held := map[string]bool{}
	for _, changes := range inPlace {
		for property := range changes {
			held[property] = true
		}
	}
	for property, test := range notInPlace {
		if held[property] || !tests[test] {
			t.Errorf("notInPlace has %s: TestUpdate_InPlace changes it: %v, and %s exists: %v", property, held[property], test, tests[test])
		}
		held[property] = true
	}
	if got, want := slices.Sorted(maps.Keys(held)), slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(got, want) {
		t.Errorf("the tests change %v, the schema has %v", got, want)
	}
}
