package rayiam

import (
	"slices"
	"time"
)

// Observed has the roles and instance profiles with the names that were looked up. The maps
// have only names that exist.
type Observed struct {
	Roles            map[string]Role
	InstanceProfiles map[string]InstanceProfile
}

// A Role is a role as IAM has it.
type Role struct {
	Name                string // in IAM's case, which may differ from the name looked up
	Path                string
	Created             time.Time
	TrustPolicy         string // JSON
	PermissionsBoundary string
	Tags                map[string]string
	ManagedPolicyARNs   []string
	InlinePolicies      map[string]string // name to JSON; empty if the document was not read
	InstanceProfiles    []string          // names; read only of a role that may be deleted
}

// An InstanceProfile is an instance profile as IAM has it.
type InstanceProfile struct {
	Name    string // as IAM spells it
	Path    string
	Created time.Time
	Tags    map[string]string
	Roles   []string // names; IAM allows one
}

// A Lookup is one name that has to be observed before a plan can be made.
type Lookup struct {
	Name string
	// Expected says that the role and profile probably exist. Then everything about them is
	// read at once; otherwise the details are read after it is known that they exist.
	Expected bool
	// Documents are the names of the inline policies whose documents are read.
	Documents []string
	// Removal says that the role may be deleted, so that the instance profiles that contain it
	// are read too.
	Removal bool
	// OutOfBounds is OutOfBounds of the Removal: a denied read then means that the role or
	// profile does not exist.
	OutOfBounds bool
}

// Has reports whether o has a role or an instance profile with the tag of this owner.
func (o Observed) Has(owner string) bool {
	for _, role := range o.Roles {
		if role.Tags[OwnerTag] == owner {
			return true
		}
	}
	for _, profile := range o.InstanceProfiles {
		if profile.Tags[OwnerTag] == owner {
			return true
		}
	}
	return false
}

// Inconsistent reports whether o contradicts itself: the instance profile of a role's name
// contains the role according to one call, and does not exist according to another. Observing
// takes several calls. If something changes between two of them, or if IAM does not show a
// change everywhere yet, that is no conflict, but a reason to observe again.
func (o Observed) Inconsistent() bool {
	for name, role := range o.Roles {
		if _, seen := o.InstanceProfiles[name]; !seen && slices.Contains(role.InstanceProfiles, name) {
			return true
		}
	}
	return false
}
