package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// TestDocs_LeastPrivilegeStatements checks the tables of statements against the generated
// policies, over several choices of options: each statement is in the tables, with each of
// its actions.
// Reference 9.2.
func TestDocs_LeastPrivilegeStatements(t *testing.T) {
	type policy struct {
		Statement []struct {
			Sid    string
			Action any
		}
	}
	var policies []policy
	document := checkout.Text(t, "docs/least-privilege.md")
	documented := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(section(t, document, "What each statement permits"), -1) {
		documented[m[1]] = m[2]
	}
	for _, choice := range []string{"everything", "cluster", "buckets-by-prefix"} {
		var roles map[string]map[string]policy
		golden := checkout.Text(t, "internal/leastprivilege/testdata/policies/"+choice+".golden.json")
		if err := json.Unmarshal([]byte(golden), &roles); err != nil {
			t.Fatal(err)
		}
		for name, policy := range roles["ray-head"] {
			if heading := "`<NamePrefix>" + strings.TrimPrefix(name, "ray") + "`"; !strings.Contains(document, heading) {
				t.Errorf("docs/least-privilege.md has no heading %s", heading)
			}
			policies = append(policies, policy)
		}
	}
	generated := map[string]bool{}
	for _, policy := range policies {
		for _, statement := range policy.Statement {
			if statement.Sid == "" {
				continue // the pass-role policy of every head, which is not generated
			}
			statement.Sid = strings.TrimRight(statement.Sid, "0123456789") // a second statement of a kind has a number
			generated[statement.Sid] = true
			actions, several := statement.Action.([]any)
			if !several {
				actions = []any{statement.Action}
			}
			for _, action := range actions {
				if !strings.Contains(documented[statement.Sid], "`"+action.(string)+"`") {
					t.Errorf("docs/least-privilege.md does not say that %s permits %s", statement.Sid, action)
				}
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(generated)); !slices.Equal(got, want) {
		t.Errorf("docs/least-privilege.md has the statements %v, the policies have %v", got, want)
	}
}

// TestDocs_LeastPrivilegeOptions checks the table of options, and the longest length of
// each list, against the schema.
func TestDocs_LeastPrivilegeOptions(t *testing.T) {
	var schema struct {
		Properties struct {
			LeastPrivilege struct {
				Properties map[string]struct{ MaxItems int }
			}
		}
	}
	if err := json.Unmarshal([]byte(checkout.Text(t, "schema/custom-rayiam.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	options := schema.Properties.LeastPrivilege.Properties
	documented := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(section(t, checkout.Text(t, "docs/least-privilege.md"), "Options"), -1) {
		documented[m[1]] = m[2]
	}
	if got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(options)); !slices.Equal(got, want) {
		t.Errorf("docs/least-privilege.md has the options %v, the schema has %v", got, want)
	}
	for name, option := range options {
		if option.MaxItems == 0 {
			continue
		}
		if length := regexp.MustCompile(`1 to [0-9]+`).FindString(documented[name]); length != fmt.Sprint("1 to ", option.MaxItems) {
			t.Errorf("%s: docs/least-privilege.md says %q, the schema allows %d", name, length, option.MaxItems)
		}
	}
}
