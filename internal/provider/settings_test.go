package provider

import (
	"reflect"
	"testing"
)

// TestSettingsFromEnvironment checks how the environment variables about EC2 are read.
// Reference 14.1, 14.8.
func TestSettingsFromEnvironment(t *testing.T) {
	for name, tt := range map[string]struct {
		check, regions string
		want           bool
		in             []string
	}{
		"unset":   {"", "", true, nil},
		"set":     {"true", "eu-west-1,us-east-1", true, []string{"eu-west-1", "us-east-1"}},
		"blanks":  {" TRUE ", " eu-west-1 , ,us-east-1,", true, []string{"eu-west-1", "us-east-1"}},
		"off":     {"false", "", false, nil},
		"off too": {" False", "", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := SettingsFromEnvironment(func(key string) string {
				return map[string]string{"RAYIAM_CHECK_INSTANCES": tt.check, "RAYIAM_REGIONS": tt.regions}[key]
			})
			if got.CheckInstances != tt.want || !reflect.DeepEqual(got.Regions, tt.in) {
				t.Errorf("the check is on: %v, in the Regions %q, want %v, %q", got.CheckInstances, got.Regions, tt.want, tt.in)
			}
		})
	}
}
