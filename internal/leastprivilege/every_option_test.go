package leastprivilege_test

import (
	"reflect"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// TestEveryOption holds that the golden files named after everything have every option.
// Reference 9.2.
func TestEveryOption(t *testing.T) {
	options := reflect.ValueOf(everyOption())
	for i := range options.NumField() {
		name := reflect.TypeFor[leastprivilege.Options]().Field(i).Name
		if name != "ClusterName" && options.Field(i).IsZero() {
			t.Errorf("everyOption has no %s", name)
		}
	}
}
