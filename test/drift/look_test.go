package drift

import (
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/internal/iamsync"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/standin/iamproxy"
)

// TestLook_ByHand proves that a look finds each change by hand, with its facet and its role
// or instance profile, and that the set is settled after an Update of the resource.
// Reference 15.6, 15.7.
func TestLook_ByHand(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*lab)
		want   string
	}{
		"nothing":                       {func(*lab) {}, "in stack settled"},
		"policy attached":               {func(l *lab) { l.AttachPolicy("ray-head", awsPolicy+"AdministratorAccess") }, "in stack drifted; role ray-head drifted[managed]"},
		"policy detached":               {func(l *lab) { l.DetachPolicy("ray-worker", awsPolicy+"AmazonS3FullAccess") }, "in stack drifted; role ray-worker drifted[managed]"},
		"inline policy":                 {func(l *lab) { l.PutInline("ray-worker", "by-hand") }, "in stack drifted; role ray-worker drifted[inline]"},
		"built-in policy gone":          {func(l *lab) { l.DeleteInline("ray-head", "ray-pass-role-policy") }, "in stack drifted; role ray-head drifted[inline]"},
		"trust policy":                  {func(l *lab) { l.SetTrust("ray-head", "lambda.amazonaws.com") }, "in stack drifted; role ray-head drifted[trust]"},
		"boundary":                      {func(l *lab) { l.PutBoundary("ray-gpu", awsPolicy+"ReadOnlyAccess") }, "in stack drifted; role ray-gpu drifted[boundary]"},
		"tag of a role":                 {func(l *lab) { l.TagRole("ray-gpu", "by", "hand") }, "in stack drifted; role ray-gpu drifted[tags]"},
		"tag of an instance profile":    {func(l *lab) { l.TagProfile("ray-gpu", "ray-iam:stack", "other") }, "in stack drifted; instance profile ray-gpu drifted[tags]"},
		"role out of its profile":       {func(l *lab) { l.RemoveRole("ray-head", "ray-head") }, "in stack drifted; instance profile ray-head drifted[profile]"},
		"instance profile deleted":      {func(l *lab) { l.DeleteProfile("ray-gpu") }, "in stack drifted; instance profile ray-gpu drifted[missing]"},
		"a whole group deleted":         {func(l *lab) { l.DeleteProfile("ray-gpu"); l.deleteRole("ray-gpu") }, "in stack drifted; role ray-gpu drifted[missing]; instance profile ray-gpu drifted[missing]"},
		"the head deleted":              {func(l *lab) { l.DeleteProfile("ray-head"); l.deleteRole("ray-head") }, "in stack drifted; role ray-head drifted[missing]; instance profile ray-head drifted[missing]"},
		"the record removed":            {func(l *lab) { l.UntagRole("ray-head", rayiam.DeclaredTag) }, "in stack unknown; role ray-head unknown"},
		"the record of a later version": {func(l *lab) { l.TagProfile("ray-head", rayiam.DeclaredTag, "v2/x") }, "in stack unknown; instance profile ray-head unknown"},
		"several": {func(l *lab) {
			l.SetTrust("ray-head", "lambda.amazonaws.com")
			l.PutInline("ray-head", "by-hand")
			l.UntagProfile("ray-worker", rayiam.DeclaredTag)
		}, "in stack drifted; role ray-head drifted[trust inline]; instance profile ray-worker unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			p := properties{"WorkerGroups": rig.Groups("gpu", "worker"), "Tags": []any{map[string]any{"Key": "team", "Value": "ml"}}}
			s := l.created(p)
			tt.change(l)
			l.Proxy.Reset()
			sets := l.sees(l.look())
			if got := summary(sets[s.PhysicalID]); got != tt.want || len(sets) != 1 {
				t.Errorf("found %d sets: %s, want one: %s", len(sets), got, tt.want)
			}
			if writes := l.Proxy.Writes(); len(writes) > 0 {
				t.Errorf("the look has written %v, want no write", writes)
			}
			l.updated(s, p.With(properties{"Revision": "2"}))
			if got := summary(l.sees(l.look())[s.PhysicalID]); got != "in stack settled" {
				t.Errorf("after the update, the set is %s, want settled", got)
			}
		})
	}
}

// deleteRole deletes a role with its policies.
func (l *lab) deleteRole(name string) {
	l.TB.Helper()
	attached, inline, err := l.policies(name)
	if err != nil {
		l.TB.Fatal(err)
	}
	for _, arn := range attached {
		l.DetachPolicy(name, arn)
	}
	for _, policy := range inline {
		l.DeleteInline(name, policy)
	}
	l.DeleteRole(name)
}

