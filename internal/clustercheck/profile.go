package clustercheck

import (
	"fmt"
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
			c.add(given, "is missing", headWithoutProfile, setProfile(want))
		case arn.exists() && arn.text() != want:
			c.add(arn, "is not the head's", headOtherProfile, setProfile(want))
		case !arn.exists() && name.text() != nameOf(want):
			c.add(name, "is not the head's", headOtherProfile, setProfile(want))
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
		c.add(given, "is missing", c.reason(workerWithoutProfile), remedy)
	case arn.exists() && !slices.Contains(wanted, arn.text()):
		c.add(arn, "is none of the workers'", c.reason(workerOtherProfile), remedy)
	case !arn.exists() && !slices.ContainsFunc(wanted, func(w string) bool { return nameOf(w) == name.text() }):
		c.add(name, "is none of the workers'", c.reason(workerOtherProfile), remedy)
	}
}

// reason returns why the head may not launch an instance with another profile.
func (c *check) reason(always string) string {
	if c.options == nil {
		return always + ", and the head may pass no other role than the workers'"
	}
	return always + ", and the head may launch only machines that have one of the workers' instance profiles"
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

func setProfile(arn string) string {
	return fmt.Sprintf("write IamInstanceProfile: {Arn: %s}; rayiam check --write does that", arn)
}

// The reasons of findings about instance profiles.
const (
	headWithoutProfile   = "Ray would make a role with broad policies for the head, for which whoever runs ray up needs IAM permissions"
	headOtherProfile     = "with another role, the head has other permissions than the set gives it"
	workerWithoutProfile = "Ray gives workers no role by itself"
	workerOtherProfile   = "the workers would have other permissions than the set gives them"
)
