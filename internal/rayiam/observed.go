package rayiam

import (
	"slices"
	"time"
)

// Observed is what IAM has under the names that were looked up. A name under
// which it has nothing is absent from the map.
type Observed struct {
	Roles            map[string]Role
	InstanceProfiles map[string]InstanceProfile
}

// A Role is a role as IAM has it.
type Role struct {
	Name                string // as IAM spells it: names differ in more than case
	ARN                 string
	Path                string
	Created             time.Time
	TrustPolicy         string // JSON
	PermissionsBoundary string
	Tags                map[string]string
	ManagedPolicyARNs   []string
	InlinePolicies      map[string]string // name to JSON; empty where no document was asked for
	InstanceProfiles    []string          // names; only of a role that is to be removed
}

// An InstanceProfile is an instance profile as IAM has it.
type InstanceProfile struct {
	Name    string
	ARN     string
	Path    string
	Created time.Time
	Tags    map[string]string
	Roles   []string // names; IAM allows one
}

// A Lookup is one name that has to be observed before a plan can be made.
type Lookup struct {
	Name string
	// Expected is whether something is likely to be there: then all of it is
	// asked for at once, otherwise only once it is known to exist.
	Expected bool
	// Documents are the inline policies whose documents matter.
	Documents []string
	// Removal is whether the role may have to go, so that the instance profiles
	// that hold it matter.
	Removal bool
	// Beyond is whether a denial to look means that nothing is there.
	Beyond bool
}

// Torn reports whether o contradicts itself: a role is held by the instance profile of
// its name, and no such profile was seen. It takes several calls to observe, and what
// somebody does between two of them, or what one of IAM's readers does not show yet,
// is not a conflict but a reason to look again.
func (o Observed) Torn() bool {
	for name, role := range o.Roles {
		if _, seen := o.InstanceProfiles[name]; !seen && slices.Contains(role.InstanceProfiles, name) {
			return true
		}
	}
	return false
}
