package leastprivilege_test

import (
	"reflect"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// TestEveryOption checks that the golden files named after everything have every option,
// except ClusterNamePrefix, which has a golden file of its own.
// Reference 9.2.
func TestEveryOption(t *testing.T) {
	options := reflect.ValueOf(everyOption("aws", "eu-west-1"))
	for i := range options.NumField() {
		name := reflect.TypeFor[leastprivilege.Options]().Field(i).Name
		if name != "ClusterName" && name != "ClusterNamePrefix" && options.Field(i).IsZero() {
			t.Errorf("everyOption does not set %s", name)
		}
	}
}
