package acceptance

import (
	"regexp"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestIdentity_PhysicalIDIsKnownBeforehand checks the physical id's form. It depends only
// on the prefix, the stack and the logical id, and not on the request's result or on the
// process that handles the request.
// Reference 3.3, 4.3.
func TestIdentity_PhysicalIDIsKnownBeforehand(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	l.Proxy.SetFault(iamproxy.On(iamproxy.Every, iamproxy.Denied()))
	denied := s.Send(s.Event("Create", quick))
	l.Failed(denied, "AccessDenied")
	l.Proxy.SetFault(nil)
	if id := denied.PhysicalResourceID; !regexp.MustCompile(`^ray-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("id %q, want ray- and 12 hex digits", id)
	}
	s.Use(l.Start())
	create, _ := s.Create(quick.With(properties{"WorkerGroups": rig.Groups("another"), "Path": "/x/"}))
	l.OK(create)
	if create.PhysicalResourceID != denied.PhysicalResourceID {
		t.Errorf("the id is %q, and %q if the Create was denied, want the same", create.PhysicalResourceID, denied.PhysicalResourceID)
	}
	seen := map[string]string{create.PhysicalResourceID: "the resource itself"}
	anotherResource, anotherStack := l.Stack(), l.Stack()
	anotherResource.ID, anotherResource.LogicalID = s.ID, "Another"
	for what, id := range map[string]string{
		"another resource of the stack": anotherResource.Send(anotherResource.Event("Create", quick)).PhysicalResourceID,
		"another stack":                 anotherStack.Send(anotherStack.Event("Create", quick)).PhysicalResourceID,
		"another prefix":                s.Send(s.Event("Create", other)).PhysicalResourceID,
	} {
		if same, ok := seen[id]; ok {
			t.Errorf("%s has the same id, %s, as %s, want another", what, id, same)
		}
		seen[id] = what
	}
}

// TestIdentity_GovCloud checks ARNs and documents of a partition other than China's.
// Reference 1.6, 4.1.
func TestIdentity_GovCloud(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	s.ID = "arn:aws-us-gov:cloudformation:us-gov-west-1:" + l.AccountID + ":stack/s/1"
	create, _ := s.Create(quick)
	l.Failed(create, "arn:aws-us-gov:iam::aws:policy/AmazonEC2FullAccess")
	none := map[string]any{"ManagedPolicyArns": []any{}}
	create, _ = s.Create(quick.With(properties{"Head": none, "WorkerGroups": []any{map[string]any{"Name": "worker", "ManagedPolicyArns": []any{}}}}))
	l.OK(create)
	l.has("role ray-head: "+trustsEC2, `"iam:PassedToService":"ec2.amazonaws.com"`, `"Resource":"arn:aws-us-gov:iam::`+l.AccountID+`:role/ray-worker"`)
	for name, want := range map[string]string{"HeadRoleArn": "role/ray-head", "WorkerInstanceProfileArn": "instance-profile/ray-worker", "WorkerGroups.worker.RoleArn": "role/ray-worker"} {
		if got := create.Data[name]; got != "arn:aws-us-gov:iam::"+l.AccountID+":"+want {
			t.Errorf("the attribute %s is %q, want an ARN of GovCloud", name, got)
		}
	}
	l.OK(s.Delete())
	l.hasNot("role ray-", "profile ray-")
}
