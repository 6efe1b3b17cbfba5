package provider

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/instances"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
	"github.com/ray-iam/custom-rayiam/internal/supersede"
)

// TestJudge_RollingBack checks which entities in use are kept while CloudFormation rolls back:
// entities that are older than any operation that it may roll back, so that the Create can
// only have found them. Younger entities are deleted, and so is everything that a rolled back
// Update removes.
// Reference 14.4.
func TestJudge_RollingBack(t *testing.T) {
	const owner, old, young = "ray-0123456789ab", 25 * time.Hour, time.Hour
	stack := rayiam.Stack{Partition: "aws", Account: "123456789012"}
	for name, tt := range map[string]struct {
		kind      supersede.Kind
		head, gpu time.Duration // the ages of head and group
		uses      string
		want      string // the resulting plan
	}{
		"a retained set, in use":            {supersede.Delete, old, old, "ray-head", ""},
		"a group that the Create made":      {supersede.Delete, old, young, "ray-head", "deleting instance profile ray-gpu\ndeleting role ray-gpu\n"},
		"only what the Create made used":    {supersede.Delete, young, young, "ray-gpu", "deleting instance profile ray-head\ndeleting role ray-head\ndeleting instance profile ray-gpu\ndeleting role ray-gpu\n"},
		"no answer, a retained set, in use": {supersede.GeneratedDelete, old, old, "ray-head", ""},
		"no answer, and a young set":        {supersede.GeneratedDelete, young, young, "ray-gpu", "deleting instance profile ray-head\ndeleting role ray-head\ndeleting instance profile ray-gpu\ndeleting role ray-gpu\n"},
		"an Update":                         {supersede.Update, old, old, "ray-gpu", "deleting instance profile ray-head\ndeleting role ray-head\ndeleting instance profile ray-gpu\ndeleting role ray-gpu\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tags := map[string]string{rayiam.OwnerTag: owner}
			o := rayiam.Observed{Roles: map[string]rayiam.Role{}, InstanceProfiles: map[string]rayiam.InstanceProfile{}}
			in := intent{kind: tt.kind, stack: stack, path: "/"}
			for name, age := range map[string]time.Duration{"ray-head": tt.head, "ray-gpu": tt.gpu} {
				o.Roles[name] = rayiam.Role{Name: name, Tags: tags, Created: time.Now().Add(-age)}
				o.InstanceProfiles[name] = rayiam.InstanceProfile{Name: name, Path: "/", Tags: tags, Created: time.Now().Add(-age)}
			}
			in.desired.Owner = owner
			var profiles []string
			for _, name := range []string{"ray-head", "ray-gpu"} {
				in.desired.Removals = append(in.desired.Removals, rayiam.Removal{Name: name, Owner: owner})
				profiles = append(profiles, stack.InstanceProfileARN("/", name))
			}
			log := slog.New(slog.DiscardHandler)
			r := &run{intent: in, reconciler: newReconciler(nil, log)}
			r.first, r.watch = o, supersede.New(customresource.Request{Type: cfn.RequestDelete}, tt.kind, owner, nil, log)
			r.rollingBack = func(context.Context) (bool, error) { return tt.kind != supersede.GeneratedDelete, nil }
			plan, err := r.newPlan(t.Context(), r.desired, o)
			if err != nil {
				t.Fatal(err)
			}
			found := finding{instances: []instances.Instance{{ID: "i-1", Profile: stack.InstanceProfileARN("/", tt.uses)}}}
			if err := r.judge(t.Context(), plan, profiles, found); errors.Is(err, errKept) {
				if r.keepsOld(plan, found.instances) {
					t.Error("the old set of the same plan is kept twice, want once: it would be kept without end")
				}
				plan, err = r.newPlan(t.Context(), r.desired, o)
				if err != nil || r.judge(t.Context(), plan, profiles, found) != nil {
					t.Fatalf("the second plan is refused: %v", err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if got := plan.String(); got != tt.want {
				t.Errorf("the plan is\n%s, want\n%s", got, tt.want)
			}
			if len(r.warnings) != 1 {
				t.Errorf("the warnings are %q, want one", r.warnings)
			}
		})
	}
}
