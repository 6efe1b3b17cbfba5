package leastprivilege_test

import (
	"reflect"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// TestEveryOption holds that the golden files named after everything have every option but
// the names of several clusters, which have one of their own.
// Reference 9.2.
func TestEveryOption(t *testing.T) {
	options := reflect.ValueOf(everyOption("aws", "eu-west-1"))
	for i := range options.NumField() {
		name := reflect.TypeFor[leastprivilege.Options]().Field(i).Name
		if name != "ClusterName" && name != "ClusterNamePrefix" && options.Field(i).IsZero() {
			t.Errorf("everyOption has no %s", name)
		}
	}
}