func (l *lab) policies(role string) (attached, inline []string, err error) {
	managed, documents, err := l.look().Inventory.ReadPolicies(l.TB.Context(), role)
	for name := range documents {
		inline = append(inline, name)
	}
	return managed, inline, err
}

// TestLook_OtherTags proves that a set whose head has no record is judged by its other
// roles and profiles, and that a missing owner tag is found.
// Reference 15.7.
func TestLook_OtherTags(t *testing.T) {
	l := newLab(t)
	s := l.created(nil)
	l.UntagRole("ray-worker", rayiam.OwnerTag)
	if got, want := summary(l.sees(l.look())[s.PhysicalID]), "in stack drifted; role ray-worker drifted[owner]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	l.UntagProfile("ray-worker", rayiam.OwnerTag)
	if got, want := summary(l.sees(l.look())[s.PhysicalID]), "in stack drifted; role ray-worker drifted[owner]; instance profile ray-worker drifted[owner]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestLook_ProvidersRole proves that a provider's own role is not taken for a set, although
// its name may begin like a set's, and neither is a role with an owner tag that cannot
// belong to its name.
// Reference 15.7.
func TestLook_ProvidersRole(t *testing.T) {
	l := newLab(t)
	s := l.created(nil)
	l.CreateRole("ray-iam-ExecutionRole-1ABC", "/", rig.Tag(rayiam.OwnerTag, "provider"))
	l.CreateRole("ray-admin", "/", rig.Tag(rayiam.OwnerTag, "gone-0123456789ab"))
	if seen := l.sees(l.look()); len(seen) != 1 || seen[s.PhysicalID].Owner != s.PhysicalID {
		t.Errorf("found the sets %v, want one", seen)
	}
}

// TestLook_Belongs checks to whom a set belongs, for each of CloudFormation's answers.
// Reference 15.7.
func TestLook_Belongs(t *testing.T) {
	l := newLab(t)
	s := l.created(nil)
	state := func(status, physicalID string) func() {
		return func() { l.Resources.Set(s.ID, s.LogicalID, status, physicalID) }
	}
	replaced := func(stack string) func() {
		return func() {
			state("UPDATE_COMPLETE", "ray2-0123456789ab")()
			l.Resources.SetStack(s.ID, stack)
		}
	}
	for _, tt := range []struct {
		name string
		now  func()
		want string
	}{
		{"updated", state("UPDATE_COMPLETE", s.PhysicalID), "in stack settled"},
		{"being updated", state("UPDATE_IN_PROGRESS", s.PhysicalID), "in flight settled"},
		{"being created, its id not shown yet", state("CREATE_IN_PROGRESS", ""), "in flight settled"},
		{"deleted by the stack, and left", state("DELETE_COMPLETE", s.PhysicalID), "orphaned settled"},
		{"retained", state("DELETE_SKIPPED", s.PhysicalID), "orphaned settled"},
		{"replaced, and the stack cannot be asked", state("UPDATE_COMPLETE", "ray2-0123456789ab"), "unasked settled"},
		{"replaced, and the update goes on", replaced("UPDATE_IN_PROGRESS"), "in flight settled"},
		{"replaced", replaced("UPDATE_COMPLETE"), "orphaned settled"},
		{"another resource in the stack", func() {
			l.Resources.Forget(s.ID, s.LogicalID)
			l.Resources.Set(s.ID, "Other", "CREATE_COMPLETE", "other")
		}, "orphaned settled"},
		{"the stack gone", func() { l.Resources.Forget(s.ID, "Other") }, "orphaned settled"},
	} {
		tt.now()
		if got := summary(l.sees(l.look())[s.PhysicalID]); got != tt.want {
			t.Errorf("%s: the set is %s, want %s", tt.name, got, tt.want)
		}
	}
	alone := l.look()
	alone.Stacks = nil
	if got := summary(l.sees(alone)[s.PhysicalID]); got != "unasked settled" {
		t.Errorf("without asking CloudFormation, the set is %s", got)
	}
}

// TestLook_InFlight proves that a half-made set is not reported as drift while
// CloudFormation is working on it, nor if the request is done by the time that
// CloudFormation is asked.
// Reference 15.7.
func TestLook_InFlight(t *testing.T) {
	l := newLab(t)
	s := l.created(nil)
	l.DetachPolicy("ray-head", awsPolicy+"AmazonS3FullAccess")
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_IN_PROGRESS", s.PhysicalID)
	if got := summary(l.sees(l.look())[s.PhysicalID]); !strings.HasPrefix(got, "in flight drifted") {
		t.Errorf("the set is %s, want in flight", got)
	}
	l.Resources.Set(s.ID, s.LogicalID, "UPDATE_COMPLETE", s.PhysicalID)
	once := iamproxy.Times(1, func(c iamproxy.Call) bool {
		return c.Action == "ListRolePolicies" && c.Form.Get("RoleName") == "ray-worker"
	})
	l.Proxy.SetFault(iamproxy.On(once, iamproxy.Then(true, func() { l.AttachPolicy("ray-head", awsPolicy+"AmazonS3FullAccess") })))
	if got := summary(l.sees(l.look())[s.PhysicalID]); got != "in stack settled" {
		t.Errorf("the set is %s, want settled, as the second reading shows", got)
	}
}

// TestLook_Foreign proves that a look finds only sets with its prefix, at its path, and
// with an owner.
// Reference 15.6.
func TestLook_Foreign(t *testing.T) {
	l := newLab(t)
	s := l.created(nil)
	other := l.created(properties{"NamePrefix": "other"})
	elsewhere := l.created(properties{"NamePrefix": "ray-elsewhere", "Path": "/ray/"})
	l.CreateRole("ray-by-hand", "/")
	l.CreateProfile("ray-alone", "/")
	l.Proxy.Reset()
	everywhere := l.sees(l.look())
	for _, c := range l.Proxy.Calls() {
		if strings.HasPrefix(c.Form.Get("RoleName"), "other") || strings.HasPrefix(c.Form.Get("InstanceProfileName"), "other") {
			t.Errorf("the look has called %s of %v, want no call about a foreign role or profile", c.Action, c.Form)
		}
	}
	if _, seen := everywhere[other.PhysicalID]; seen || len(everywhere) != 2 {
		t.Errorf("found %d sets, want 2; found a set with another prefix: %v", len(everywhere), seen)
	}
	atRoot, one := l.look(), l.look()
	atRoot.Path = "/"
	if sets := l.sees(atRoot); len(sets) != 1 || sets[s.PhysicalID].Owner == "" {
		t.Errorf("at the path /, found %d sets, want one", len(sets))
	}
	one.Owner = elsewhere.PhysicalID
	if sets := l.sees(one); len(sets) != 1 || summary(sets[elsewhere.PhysicalID]) != "in stack settled" {
		t.Errorf("found for one owner %v, want its settled set", sets)
	}
}

// TestLook_Parts proves that looks with too few calls for all sets find each set once, with
// all its roles and profiles, in as many turns as there are parts, whatever the sets' names
// are.
// Reference 15.9.
func TestLook_Parts(t *testing.T) {
	l := newLab(t)
	whole := map[string]string{}
	for _, p := range []properties{
		{"NamePrefix": "ray"}, {"NamePrefix": "ray-a"}, {"NamePrefix": "ray-b", "WorkerGroups": rig.Groups("gpu-large", "worker")},
		{"NamePrefix": "ray-c"}, {"NamePrefix": "ray-b-gpu"}, {"NamePrefix": "ray-d", "WorkerGroups": rig.Groups("a-x", "worker")},
	} {
		whole[l.created(p).PhysicalID] = "in stack settled"
	}
	seen, parts := map[string]int{}, 1
	for turn := 0; turn < parts; turn++ {
		look := l.look()
		look.Calls, look.Turn = 20, int64(turn)
		for owner, set := range l.sees(look) {
			seen[owner]++
			if got := summary(set); got != whole[owner] {
				t.Errorf("part %d of %d: the set %s is %s, want settled", turn, parts, owner, got)
			}
		}
		parts = look.Parts
		if look.Examined+look.LeftOut != 14 {
			t.Errorf("part %d: %d names were examined and %d were left out", turn, look.Examined, look.LeftOut)
		}
	}
	for owner := range whole {
		if seen[owner] != 1 {
			t.Errorf("%s was found %d times in %d parts, want once", owner, seen[owner], parts)
		}
	}
	if parts < 3 {
		t.Errorf("the sets are in %d parts, want more", parts)
	}
}

// TestLook_Throttled proves that a look retries throttled calls, and that it ends with
// IAM's words if it is denied.
// Reference 15.6.
func TestLook_Throttled(t *testing.T) {
	l := newLab(t)
	s := l.created(nil)
	l.Proxy.SetFault(iamproxy.On(iamproxy.Times(3, iamproxy.Every), iamproxy.Answer(400, "Throttling")))
	if got := summary(l.sees(l.look())[s.PhysicalID]); got != "in stack settled" {
		t.Errorf("after throttling, the set is %s", got)
	}
	l.Proxy.SetFault(iamproxy.On(iamproxy.Action("ListInstanceProfiles"), iamproxy.Denied()))
	for _, err := range l.look().Sets(t.Context()) {
		if err == nil || iamsync.Stale(err) || !strings.Contains(err.Error(), "listing instance profiles: AccessDenied") {
			t.Errorf("a denied look ended with the error %v, want IAM's denial", err)
		}
	}
}
