package command

import (
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
)

const unknown = "{{changeSet:KNOWN_AFTER_APPLY}}"

// changeSet adds a change set of the stack ray, and returns the ARN of that stack.
func (l *lab) changeSet(name, status string, changes ...cloudformation.ResourceChange) string {
	stackID := "arn:aws:cloudformation:us-east-1:" + l.AccountID + ":stack/ray/5d1c7f20-c91f-11f0-8de9-0242ac120002"
	l.Described.AddChangeSet(cloudformation.ChangeSet{Name: name, StackName: "ray", StackID: stackID, Status: status, Changes: changes})
	return stackID
}

func change(action, logicalID, before, after string) cloudformation.ResourceChange {
	c := cloudformation.ResourceChange{Action: action, Before: before, After: after}
	c.ResourceSummary = cloudformation.ResourceSummary{LogicalID: logicalID, Type: "Custom::RayIAM"}
	return c
}

// TestPlan_ChangeSet checks the plan of a change set: of each Custom::RayIAM in it. Values
// that are known only after apply are shown as such.
func TestPlan_ChangeSet(t *testing.T) {
	l := newLab(t)
	l.Running()
	const token = `"ServiceToken":"` + unknown + `"`
	bucket := change("Add", "Research", "", `{`+token+`,"NamePrefix":"research","LeastPrivilege":{"ClusterName":"research","S3Buckets":[{"Name":"`+unknown+`"}]},"PermissionsBoundary":"`+unknown+`","PropagationWaitSeconds":"`+unknown+`"}`)
	other := change("Add", "Topic", "", `{"Name":"`+unknown+`"}`)
	other.Type = "AWS::SNS::Topic"
	kept := change("Remove", "Kept", `{"NamePrefix":"kept"}`, "")
	kept.PolicyAction, kept.PhysicalID = "Retain", "kept-0123456789ab"
	l.changeSet("two", "CREATE_COMPLETE", bucket, other, kept, change("Add", "Plain", "", `{"NamePrefix":"plain","Head":{"ManagedPolicyArns":["`+unknown+`"]}}`))
	r := l.run("", "plan", "--stack-name", "ray", "--change-set", "two")
	if r.code != 2 || !strings.Contains(r.err, "Kept leaves the stack and is retained") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("exit code %d, standard error %q", r.code, r.err)
	}
	l.golden("change-set", r.out)
	if writes := l.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("planning has written: %v, want no write", writes)
	}
}

// TestPlan_ChangeSetOfAnUpdate proves that the change of an existing resource is planned as
// the Update that CloudFormation sends, and that the Update then writes what was planned.
func TestPlan_ChangeSetOfAnUpdate(t *testing.T) {
	l := newLab(t)
	l.Running()
	stackID := l.changeSet("none", "CREATE_COMPLETE")
	s := l.Stack()
	s.ID = stackID
	old := properties{"PropagationWaitSeconds": "0", "WorkerGroups": []any{map[string]any{"Name": "worker"}, map[string]any{"Name": "gpu"}}}
	create, _ := s.Create(old)
	l.OK(create)
	for name, p := range map[string]properties{
		"same": old, "fewer": {"PropagationWaitSeconds": "0"}, "renamed": {"PropagationWaitSeconds": "0", "NamePrefix": "ml"},
	} {
		modify := change("Modify", "RayIAM", encoded(t, old), encoded(t, p))
		modify.PhysicalID = s.PhysicalID
		l.changeSet(name, "CREATE_COMPLETE", modify)
	}
	for name, want := range map[string]planview.Summary{"same": {}, "fewer": {Change: 1, Delete: 2}, "renamed": {Create: 4}} {
		var printed struct{ Plans []planview.View }
		code := map[bool]int{true: 0, false: 2}[want.Empty()]
		decoded(t, l.ok(code, "", "plan", "--stack-name", "ray", "--change-set", name, "--output", "json"), &printed)
		if got := printed.Plans[0].Summary; got != want {
			t.Errorf("%s: the plan is %+v, want %+v", name, got, want)
		}
		if follows := len(printed.Plans) == 2 && printed.Plans[1].Follows && printed.Plans[1].Summary.Delete == 6; follows != (name == "renamed") {
			t.Errorf("%s: the plans are %+v", name, printed.Plans)
		}
	}
	l.agree(s, s.Event("Update", properties{"PropagationWaitSeconds": "0"}))
}

// TestPlan_ChangeSetFaults checks the errors for change sets that cannot be planned.
func TestPlan_ChangeSetFaults(t *testing.T) {
	l := newLab(t)
	l.changeSet("pending", "CREATE_IN_PROGRESS")
	l.changeSet("without", "CREATE_COMPLETE")
	l.changeSet("prefix", "CREATE_COMPLETE", change("Add", "RayIAM", "", `{"NamePrefix":"`+unknown+`"}`))
	l.changeSet("import", "CREATE_COMPLETE", change("Import", "RayIAM", "", `{}`))
	l.changeSet("old", "CREATE_COMPLETE", change("Modify", "RayIAM", "", ""))
	for name, want := range map[string][]string{
		"pending": {"CloudFormation is still making it", "wait change-set-create-complete"},
		"without": {"no Custom::RayIAM"},
		"prefix":  {"NamePrefix: known only after apply, and the plan depends on it"},
		"import":  {"RayIAM", "the action Import"},
		"old":     {"no property values"},
		"nowhere": {"no such change set, check its name"},
	} {
		l.fails("", want, "plan", "--stack-name", "ray", "--change-set", name)
	}
}
