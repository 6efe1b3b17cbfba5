package rayiam

import (
	"slices"
	"testing"
)

// TestPlan_UnusableProfiles checks which instance profiles lose their role by a plan: a profile that is
// only released, or gets its own role back, does not.
// Reference 14.1, 14.4.
func TestPlan_UnusableProfiles(t *testing.T) {
	remove := func(role, profile string) Step {
		return Step{Call: RemoveRoleFromInstanceProfile, Role: role, InstanceProfile: profile}
	}
	for name, tt := range map[string]struct {
		steps []Step
		want  []string
	}{
		"nothing":                       {nil, nil},
		"deleted":                       {[]Step{remove("r", "r"), {Call: DeleteRole, Role: "r"}, {Call: DeleteInstanceProfile, InstanceProfile: "r"}}, []string{"r"}},
		"deleted, without a role in it": {[]Step{{Call: DeleteInstanceProfile, InstanceProfile: "r"}}, []string{"r"}},
		"two":                           {[]Step{{Call: DeleteInstanceProfile, InstanceProfile: "w"}, {Call: DeleteInstanceProfile, InstanceProfile: "h"}}, []string{"h", "w"}},
		"released, its role deleted":    {[]Step{remove("r", "held"), {Call: DeleteRole, Role: "r"}, {Call: UntagInstanceProfile, InstanceProfile: "held"}}, []string{"held"}},
		"released":                      {[]Step{{Call: UntagRole, Role: "r"}, {Call: UntagInstanceProfile, InstanceProfile: "r"}}, nil},
		"a wrong role taken out":        {[]Step{remove("wrong", "r"), {Call: AddRoleToInstanceProfile, Role: "r", InstanceProfile: "r"}}, nil},
		"a role without a profile":      {[]Step{{Call: DeleteRole, Role: "r"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var plan Plan
			for _, step := range tt.steps {
				plan.Phases = append(plan.Phases, []Step{step})
			}
			if got := plan.UnusableProfiles(); !slices.Equal(got, tt.want) {
				t.Errorf("the profiles that lose their role are %v, want %v", got, tt.want)
			}
		})
	}
}
