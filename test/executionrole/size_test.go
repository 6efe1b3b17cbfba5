package executionrole

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// IAM's and Lambda's limits. White space does not count in a policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	inlineLimit      = 10240 // characters, all inline policies of a role together
	managedLimit     = 6144  // characters, one managed policy
	environmentLimit = 4096  // bytes, all variables together
)

// What is kept free of these limits for later parameters, so that later ones do not shorten
// those of today.
const reserve = 150

// longest returns the longest values of the parameters that are in the policies, in the
// partition with the longest name, within the template's patterns and lengths.
func longest(t *testing.T, tpl template) map[string]string {
	t.Helper()
	fill := func(name, begin, with string) string {
		n := tpl.Parameters[name].MaxLength
		if n == 0 {
			t.Fatalf("%s has no MaxLength", name)
		}
		return (begin + strings.Repeat(with, n))[:n]
	}
	path := func(name string) string { return fill(name, "/", "p")[:tpl.Parameters[name].MaxLength-1] + "/" }
	// The shortest patterns make the longest policy: between two patterns, the policy has
	// three characters for the parameter's one comma.
	pattern := "arn:*:iam::*:policy/*,"
	patterns := strings.Repeat(pattern, tpl.Parameters["AllowedPolicyArns"].MaxLength/len(pattern))
	return map[string]string{
		"NamePrefix":              fill("NamePrefix", "", "n"),
		"Path":                    path("Path"),
		"PermissionsBoundary":     fill("PermissionsBoundary", "arn:aws-us-gov:iam::"+account+":policy/", "b"),
		"AllowedPolicyArns":       strings.TrimSuffix(patterns, ","),
		"AllowAdoption":           "true",
		"DriftSchedule":           fill("DriftSchedule", "cron(", "0")[:tpl.Parameters["DriftSchedule"].MaxLength-1] + ")",
		"ExecutionRolePath":       path("ExecutionRolePath"),
		"ExecutionRoleNamePrefix": fill("ExecutionRoleNamePrefix", "", "e"),
		"KmsKeyArn":               fill("KmsKeyArn", "arn:aws-us-gov:kms:us-gov-west-1:"+account+":key/", "k"),
		"Regions":                 fill("Regions", "", "r"),
		"VpcSubnetIds":            "subnet-0123456789abcdef0",
		"VpcSecurityGroupIds":     "sg-0123456789abcdef0",
	}
}

// TestSizes proves that IAM accepts the policies, inline and managed, and Lambda the
// environment, whatever parameters the template accepts: with every combination of long
// parameters, and the others at their defaults.
func TestSizes(t *testing.T) {
	tpl := deployedTemplate(t)
	values := longest(t, tpl)
	names := slices.Sorted(maps.Keys(values))
	largest := map[string]int{}
	for chosen := range 1 << len(names) {
		s := deployment{partition: "aws-us-gov", stackName: strings.Repeat("s", 128), parameters: map[string]string{"DriftCallsPerSecond": "50"}} // in the environment only, as are the next two
		for _, name := range []string{"AllowedBuckets", "AllowedClusterNames"} {
			s.parameters[name] = strings.Repeat("x", tpl.Parameters[name].MaxLength)
		}
		for i, name := range names {
			if chosen&(1<<i) != 0 {
				s.parameters[name] = values[name]
			}
		}
		sum := 0
		for _, d := range tpl.documents() {
			size := len(encode(s.resolve(tpl, d.inline)))
			sum += size
			largest[d.name] = max(largest[d.name], size)
		}
		largest["inline"] = max(largest["inline"], sum)
		environment := 0
		for _, variable := range s.environment(t, tpl) {
			environment += len(variable)
		}
		largest["environment"] = max(largest["environment"], environment)
	}
	for what, size := range largest {
		limit := map[string]int{"inline": inlineLimit, "environment": environmentLimit}[what]
		if limit == 0 {
			limit = managedLimit
		}
		if size > limit-reserve {
			t.Errorf("%s has the size %d, want at most %d, of which %d stay free", what, size, limit, reserve)
		}
	}
	checkout.Report(t, "executionrole-sizes", fmt.Sprintf("Execution role, at its largest: %d characters inline of %d, managed %d, %d and %d of %d",
		largest["inline"], inlineLimit, largest["ExecutionRole's own"], largest["ReadAndTagPolicy"], largest["ExecutionPolicy"], managedLimit))
	t.Log(largest)
}
