package rayiam

// Loses returns the names of the instance profiles whose instances lose their identity by the
// plan: those that it deletes, and those whose role it deletes.
func (p Plan) Loses() []string {
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
