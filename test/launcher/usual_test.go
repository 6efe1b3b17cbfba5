package launcher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// usual are the policies that people who run `ray up` often attach to themselves, because
// nobody tells them which calls it makes.
// https://github.com/ray-project/ray/issues/9848
var usual = []string{"AmazonEC2FullAccess", "IAMFullAccess"}

// usualPolicies returns the documents of these policies, as AWS publishes them.
func usualPolicies(t *testing.T) []string {
	t.Helper()
	r := rig.NewAccount(t)
	var documents []string
	for _, name := range usual {
		documents = append(documents, r.PolicyDocument("arn:aws:iam::aws:policy/"+name))
	}
	return documents
}

// TestUsualPolicies checks the launcher's row of the table in docs/least-privilege.md
// against the number of calls in the catalogue that the launcher's policies and the usual
// ones allow.
func TestUsualPolicies(t *testing.T) {
	p := scenes[1].played(t)
	catalogued := p.dangers()
	own := count(dangers.Judge(t, catalogued, p.by(p.policies)))
	attached := count(dangers.Judge(t, catalogued, p.by(usualPolicies(t))))
	if row := fmt.Sprintf("\n| by a launcher | %d | %d | none are for it | %d |\n", len(catalogued), own, attached); !strings.Contains(comparison(t), row) {
		t.Errorf("docs/least-privilege.md does not have this row: %s", row)
	}
	checkout.Report(t, "launcher-usual-policies", fmt.Sprintf("Launcher, compared: of %d dangerous calls, %d are allowed with the launcher's policy, %d with %s",
		len(catalogued), own, attached, strings.Join(usual, " and ")))
}

func count(through []bool) int {
	n := 0
	for _, yes := range through {
		if yes {
			n++
		}
	}
	return n
}

// comparison returns the page that compares the policies.
func comparison(t *testing.T) string {
	t.Helper()
	return checkout.Text(t, "docs/least-privilege.md")
}
