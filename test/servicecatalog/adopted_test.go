package servicecatalog

import (
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

func TestMain(m *testing.M) { rig.Main(m, rig.Suite{}) }

// TestLaunchRole_NotAdopted proves, on the built function, that a provider with another
// NamePrefix than ray does not adopt a launch role whose name begins with that prefix: the
// role's own tag says that it belongs to no resource. Without the tag, the provider would
// let EC2 assume the role.
// Reference 4.13.
func TestLaunchRole_NotAdopted(t *testing.T) {
	const name = teamPrefix + "SCLaunch-ray-catalog-us-east-1" // a NamePrefix, a dash and a group's name
	role, made := states[0].launchRole(t, "ray-catalog", teamPrefix)
	if made != name {
		t.Fatalf("the launch role is %s, want %s", made, name)
	}
	r := rig.New(t)
	r.CreateRole(name, role["Path"].(string))
	r.SetTrust(name, "servicecatalog.amazonaws.com")
	for key, value := range ownTags(role) {
		r.TagRole(name, key, value)
	}
	before := r.Snapshot()
	r.Function = r.Start("RAYIAM_NAME_PREFIX="+teamPrefix, "RAYIAM_ALLOW_ADOPTION=true")
	create, rollback := r.Stack().Create(cloudformation.Properties{
		"NamePrefix": teamPrefix + "SCLaunch-ray-catalog-us-east", "WorkerGroups": rig.Groups("1"), "AdoptExisting": true, "PropagationWaitSeconds": 0,
	})
	r.Failed(create, "role "+name+" has the tag ray-iam:owner with the value", "is never adopted")
	r.OK(rollback)
	if diff := rig.Diff(before, r.Snapshot()); diff != "" {
		t.Errorf("the adoption that was refused changed the account:\n%s", diff)
	}
}
