package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// A resource is one of CloudFormation's own resources, in a template that makes the same as
// a Custom::RayIAM with default properties. It has the number of calls that its handlers
// need at least, because no call of IAM does the work of two. Resources of one stage do not
// wait for each other.
type resource struct {
	typeName       string
	inline         int // number of inline policies
	create, delete [][]string
}

var resources = []resource{role(5, 1), role(3, 0), profile, profile}

func role(managed, inline int) resource {
	put, deleted := slices.Repeat([]string{"PutRolePolicy"}, inline), slices.Repeat([]string{"DeleteRolePolicy"}, inline)
	return resource{
		typeName: "AWS::IAM::Role", inline: inline,
		create: [][]string{{"CreateRole"}, append(slices.Repeat([]string{"AttachRolePolicy"}, managed), put...)},
		delete: [][]string{append(slices.Repeat([]string{"DetachRolePolicy"}, managed), deleted...), {"DeleteRole"}},
	}
}

var profile = resource{
	typeName: "AWS::IAM::InstanceProfile",
	create:   [][]string{{"CreateInstanceProfile"}, {"AddRoleToInstanceProfile"}},
	delete:   [][]string{{"RemoveRoleFromInstanceProfile"}, {"DeleteInstanceProfile"}},
}

// A published is a published schema, with the calls that its handlers may make.
type published struct {
	Handlers map[string]struct{ Permissions []string }
}

// resourcesText counts the least and the greatest number of calls of CloudFormation's own
// resources, by the permissions of the handlers in the published schemas.
func resourcesText(b *testing.B) string {
	var rows [][]string
	for _, request := range []struct {
		name   string
		stages func(resource) [][]string
	}{
		{"create", func(r resource) [][]string { return r.create }},
		{"delete", func(r resource) [][]string { return r.delete }},
	} {
		writes, reads := 0, 0
		least, most := map[string]int{}, map[string]int{} // by type, the calls one after another on the longest path
		for _, r := range resources {
			own, asked := 0, 0
			permitted := schemaOf(b, r.typeName).Handlers[request.name].Permissions
			for _, action := range slices.Concat(request.stages(r)...) {
				if !slices.Contains(permitted, "iam:"+action) {
					b.Fatalf("the schema of %s does not let its handler call %s", r.typeName, action)
				}
				own++
			}
			for _, action := range permitted {
				switch {
				case action == "iam:GetRolePolicy":
					asked += r.inline
				case strings.HasPrefix(action, "iam:Get"), strings.HasPrefix(action, "iam:List"):
					asked++
				}
			}
			writes, reads = writes+own, reads+asked
			least[r.typeName] = max(least[r.typeName], len(request.stages(r)))
			most[r.typeName] = max(most[r.typeName], own+asked)
		}
		sum := func(m map[string]int) (n int) {
			for _, each := range m {
				n += each
			}
			return n
		}
		rows = append(rows, []string{request.name, fmt.Sprint(writes), fmt.Sprint(writes + reads), fmt.Sprint(sum(least)), fmt.Sprint(sum(most))})
	}
	version := output(python(nil, "-c", "import cfnlint.version; print(cfnlint.version.__version__)"))
	return fmt.Sprintf(resourcesIntro, schemaDate(b), version) + table([]string{"", "calls, at the least", "with each read once", "one after another, at the least", "at the most"}, rows) + resourcesOutro
}

const resourcesIntro = `
### CloudFormation's own resources

Two of ` + "`AWS::IAM::Role`" + `, with their policies, and two of ` + "`AWS::IAM::InstanceProfile`" + ` make the same state. They run at AWS, and
no published source of their handlers was found. So this counts calls, and measures nothing. The published schemas list the
calls of a handler (schemas of %s, in cfn-lint %s). At the least, a handler makes the writes that the
state needs: no call to IAM does two of them. The next column adds each read that the handler may make, once. The order of a
handler's calls is not known. One after another at the least: calls that need not wait for each other are made at once. At
the most: a handler makes one call at a time, including its reads. The two roles are made at once and each instance profile
after its role, since it refers to the role; a delete has the reverse order.

`

const resourcesOutro = `
Without a change CloudFormation calls no handler. Its own waits are not in the counts: people report two minutes for an
instance profile (https://github.com/hashicorp/terraform/issues/15341).
`

// schemas returns a file of the published schemas, which cfn-lint contains.
func schemas(b *testing.B, name ...string) []byte {
	b.Helper()
	path := filepath.Join(append([]string{checkout.Root(), ".venv", "lib", "python3*", "site-packages", "cfnlint", "data", "schemas"}, name...)...)
	found, err := filepath.Glob(path)
	must(b, err)
	if len(found) != 1 {
		b.Fatalf("%s: %d files", path, len(found))
	}
	content, err := os.ReadFile(found[0])
	must(b, err)
	return content
}

func schemaOf(b *testing.B, typeName string) (s published) {
	b.Helper()
	var files map[string]string
	must(b, json.Unmarshal(schemas(b, "providers", "us-east-1.json"), &files))
	must(b, json.Unmarshal(schemas(b, "resources", files[typeName]+".json"), &s))
	return s
}

// schemaDate returns the date of the published schemas.
func schemaDate(b *testing.B) string {
	b.Helper()
	var version struct {
		Date string `json:"schema_date"`
	}
	must(b, json.Unmarshal(schemas(b, "version.json"), &version))
	day, _, _ := strings.Cut(version.Date, "T")
	return day
}
