package rayiam

import (
	"regexp"
	"slices"
	"time"

	"github.com/ray-iam/custom-rayiam/internal/leastprivilege"
)

// Properties are the properties of a template, with defaults for missing ones.
type Properties struct {
	NamePrefix          string
	Path                string
	PermissionsBoundary string // a policy ARN; empty for none
	Head                NodeProperties
	WorkerGroups        []WorkerGroup
	Tags                []Tag
	LeastPrivilege      *leastprivilege.Options // nil for the default policies
	AdoptExisting       bool
	PropagationWait     time.Duration // 0: neither wait nor read the new profiles
	AllowDeleteInUse    bool          // delete even a set that instances use
}

// NodeProperties are what Head and each worker group have in common.
type NodeProperties struct {
	ManagedPolicyARNs []string // nil for the default policies; an empty list for none
	Policies          []InlinePolicy
}

// A WorkerGroup is one entry of WorkerGroups.
type WorkerGroup struct {
	Name string
	NodeProperties
	S3Buckets []leastprivilege.S3Bucket // nil for the buckets of LeastPrivilege; an empty list for none
}

// An InlinePolicy is an inline policy of a role.
type InlinePolicy struct {
	Name     string
	Document string // JSON
}

// A Tag is one entry of Tags.
type Tag struct {
	Key, Value string
}

// headName replaces a worker group's name in the names of the head.
const headName = "head"

// HeadName returns the name of the head's role and instance profile.
func HeadName(namePrefix string) string { return WorkerName(namePrefix, headName) }

// WorkerName returns the name of a worker group's role and instance profile.
func WorkerName(namePrefix, group string) string { return namePrefix + "-" + group }

func passRolePolicyName(namePrefix string) string { return namePrefix + "-pass-role-policy" }

// Names returns the names of all roles and instance profiles, the head's first.
func (p Properties) Names() []string {
	names := []string{HeadName(p.NamePrefix)}
	for _, g := range p.WorkerGroups {
		names = append(names, WorkerName(p.NamePrefix, g.Name))
	}
	return names
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

// PossibleNames returns the names among Names, each once, that IAM allows for a role: a Delete
// may have properties for which its Create was refused.
func (p Properties) PossibleNames() []string {
	var names []string
	for _, name := range p.Names() {
		if validName.MatchString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
