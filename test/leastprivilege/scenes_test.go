package leastprivilege

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
	"github.com/ray-iam/custom-rayiam/test/policysim/dangers"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/ray"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

type (
	properties    = cloudformation.Properties
	call          = awscall.Call
	place         = awscall.Place
	tags          = awscall.Tags
	conditionKeys = awscall.Keys
	belongings    = ray.Belongings
)

const (
	cluster  = ray.Cluster
	writable = "research-results" // a bucket
	readable = "public-datasets"  // a bucket, ReadOnly
	shared   = "shared-data"      // a bucket, ReadOnly, below research/
	common   = "shared-results"   // a bucket, below research/
	begin    = "resea"            // the prefix of the cluster's name
)

// A scene is a choice of options, with the changes to the cluster that Ray runs.
type scene struct {
	name       string
	properties func(*testing.T, place, belongings) properties
	changes    map[string]any // to the example's cluster; see driver.py
}

// scenes use each option in one scene and not in another. The second scene has no option,
// the third has a prefix of cluster names, and the last has every option.
var scenes = []scene{
	{"the example", func(t *testing.T, _ place, b belongings) properties { return exampleProperties(t, b) }, nil},
	{"nothing but the cluster's name", func(t *testing.T, _ place, b belongings) properties {
		return exampleProperties(t, b).With(properties{"LeastPrivilege": map[string]any{"ClusterName": cluster}})
	}, map[string]any{"noSpot": true}},
	{"clusters with a common prefix", func(t *testing.T, _ place, b belongings) properties {
		return exampleProperties(t, b).With(properties{"LeastPrivilege": map[string]any{"ClusterNamePrefix": begin, "CloudWatch": true}})
	}, map[string]any{"noSpot": true, "cloudWatch": true}},
	{"every option", func(t *testing.T, p place, b belongings) properties {
		return exampleProperties(t, b).With(properties{"LeastPrivilege": everything(p, b)})
	}, map[string]any{"cloudWatch": true, "reserved": true, "tags": true}},
}

func everything(p place, b belongings) map[string]any {
	return map[string]any{
		"ClusterName": cluster, "Spot": true, "CloudWatch": true, "FSx": true, "SessionManager": true,
		"S3Buckets": []any{
			map[string]any{"Name": writable}, map[string]any{"Name": readable, "ReadOnly": true},
			map[string]any{"Name": shared, "ReadOnly": true, "Prefixes": []any{"research/"}}, map[string]any{"Name": common, "Prefixes": []any{"research"}},
		},
		"EfsFileSystems":    []any{map[string]any{"Id": fileSystem}, map[string]any{"Id": archive, "ReadOnly": true}},
		"EcrRepositoryArns": []any{repository(p), sharedRepository(p)}, "KmsKeyArns": []any{key(p)}, "SecretArns": []any{secret(p)},
		"InstanceTagKeys": []any{"Team", "Project"},
		"SubnetIds":       []any{b.Subnet}, "SecurityGroupIds": []any{b.Group}, "ImageIds": []any{b.Image, b.AgentImage},
		"KeyNames": []any{b.Key}, "InstanceTypes": []any{"m6i.4xlarge", "g5.xlarge"},
	}
}

// A played scene has the roles' inline policies as they are in IAM, by the role's name
// without the prefix, and the calls that Ray made.
type played struct {
	scene
	place
	belongings belongings
	policies   map[string]map[string]string // role, policy, document
	calls      []call
}

// stage runs Ray, and plays keeps the results of scenes.
var (
	stage = ray.Stage{Driver: "test/leastprivilege/driver.py"}
	plays ray.Plays[played]
)

// played returns the result of the scene, which it runs once.
func (s scene) played(t *testing.T) played {
	t.Helper()
	return plays.Of(s.name, func() played { return s.play(t) })
}

// play makes the roles and runs Ray with them.
func (s scene) play(t *testing.T) played {
	t.Helper()
	r := rig.New(t)
	p := played{scene: s, place: place{Account: r.AccountID, Region: ray.Region, Kind: "cpu"}, belongings: stage.Belong(t, r.Account)}
	create, _ := r.Stack().Create(s.properties(t, p.place, p.belongings))
	r.OK(create)
	p.policies = map[string]map[string]string{}
	for _, role := range []string{"head", "cpu", "gpu"} {
		p.policies[role] = readInline(t, r.IAM, "ray-research-"+role)
	}
	p.calls = stage.Play(t, r.Account, p.belongings, s.changes)
	return p
}

// by returns a function that makes a role, with its policies in this map, the caller of
// authorizations.
func (p played) by(policies map[string]map[string]string) dangers.By {
	return func(role string, cases []policysim.Case) []policysim.Case {
		var documents []string
		for _, name := range slices.Sorted(maps.Keys(policies[role])) {
			documents = append(documents, policies[role][name])
		}
		return p.By("ray-research-"+role+"/i-0123456789abcdef0", documents, cases)
	}
}

// readInline returns a role's inline policies by name.
func readInline(t *testing.T, client *iam.Client, role string) map[string]string {
	t.Helper()
	names, err := client.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		t.Fatal(err)
	}
	documents := tags{}
	for _, name := range names.PolicyNames {
		out, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = decoded(t, out.PolicyDocument)
	}
	return documents
}

func decoded(t *testing.T, document *string) string {
	t.Helper()
	text, err := url.QueryUnescape(aws.ToString(document))
	if err != nil {
		t.Fatal(err)
	}
	return awscall.Readable(text)
}
