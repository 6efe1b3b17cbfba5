package drift

import (
	"slices"
	"testing"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/cloudformation"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

// stackOf returns the id of a stack, the owner of its set with a NamePrefix, and the steps
// that make the set.
func (l *lab) stackOf(namePrefix string) (stack, owner string, steps []rayiam.Step) {
	l.TB.Helper()
	in := rayiam.Stack{ID: "arn:aws:cloudformation:us-east-1:" + l.AccountID + ":stack/replaced/1", Partition: "aws", Region: "us-east-1", Account: l.AccountID}
	none := rayiam.NodeProperties{ManagedPolicyARNs: []string{}}
	declared := rayiam.Declare(rayiam.Properties{NamePrefix: namePrefix, Path: "/", Head: none, WorkerGroups: []rayiam.WorkerGroup{{Name: "worker", NodeProperties: none}}}, in)
	owner = rayiam.PhysicalID(namePrefix, in.ID, "RayIAM")
	plan, err := rayiam.NewPlan(rayiam.Desired{Owner: owner, Nodes: declared.Nodes(owner)}, rayiam.Observed{})
	if err != nil {
		l.TB.Fatal(err)
	}
	return in.ID, owner, slices.Concat(plan.Phases...)
}

// TestLook_Replaced replaces a set before each call of a look in turn, as a request of
// CloudFormation's may do. Neither the old set nor the new one is reported as drifted or
// orphaned.
// Reference 15.7.
func TestLook_Replaced(t *testing.T) {
	l := newLab(t)
	server := moto.Server{URL: l.Endpoint}
	stack, old, oldSteps := l.stackOf("ray-old")
	_, replacement, newSteps := l.stackOf("ray-new")
	made := func(steps []rayiam.Step, owner string) {
		l.Wipe()
		if err := server.CarryOut(l.AccountID, steps); err != nil {
			t.Error(err)
		}
		l.Resources.Set(stack, "RayIAM", "UPDATE_COMPLETE", owner)
	}
	l.Resources.SetStack(stack, "UPDATE_COMPLETE")
	calls, seen := 1, map[string]int{}
	for n := 1; n <= calls; n++ {
		made(oldSteps, old)
		l.Proxy.Reset()
		l.Proxy.SetFault(iamproxy.On(iamproxy.Times(1, func(c iamproxy.Call) bool { return c.N >= n }), iamproxy.Then(true, func() { made(newSteps, replacement) })))
		for owner, set := range l.sees(l.look()) {
			seen[owner]++
			if got := summary(set); got != "in stack settled" {
				t.Errorf("replaced at call %d: the set %s is %s", n, owner, got)
			}
		}
		if n == 1 {
			calls = len(l.Proxy.Calls())
		}
	}
	l.Proxy.SetFault(nil)
	if calls < 10 || seen[replacement] == 0 {
		t.Errorf("replaced at %d calls, found %v", calls, seen)
	}
}

// TestFunction_LookBesideARequest proves that a scheduled event, whoever sends it and
// whatever time it names, changes nothing of a set that a request is working on, and is not
// answered.
// Reference 15.7, 15.8.
func TestFunction_LookBesideARequest(t *testing.T) {
	l := newLab(t)
	s := l.Stack()
	l.Resources.Set(s.ID, s.LogicalID, "CREATE_IN_PROGRESS", "")
	var log []map[string]any
	puts := iamproxy.Times(1, iamproxy.Action("PutRolePolicy"))
	l.Proxy.SetFault(iamproxy.On(puts, iamproxy.Then(true, func() {
		f := l.Start("RAYIAM_NAME_PREFIX=ray", "RAYIAM_DRIFT_CALLS_PER_SECOND=200")
		if outcome := f.Invoke(event(time.Unix(0, 0)), cloudformation.DefaultTimeout); !outcome.OK() {
			t.Errorf("the look ended with %+v, want success", outcome)
		}
		f.Stop()
		log = rig.LogLines(t, f.Log())
	})))
	create, _ := s.Create(quick)
	l.OK(create)
	if got := l.URLs.AllPuts(); got != 1 {
		t.Errorf("got %d answers, want only the Create's", got)
	}
	if got := said(log, "looked", "sets", "drifted", "orphaned"); !slices.Equal(got, []string{"1 0 0"}) {
		t.Errorf("the look logged %v of %v", got, log)
	}
	l.Resources.Set(s.ID, s.LogicalID, "CREATE_COMPLETE", s.PhysicalID)
	if got := summary(l.sees(l.look())[s.PhysicalID]); got != "in stack settled" {
		t.Errorf("the set is %s after the Create", got)
	}
}
