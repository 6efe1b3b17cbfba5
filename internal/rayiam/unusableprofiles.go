package rayiam

// UnusableProfiles returns the names of the instance profiles that the plan deletes, or whose
// role it deletes. Their instances lose their credentials.
func (p Plan) UnusableProfiles() []string {
	var names []string
	deleted := map[string]bool{} // roles
	for _, steps := range p.Phases {
		for _, step := range steps {
			deleted[step.Role] = deleted[step.Role] || step.Call == DeleteRole
		}
	}
	for _, steps := range p.Phases {
		for _, step := range steps {
			if step.Call == DeleteInstanceProfile || step.Call == RemoveRoleFromInstanceProfile && deleted[step.Role] {
				names = append(names, step.InstanceProfile)
			}
		}
	}
	return unique(names)
}
