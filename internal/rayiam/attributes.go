package rayiam

// Attributes returns the attributes for Fn::GetAtt: for the head, for the worker group
// declared first, and under flat keys for every worker group. CloudFormation cannot read
// nested values, so no value is nested.
func (d Declaration) Attributes() map[string]string {
	p, stack := d.properties, d.stack
	attributes := map[string]string{}
	four := func(node, name string) {
		attributes[node+"InstanceProfileArn"] = stack.InstanceProfileARN(p.Path, name)
		attributes[node+"InstanceProfileName"] = name
		attributes[node+"RoleArn"] = stack.roleARN(p.Path, name)
		attributes[node+"RoleName"] = name
	}
	four("Head", HeadName(p.NamePrefix))
	four("Worker", WorkerName(p.NamePrefix, p.WorkerGroups[0].Name))
	for _, g := range p.WorkerGroups {
		name := WorkerName(p.NamePrefix, g.Name)
		attributes["WorkerGroups."+g.Name+".InstanceProfileArn"] = stack.InstanceProfileARN(p.Path, name)
		attributes["WorkerGroups."+g.Name+".RoleArn"] = stack.roleARN(p.Path, name)
	}
	return attributes
}
