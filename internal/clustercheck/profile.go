package clustercheck

import (
	"slices"
	"strings"
)

// profile checks the instance profile of a node type.
func (c *check) profile(t nodeType) {
	given := t.config.at("IamInstanceProfile")
	arn, name := given.at("Arn"), given.at("Name")
	if t.head {
		want := c.set.Attributes["HeadInstanceProfileArn"]
		switch {
		case !arn.exists() && !name.exists():
			c.add(given, isMissing, headWithoutProfile, setProfile(want))
		case arn.exists() && arn.text() != want:
			c.add(arn, notHeads, headOtherProfile, setProfile(want))
		case !arn.exists() && name.text() != nameOf(want):
			c.add(name, notHeads, headOtherProfile, setProfile(want))
		}
		return
	}
	wanted := c.workerProfiles()
	remedy := setProfile(strings.Join(wanted, " or "))
	if group, ok := c.group(t); ok {
		remedy = setProfile(c.profileOf(group))
	}
	switch {
	case !arn.exists() && !name.exists():
		c.add(given, isMissing, c.reason(workerWithoutProfile), remedy)
	case arn.exists() && !slices.Contains(wanted, arn.text()):
		c.add(arn, notWorkers, c.reason(workerOtherProfile), remedy)
	case !arn.exists() && !slices.ContainsFunc(wanted, func(w string) bool { return nameOf(w) == name.text() }):
		c.add(name, notWorkers, c.reason(workerOtherProfile), remedy)
	}
}

// reason returns why the head may not launch an instance with another profile.
func (c *check) reason(always string) string {
	if c.options == nil {
		return always + passesOnlyWorkersRoles
	}
	return always + launchesOnlyWorkersProfiles
}

// workerProfiles returns the ARNs of the workers' instance profiles, in the order of the groups.
func (c *check) workerProfiles() (arns []string) {
	for _, g := range c.set.Properties.WorkerGroups {
		arns = append(arns, c.profileOf(g.Name))
	}
	return arns
}

func (c *check) profileOf(group string) string {
	return c.set.Attributes["WorkerGroups."+group+".InstanceProfileArn"]
}

// group returns the worker group of a node type: the group in Groups, the only group, or the
// group whose name is the node type's name, or a part of the node type's name between dots,
// hyphens and underscores.
func (c *check) group(t nodeType) (string, bool) {
	groups := c.set.Properties.WorkerGroups
	if given, ok := c.set.Groups[t.name]; ok {
		return given, c.profileOf(given) != ""
	}
	if len(groups) == 1 {
		return groups[0].Name, true
	}
	parts := strings.FieldsFunc(t.name, func(r rune) bool { return strings.ContainsRune("._-", r) })
	var found []string
	for _, g := range groups {
		if g.Name == t.name {
			return g.Name, true
		}
		if slices.Contains(parts, g.Name) {
			found = append(found, g.Name)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return "", false
}

// nameOf returns the name in the ARN of an instance profile.
func nameOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
